import { readFileSync } from "node:fs";

const ESCROW = new URL("../../contracts/Escrow.sol", import.meta.url);

/** Moves of `Ledger.sol` that repeat a part of an escrow function with another name. */
const PART_OF: Readonly<Record<string, string>> = { _sharesOf: "_pay" };

/**
 * Writes of the escrow to what the proofs are about, each with the statement of `Ledger.sol` or `Vault.sol` it is
 * proven as. A new one, or one that reads differently, ends the proof until somebody has looked at it.
 */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  _purchase: ["account.price = price", "account.bought = steps", "account.maxPending = maxPending"],
  _topUp: ["account.bought += steps"],
  refund: ["account.bought -= steps"],
  recordOpening: ["account.pending = pending + 1"],
  _timeout: ["--account.pending"],
  reject: ["account.pending = uint8(step - 1 - account.settled)", "_accounts[id] = account"],
  _pay: ["account.settled = uint24(next)", "account.pending = pending - 1"],
  finalize: ["_earnings[offerId] += _pay(offerId, claimed)"],
  finalizeBatch: ["_earnings[offerId] += earned"],
  withdraw: ["_credits[token][msg.sender] = 0"],
  withdrawEarnings: ["_earnings[offerId] = 0"],
  postStake: ["stake.amount = total"],
  withdrawStake: ["delete _stakes[offerId]"],
  slash: ["stake.amount -= uint128(paid)"],
  payBond: ["bondsHeld -= amount"],
  _markChallenged: ["bondsHeld += value"],
  _credit: ["_credits[token][owner] += amount"],
};

/** What a statement of the ledger has to do with no statement of the escrow: assumptions, and the model's own words. */
const OF_THE_MODEL =
  /^(require\(|isOpen = |return |uint96 price = account\.price$|recordSplit\(|if \(divided\)|amount = _)/;

/**
 * Differences between the moves that are proven and the escrow that runs; none if they are the same.
 *
 * @param ledger text of `test/smt/Ledger.sol`
 * @param escrow text of `contracts/Escrow.sol`
 */
export function differences(ledger: string, escrow: string = readFileSync(ESCROW, "utf8")): string[] {
  const running = functionsOf(escrow);
  const found: string[] = [];
  for (const [name, statements] of functionsOf(ledger)) {
    const counterpart = running.get(PART_OF[name] ?? name);
    if (counterpart === undefined) {
      found.push(`Escrow.sol has no function ${name}`);
      continue;
    }
    const guards = new Set(counterpart.flatMap(disjunctsOf));
    const read = new Set(counterpart.flatMap(loadsOf));
    for (const statement of statements) {
      if (OF_THE_MODEL.test(statement) || counterpart.includes(statement)) continue;
      const parts = disjunctsOf(statement);
      if (parts.length > 0 && parts.every((part) => guards.has(part))) continue;
      const loads = loadsOf(statement);
      if (loads.length > 0 && loads.every((load) => read.has(load))) continue;
      found.push(`Escrow.${PART_OF[name] ?? name} does not say: ${statement}`);
    }
  }
  const write =
    /^(?:--|\+\+|delete )?(?:account\.(?:price|bought|settled|pending|maxPending)|bondsHeld|_earnings\[.*?\]|_credits\[.*?\]|stake\.amount|_stakes\[.*?\]|_accounts\[.*?\])(?:\.\w+)*(?: [-+|&]?= .*)?$/;
  for (const [name, statements] of running) {
    const written = statements.filter((statement) => write.test(statement));
    for (const statement of WRITES[name] ?? []) {
      const at = written.indexOf(statement);
      if (at < 0) found.push(`gone from Escrow.${name}: ${statement}`);
      else written.splice(at, 1);
    }
    for (const statement of written) found.push(`not proven, in Escrow.${name}: ${statement}`);
  }
  return found;
}

/** Edits of the escrow that {@link differences} must see. */
const EDITS = [
  ["steps > unopened", "steps > unopened + 1"],
  ["account.bought -= steps;", "account.bought -= steps - 1;"],
  ["account.epoch = epoch;", "account.epoch = epoch; account.settled = 0;"],
  ["bondsHeld -= amount;", "bondsHeld -= amount; bondsHeld -= amount;"],
] as const;

/** The edits that went unseen; none if the comparison works. */
export function editsUnseen(ledger: string): string[] {
  const escrow = readFileSync(ESCROW, "utf8");
  return EDITS.filter(([from, to]) => {
    if (!escrow.includes(from)) throw new Error(`Escrow.sol has no ${from}`);
    return differences(ledger, escrow.replace(from, to)).length === 0;
  }).map(([from, to]) => `unseen: ${to} instead of ${from}`);
}

/** Statements of every function, without what only says where a value comes from, and without an error's values. */
function functionsOf(source: string): Map<string, readonly string[]> {
  const text = source.replace(/\/\/.*$/gm, "").replace(/\s+/g, " ");
  const functions = new Map<string, readonly string[]>();
  for (const match of text.matchAll(/ (?:function (\w+)|modifier \w+)\(/g)) {
    const name = match[1];
    const open = text.indexOf("{", match.index);
    const end = text.indexOf(";", match.index);
    if (name === undefined || open < 0 || (end >= 0 && end < open)) continue;
    functions.set(name, statementsOf(text.slice(open + 1, endOfBlock(text, open))));
  }
  return functions;
}

function endOfBlock(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw new Error("a block has no end");
}

function statementsOf(body: string): string[] {
  return body
    .split(/[;{}]/)
    .map((statement) =>
      statement
        .replace(/revert( [\w.]+)?\(.*$/, "revert()")
        .replace(/\b(?:opening|claimed|ref|terms|division|msg)\.(?!sender)/g, "")
        .replace(/_accounts\[id\]\./g, "account.")
        .trim(),
    )
    .filter((statement) => statement !== "");
}

/** The alternatives of a guard: `if (a || b) revert()` is `a` and `b`. */
function disjunctsOf(statement: string): string[] {
  const condition = /^if \((.*)\) revert\(\)$/.exec(statement)?.[1];
  return condition === undefined ? [] : condition.split(" || ").map((part) => part.trim());
}

/** What a declaration of several variables reads: `(uint a, uint b) = (x, y)` is `uint a = x` and `uint b = y`. */
function loadsOf(statement: string): string[] {
  const [, names = "", values = ""] = /^\((.*)\) = \((.*)\)$/.exec(statement) ?? [];
  const read = values.split(",").map((value) => value.trim());
  return names === "" ? [] : names.split(",").map((name, index) => `${name.trim()} = ${read[index]}`);
}
