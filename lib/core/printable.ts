/**
 * How text that others wrote is printed where a terminal, or whoever reads one, obeys characters: nothing in it moves the
 * cursor, colours what follows, turns the direction of text or stays unseen.
 */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** The text on one line, each such character as `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * JSON of which a parser reads the same value, with each such character as JSON escapes it, `\u202e`.
 *
 * @param indent spaces; without, everything is on one line
 */
export function printableJson(value: unknown, indent?: number): string {
  // Outside strings JSON is plain ASCII, and the line feeds between them are ours.
  return JSON.stringify(value, null, indent)
    .split("\n")
    .map((line) => line.replace(UNSEEN, escaped))
    .join("\n");
}

function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
