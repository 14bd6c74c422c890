import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseWorkflowPin } from "#lib/offers/workflowPin.ts";
import { tagCommit } from "#lib/sandbox/git.ts";
import { planRun } from "#lib/sandbox/plan.ts";
import { createRepositories, publishTradeRepositories } from "#lib/sandbox/repositories.ts";
import { onlyJob, parseWorkflow, splitWorkflowReference } from "#lib/sandbox/workflow.ts";
import { projectRoot } from "./sandbox.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-repositories-"));
afterAll(() => rmSync(folder, { recursive: true }));

const repositories = createRepositories(join(folder, "a"));
const trade = publishTradeRepositories(repositories, projectRoot);
const inputs = {
  chainId: "31337",
  permitConsumer: "0x0",
  entitlement: "0x1",
  step: "1",
  gatewayUrl: "http://127.0.0.1:1",
  dispatchNonce: "n",
};

describe("the repositories of a trade", () => {
  it("are the same commits on every machine and after a restart", () => {
    const elsewhere = publishTradeRepositories(createRepositories(join(folder, "b")), projectRoot);
    const again = publishTradeRepositories(createRepositories(join(folder, "a")), projectRoot);
    const commits = ({ signer, caller, workloads }: typeof trade) => [signer.commit, caller.commit, workloads.commit];
    expect(commits(elsewhere)).toEqual(commits(trade));
    expect(commits(again)).toEqual(commits(trade));
  });

  it("have distinct numeric ids", () => {
    const ids = Object.values(trade).flatMap(({ id, ownerId }) => [id, ownerId]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("hold tags for dispatch that never move", () => {
    const bare = trade.caller.folder;
    const tagged = execFileSync("git", ["-C", bare, "rev-parse", `refs/tags/${trade.caller.tag}`])
      .toString()
      .trim();
    expect(tagged).toBe(trade.caller.commit);
    const put = (content: string) =>
      repositories.put({ owner: "o", name: "n", id: 1, ownerId: 2 }, { file: Buffer.from(content) });
    const first = put("one");
    const second = put("two");
    expect(second.commit).not.toBe(first.commit);
    const old = execFileSync("git", ["-C", first.folder, "rev-parse", `refs/tags/${first.tag}`])
      .toString()
      .trim();
    expect(old).toBe(first.commit);
    expect(() => tagCommit(first.folder, first.tag, second.commit)).toThrow(
      expect.objectContaining({ code: "SANDBOX_GIT_FAILED" }),
    );
  });

  it("let any commit be fetched by its hash, as GitHub does, whatever the protocol's version", () => {
    const put = (content: string) =>
      repositories.put({ owner: "o", name: "moving", id: 3, ownerId: 2 }, { file: Buffer.from(content) });
    const { commit, tag, folder: bare } = put("one");
    put("two");
    execFileSync("git", ["-C", bare, "update-ref", "-d", `refs/tags/${tag}`]);
    const clone = join(folder, "clone");
    execFileSync("git", ["init", "--quiet", clone]);
    for (const version of ["0", "2"]) {
      const fetch = ["-c", `protocol.version=${version}`, "fetch", "--quiet", `file://${bare}`, commit];
      execFileSync("git", ["-C", clone, ...fetch]);
    }
  });

  it("are found whatever the case of their name", () => {
    expect(repositories.find("Pawl/PAWL")?.id).toBe(trade.signer.id);
    expect(repositories.find("pawl/none")).toBeUndefined();
  });
});

describe("the pinned workflow", () => {
  const bytes = readFileSync(join(projectRoot, ".github/workflows/pawl-step.yml"));
  const workflow = parseWorkflow(bytes, "pawl-step.yml");

  it("is closed: one job, literal runner and timeout, three permissions, six inputs, nothing but pinned actions", () => {
    const { job } = onlyJob(workflow, "pawl-step.yml");
    if (!("steps" in job)) throw new Error("the pinned workflow has steps");
    expect(job["runs-on"]).toBe("ubuntu-24.04");
    expect(job.permissions).toEqual({ contents: "read", "id-token": "write", attestations: "write" });
    expect(workflow.permissions).toEqual({});
    expect(Object.keys(workflow.on.workflow_call ?? {}).sort()).toEqual(Object.keys(inputs).sort());
    expect(workflow.on.workflow_dispatch).toEqual(workflow.on.workflow_call);
    expect(bytes.toString()).not.toMatch(/\b(?:secrets|vars|matrix|container|services|env)\./);
    for (const step of job.steps) if ("uses" in step) expect(step.uses).toMatch(/@[0-9a-f]{40}$/);
  });

  it("is what the neutral caller runs, at the commit it pins", () => {
    const plan = planRun(
      {
        ...{
          id: 1,
          number: 1,
          workflowName: "step",
          displayTitle: "",
          createdAt: 0,
          attempts: [],
          artifacts: [],
          inputs,
        },
        repository: trade.caller.fullName,
        workflowPath: ".github/workflows/step.yml",
        ref: `refs/tags/${trade.caller.tag}`,
        headSha: trade.caller.commit,
      },
      repositories,
    );
    expect(parseWorkflowPin(plan.signer.ref)).toMatchObject({ owner: "pawl", commit: trade.signer.commit });
    expect(splitWorkflowReference(plan.signer.ref).path).toBe(".github/workflows/pawl-step.yml");
    expect(plan.inputs).toEqual(inputs);
    expect(plan.permissions).toEqual({ contents: "read", "id-token": "write", attestations: "write" });
  });
});

describe("a program", () => {
  const start = (name: "digest" | "ledger" | "plot") => {
    const place = mkdtempSync(join(folder, `${name}-`));
    const state = join(place, "state");
    mkdirSync(state);
    return (input: unknown) => {
      const output = mkdtempSync(join(place, "output-"));
      writeFileSync(join(place, "input.json"), JSON.stringify(input));
      const entry = join(projectRoot, "lib/sandbox/workloads", trade.workloads.entries[name]);
      // Under Node's permission model, as the runner starts it: its own folders and nothing else.
      const permitted = [
        "--permission",
        ...[entry, place].map((path) => `--allow-fs-read=${path}`),
        ...[state, output].map((path) => `--allow-fs-write=${path}`),
      ];
      const { status, stderr } = spawnSync(process.execPath, [...permitted, entry], {
        env: { NODE_ENV: "test", PAWL_INPUT: join(place, "input.json"), PAWL_STATE: state, PAWL_OUTPUT: output },
      });
      if (status !== 0) throw new Error(stderr.toString());
      return JSON.parse(readFileSync(join(output, "result.json"), "utf8"));
    };
  };

  it("digest remembers every text it has read", () => {
    const step = start("digest");
    expect(step({ text: "A pawl lets a ratchet turn. It turns one way." })).toMatchObject({
      documents: 1,
      words: { here: 10 },
    });
    const second = step({ text: "The ratchet turns again; constructor is a word." });
    expect(second).toMatchObject({ documents: 2, words: { here: 8, ever: 18 } });
    expect(second.newWords).toContain("constructor");
    expect(second.newWords).not.toContain("ratchet");
    expect(() => step({ text: "" })).toThrow("input must be");
  });

  it("ledger keeps balances and refuses an entry that does not balance", () => {
    const step = start("ledger");
    const entry = (amount: number, back = -amount) => ({
      memo: "sale",
      postings: [
        { account: "cash", amount },
        { account: "income", amount: back },
      ],
    });
    const first = step({ entries: [entry(500)] });
    const second = step({ entries: [entry(250), entry(50)] });
    expect(second).toMatchObject({ entries: { here: 2, ever: 3 }, balances: { cash: 800, income: -800 } });
    expect(second.head).not.toBe(first.head);
    expect(() => step({ entries: [entry(5, -4)] })).toThrow("does not balance");
  });

  it("plot goes on where it stopped", () => {
    const whole = start("plot")({ generations: 8, rule: 90, width: 31 });
    const step = start("plot");
    const first = step({ generations: 4, rule: 90, width: 31 });
    const second = step({ generations: 4, rule: 1 });
    expect(second).toMatchObject({ rule: 90, generations: { from: 4, to: 7 } });
    expect(first.alive + second.alive).toBe(whole.alive);
    expect(second.svg).toMatch(/^<svg .*<\/svg>$/);
  });
});
