// A double-entry journal. Every entry must balance; the whole journal is chained by hash, so a line that was changed
// behind its back is found at the next step.
// Input: {"entries": [{"memo": string, "postings": [{"account": string, "amount": integer}]}]}, amounts in minor units.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { PAWL_INPUT, PAWL_STATE, PAWL_OUTPUT } = process.env;
const { entries } = JSON.parse(readFileSync(PAWL_INPUT, "utf8"));
if (!Array.isArray(entries) || entries.length === 0) throw new Error('the input must be {"entries": [...]}');

const chain = (previous, entry) =>
  createHash("sha256")
    .update(`${previous}\n${JSON.stringify([entry.number, entry.memo, entry.postings])}`)
    .digest("hex");

const stateFile = join(PAWL_STATE, "journal.json");
const journal = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : [];
let head = "0".repeat(64);
for (const entry of journal) {
  head = chain(head, entry);
  if (head !== entry.hash) throw new Error(`entry ${entry.number} of the journal was changed`);
}

for (const { memo, postings } of entries) {
  if (typeof memo !== "string" || !Array.isArray(postings) || postings.length < 2) {
    throw new Error("an entry is a memo and at least two postings");
  }
  const lines = postings.map(({ account, amount }) => {
    if (typeof account !== "string" || !/^[A-Za-z][A-Za-z0-9 :_-]{0,63}$/.test(account)) throw new Error("bad account");
    if (!Number.isSafeInteger(amount) || amount === 0) throw new Error("an amount is a whole number other than 0");
    return { account, amount };
  });
  const sum = lines.reduce((total, { amount }) => total + amount, 0);
  if (sum !== 0) throw new Error(`"${memo.slice(0, 80)}" does not balance: off by ${sum}`);
  const entry = { number: journal.length + 1, memo, postings: lines };
  head = chain(head, entry);
  journal.push({ ...entry, hash: head });
}

const balances = new Map();
for (const { postings } of journal) {
  for (const { account, amount } of postings) balances.set(account, (balances.get(account) ?? 0) + amount);
}

writeFileSync(stateFile, JSON.stringify(journal));
writeFileSync(
  join(PAWL_OUTPUT, "result.json"),
  JSON.stringify({
    entries: { here: entries.length, ever: journal.length },
    balances: Object.fromEntries([...balances].sort(([a], [b]) => (a < b ? -1 : 1))),
    head,
  }),
);
