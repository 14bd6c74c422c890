// A one-dimensional cellular automaton that goes on where it stopped, drawn as SVG.
// Input: {"generations": 1 to 400, "rule"?: 0 to 255, "width"?: 16 to 400}; rule and width count on the first step only.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { PAWL_INPUT, PAWL_STATE, PAWL_OUTPUT } = process.env;
const input = JSON.parse(readFileSync(PAWL_INPUT, "utf8"));
const whole = (name, value, least, most) => {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
};
const generations = whole("generations", input.generations, 1, 400);

const stateFile = join(PAWL_STATE, "automaton.json");
const start = () => {
  const width = whole("width", input.width ?? 161, 16, 400);
  const row = new Array(width).fill(0);
  row[Math.floor(width / 2)] = 1;
  return { rule: whole("rule", input.rule ?? 30, 0, 255), generation: 0, row: row.join("") };
};
const automaton = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : start();

const next = (row) =>
  Array.from(row, (cell, i) => {
    const left = row[(i + row.length - 1) % row.length];
    const right = row[(i + 1) % row.length];
    return (automaton.rule >> Number.parseInt(`${left}${cell}${right}`, 2)) & 1;
  }).join("");

const rows = [];
for (let i = 0; i < generations; i++) {
  rows.push(automaton.row);
  automaton.row = next(automaton.row);
  automaton.generation += 1;
}

// One path for all cells: each run of live cells is a rectangle one unit high.
const path = rows
  .flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`),
  )
  .join("");
const width = automaton.row.length;
const first = automaton.generation - generations;

writeFileSync(stateFile, JSON.stringify(automaton));
writeFileSync(
  join(PAWL_OUTPUT, "result.json"),
  JSON.stringify({
    rule: automaton.rule,
    generations: { from: first, to: automaton.generation - 1 },
    alive: rows.join("").replaceAll("0", "").length,
    svg:
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${rows.length}" shape-rendering="crispEdges">` +
      `<title>Rule ${automaton.rule}, generations ${first} to ${automaton.generation - 1}</title>` +
      `<path fill="currentColor" d="${path}"/></svg>`,
  }),
);
