/** Most characters of a name in a prompt: the longest that the platforms let people give, of a channel. */
const MAX_NAME_LENGTH = 100;
const NAMELESS = "Someone";

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** What ends a line or a name, marks a section, or mentions someone. */
const NO_PART_OF_A_NAME = /[\p{C}\p{Z}:#<>[\]{}|@*_`~=\\"]+/gu;

/** A name that other people gave themselves or something, of one line, without a colon, a section's marker or a mention. */
export function cleanName(name: string): string {
  const words = name.replace(INVISIBLE, "").normalize("NFKC").replace(NO_PART_OF_A_NAME, " ").trim();
  const short = Array.from(words).slice(0, MAX_NAME_LENGTH).join("").trimEnd();
  return /[\p{L}\p{N}\p{S}]/u.test(short) ? short : "";
}

/** A person's name as it stands before their words. */
export function speakerName(name: string): string {
  return cleanName(name) || NAMELESS;
}
