import DOMPurify from "dompurify";

const ALLOWED_TAGS = [
  ..."a blockquote br code del div em h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead tr ul".split(
    " ",
  ),
];
/** None of them leads anywhere: only `href` is held to the list of protocols. */
const PLAIN_ATTR = [
  "title",
  "target",
  "rel",
  "class",
  "start",
  "tabindex",
  "role",
  "aria-label",
  "data-host",
  "data-language",
];

/** Nodes of an HTML text, with everything gone that could run, load or imitate. */
export function toSafeNodes(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ["href", ...PLAIN_ATTR],
    ADD_URI_SAFE_ATTR: PLAIN_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
    RETURN_DOM_FRAGMENT: true,
  });
}
