// Keeps the word statistics of every text it has ever been given, and tells what is new in the latest one.
// Input: {"text": string}. Result: totals, the words most used, the words that stand out, the most telling sentence.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { PAWL_INPUT, PAWL_STATE, PAWL_OUTPUT } = process.env;
const { text } = JSON.parse(readFileSync(PAWL_INPUT, "utf8"));
if (typeof text !== "string" || text.trim() === "") throw new Error('the input must be {"text": "..."}');

const stateFile = join(PAWL_STATE, "corpus.json");
const corpus = existsSync(stateFile)
  ? JSON.parse(readFileSync(stateFile, "utf8"))
  : { documents: 0, words: 0, counts: {}, documentsWith: {} };

const wordsOf = (passage) => passage.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
const words = wordsOf(text);
const counts = new Map();
for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);

// Own-property lookups only: "constructor" is a word like any other.
const known = (table, word) => (Object.hasOwn(table, word) ? table[word] : 0);
const fresh = [...counts.keys()].filter((word) => known(corpus.counts, word) === 0);

corpus.documents += 1;
corpus.words += words.length;
for (const [word, count] of counts) {
  corpus.counts[word] = known(corpus.counts, word) + count;
  corpus.documentsWith[word] = known(corpus.documentsWith, word) + 1;
}

// Term frequency times inverse document frequency, over all that was read so far.
const weight = (word) =>
  (counts.get(word) ?? 0) * Math.log((1 + corpus.documents) / known(corpus.documentsWith, word)) || 0;
const byCount = (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
const sentences =
  text
    .match(/[^.!?]+[.!?]*/g)
    ?.map((sentence) => sentence.trim())
    .filter(Boolean) ?? [];
const scoreOf = (sentence) => {
  const inside = wordsOf(sentence);
  return inside.length < 3 ? 0 : inside.reduce((sum, word) => sum + weight(word), 0) / inside.length;
};
const telling = sentences.reduce((best, next) => (scoreOf(next) > scoreOf(best) ? next : best), sentences[0] ?? "");

writeFileSync(stateFile, JSON.stringify(corpus));
writeFileSync(
  join(PAWL_OUTPUT, "result.json"),
  JSON.stringify({
    documents: corpus.documents,
    words: { here: words.length, ever: corpus.words, different: Object.keys(corpus.counts).length },
    mostUsed: Object.entries(corpus.counts).sort(byCount).slice(0, 10),
    standOut: [...counts.keys()]
      .map((word) => [word, Number(weight(word).toFixed(4))])
      .sort(byCount)
      .slice(0, 5),
    newWords: fresh.sort().slice(0, 20),
    telling,
  }),
);
