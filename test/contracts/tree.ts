/** A tree of cases: its conditions, and the name of the test that each leaf has. */
export type Tree = { readonly root: string; readonly conditions: readonly string[]; readonly tests: string[] };

const LINE = /^(?<indent>(?:[│ ] {3})*)[├└]── (?<text>[A-Za-z0-9 ,'-]+)$/;
const LEAF = "it should ";

/**
 * Reads a tree of cases. The rules are in test/solidity/README.md.
 *
 * @throws if a line is neither condition nor leaf, a condition has no leaf, or two leaves have one name
 */
export function parseTree(source: string): Tree {
  const [root = "", ...lines] = source.trimEnd().split("\n");
  const conditions: string[] = [];
  const tests: string[] = [];
  /** Conditions above the present line. */
  let above: string[] = [];
  let previousDepth = 0;
  let isOpen = false;
  for (const line of lines) {
    const { indent, text } = LINE.exec(line)?.groups ?? {};
    if (indent === undefined || text === undefined) throw new Error(`${root}: cannot read "${line}"`);
    const depth = indent.length / 4;
    if (isOpen ? depth !== previousDepth + 1 : depth > previousDepth) {
      throw new Error(`${root}: "${text}" hangs on nothing, or the condition above it on no leaf`);
    }
    above = above.slice(0, depth);
    isOpen = !text.startsWith(LEAF);
    if (isOpen) {
      if (!/^(?:when|given) /.test(text)) throw new Error(`${root}: "${text}" is neither condition nor leaf`);
      conditions.push(text);
      above.push(text);
    } else {
      tests.push(["test", ...above.slice(-1).map(capitalised), capitalised(text.slice(LEAF.length))].join("_"));
    }
    previousDepth = depth;
  }
  if (isOpen || tests.length === 0) throw new Error(`${root}: the last condition has no leaf`);
  const twice = tests.filter((name, index) => tests.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`${root}: two leaves are named ${twice.join(", ")}`);
  return { root, conditions, tests };
}

function capitalised(text: string): string {
  const words = text.replaceAll("'", "").match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
