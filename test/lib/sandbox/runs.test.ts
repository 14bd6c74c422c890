import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { completeAttempt, openRunStore } from "#lib/sandbox/runs.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-runs-"));
afterAll(() => rmSync(folder, { recursive: true }));

let now = 1_790_000_000;
const open = () => openRunStore(folder, () => now);
const description = {
  repository: "o/r",
  workflowPath: ".github/workflows/step.yml",
  workflowName: "step",
  displayTitle: "pawl n",
  ref: "refs/heads/main",
  headSha: "a".repeat(40),
  inputs: {},
};

it("shows a run as cancelled that was under way when the process died, and leaves a completed one alone", () => {
  const store = open();
  const crashed = store.create(description);
  const done = store.create(description);
  for (const attempt of done.attempts) completeAttempt(attempt, "success", now);
  store.save(done);

  const reopened = open();
  expect(reopened.find(crashed.id)?.attempts[0]).toMatchObject({ status: "completed", conclusion: "cancelled" });
  expect(reopened.find(done.id)?.attempts[0]).toMatchObject({ status: "completed", conclusion: "success" });
});

it("never gives an id twice: not in one second, not after a restart, not after the folder was lost", () => {
  const store = open();
  const ids = Array.from({ length: 20 }, () => store.create(description).id);
  expect(new Set(ids).size).toBe(20);
  expect(open().create(description).id).toBeGreaterThan(Math.max(...ids));
  now += 60;
  const lost = mkdtempSync(join(folder, "lost-"));
  expect(openRunStore(lost, () => now).create(description).id).toBeGreaterThan(Math.max(...ids));
  rmSync(lost, { recursive: true });
});

it("keeps a deleted run deleted, whatever its job still saves", () => {
  const store = open();
  const run = store.create(description);
  store.remove(run);
  store.save(run);
  expect(store.find(run.id)).toBeUndefined();
  expect(open().find(run.id)).toBeUndefined();
});

it("refuses a stored run that it cannot read", () => {
  const run = open().create(description);
  writeFileSync(join(folder, String(run.id), "run.json"), "{}");
  expect(open).toThrow(expect.objectContaining({ code: "SCHEMA_MISMATCH" }));
});
