import type { Markers } from "./defuse.ts";

/** As `<|im_start|>`, `<<SYS>>`, `[/INST]`: in brackets, a control token of the model or what older models have instead. */
const TOKEN = /<{1,2}[^<>\s]+>{1,2}|\[[^[\]\s]+\]/g;

/** The markers in what a template writes around texts: for each rendering, the pieces before, between and after them. */
export function templateMarkers(renderings: readonly (readonly string[])[]): Markers {
  const pieces = renderings.flat();
  const openings = renderings.map(([opening = ""]) => opening.trimEnd().split("\n").at(-1)!);
  const between = renderings.flatMap(([, ...rest]) => rest);
  return {
    lines: unique([...openings, ...between.flatMap((piece) => piece.split("\n"))]),
    anywhere: unique([...pieces.flatMap((piece) => piece.match(TOKEN) ?? []), ...between.flatMap(roles)]),
  };
}

/** Words with a colon: Vicuna's ` ASSISTANT:`, deepseek-llm's `User:`. Headings of a line, as `### Response:`, are none. */
function roles(piece: string): readonly string[] {
  return piece.split(TOKEN).flatMap((text) => {
    const lines = text.split("\n").map((line) => line.trim());
    return lines.filter((line, index) => /\p{L}.*:$/u.test(line) && (index === 0 || /^\p{L}/u.test(line)));
  });
}

function unique(markers: readonly string[]): readonly string[] {
  return [...new Set(markers)];
}
