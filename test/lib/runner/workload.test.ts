import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Policy } from "#lib/offers/policy.ts";
import { collectState, readResultPayload, runWorkload, writeState } from "#lib/runner/workload.ts";
import { bundleLimits } from "#lib/state/bundle.ts";
import { hasNamespaces, isolation, network } from "./isolation.fixture.ts";

const policy = (limits: Partial<Policy["limits"]> = {}): Policy => ({
  v: 1,
  title: "Test",
  description: "",
  chainId: 1,
  permitConsumer: `0x${"11".repeat(20)}`,
  gateway: `0x${"22".repeat(20)}`,
  workload: { repository: "atelier/work", commit: "a".repeat(40), entry: "main.mjs" },
  workflows: { signer: "a/b/.github/workflows/c.yml", caller: "a/b/.github/workflows/c.yml" },
  runsOn: "ubuntu-24.04",
  limits: {
    permitWaitSeconds: 600,
    stepSeconds: 20,
    memoryBytes: 512 * 1_048_576,
    inputBytes: 1000,
    resultBytes: 1000,
    stateBytes: 1000,
    ...limits,
  },
  restore: "fail_closed",
  tools: ["node"],
  network,
});

const run = (limits?: Partial<Policy["limits"]>) => runWorkload(policy(limits), folders, isolation);

let root: string;
let folders: Parameters<typeof runWorkload>[1];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pawl-workload-"));
  folders = {
    code: join(root, "code"),
    state: join(root, "state"),
    output: join(root, "output"),
    input: join(root, "input.json"),
    log: join(root, "log"),
  };
  for (const folder of [folders.code, folders.state, folders.output]) mkdirSync(folder);
  writeFileSync(folders.input, JSON.stringify({ n: 1 }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const limits = bundleLimits(1000);
const prelude = `import fs from "node:fs"; import path from "node:path";
const done = (value) => fs.writeFileSync(path.join(process.env.PAWL_OUTPUT, "result.json"), JSON.stringify(value));\n`;
const program = (source: string) => writeFileSync(join(folders.code, "main.mjs"), prelude + source);
const result = () => readResultPayload(folders.output, 100_000);

describe("a workload", () => {
  it("reads its input, keeps its state and leaves a result", async () => {
    program(`fs.writeFileSync(path.join(process.env.PAWL_STATE, "n"), "1");
      done({ got: JSON.parse(fs.readFileSync(process.env.PAWL_INPUT, "utf8")) });`);
    await run();
    expect(await result()).toEqual({ got: { n: 1 } });
    expect(await collectState(folders.state, limits)).toEqual([{ name: "n", bytes: new Uint8Array([49]) }]);
  });

  it("sees nothing of the job's environment, where the signing identity is", async () => {
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = "secret";
    program("done(Object.keys(process.env).sort());");
    await run();
    delete process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
    expect(await result()).toEqual(["HOME", "LANG", "NODE_ENV", "PATH", "PAWL_INPUT", "PAWL_OUTPUT", "PAWL_STATE"]);
  });

  for (const [what, attempt] of [
    ["read a file outside its folders", 'fs.readFileSync("/etc/passwd")'],
    ["read its parent's environment", 'fs.readFileSync("/proc/" + process.ppid + "/environ")'],
    ["write into its own code", 'fs.writeFileSync(path.join(process.cwd(), "main.mjs"), "")'],
    ["write beside its folders", 'fs.writeFileSync(path.join(process.env.PAWL_OUTPUT, "..", "x"), "")'],
    ["make a link out of its folders", 'fs.symlinkSync("/proc", path.join(process.env.PAWL_STATE, "p"))'],
    ["start another program", '(await import("node:child_process")).execSync("id")'],
    [
      "start a worker",
      '(await import("node:worker_threads")).Worker && new (await import("node:worker_threads")).Worker("1", { eval: true })',
    ],
  ] as const) {
    it(`cannot ${what}`, async () => {
      program(`try { ${attempt}; done("did it"); } catch (error) { done(error.code); }`);
      await run();
      expect(await result()).toBe("ERR_ACCESS_DENIED");
    });
  }

  it.skipIf(!hasNamespaces)("reaches no network", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    program(`import net from "node:net";
      const outcome = await new Promise((resolve) => {
        const socket = net.connect(${port}, "127.0.0.1", () => resolve("connected"));
        socket.on("error", (error) => resolve(error.code));
      });
      done(outcome); process.exit(0);`);
    await run();
    const outcome = await result();
    server.close();
    expect(outcome).not.toBe("connected");
  });

  it("is stopped when it runs too long, with everything it is doing", async () => {
    program("for (;;) {}");
    await expect(run({ stepSeconds: 1 })).rejects.toMatchObject({
      code: "WORKLOAD_LIMIT_EXCEEDED",
      values: { limit: "stepSeconds", value: 1 },
    });
  });

  it("is stopped when it takes too much memory", async () => {
    program(
      "const all = []; for (;;) { all.push(Buffer.alloc(16 * 1048576, 1)); await new Promise((r) => setTimeout(r, 20)); }",
    );
    await expect(run({ memoryBytes: 128 * 1_048_576 })).rejects.toMatchObject({
      code: "WORKLOAD_LIMIT_EXCEEDED",
      values: { limit: "memoryBytes" },
    });
  });

  it("writes a log of which only the beginning is kept", async () => {
    program('process.stdout.write("first"); for (let n = 0; n < 3; n++) process.stderr.write("x".repeat(600_000));');
    await run();
    const log = await readFile(folders.log, "utf8");
    expect(log.length).toBe(1_048_576);
    expect(log).toMatch(/^first/);
  });

  it("fails the step when it ends without success", async () => {
    program("process.exit(7);");
    await expect(run()).rejects.toMatchObject({
      code: "WORKLOAD_FAILED",
      values: { exitCode: 7 },
    });
  });
});

describe("what a workload leaves behind", () => {
  it("must be a result that can be written as canonical JSON", async () => {
    const file = join(folders.output, "result.json");
    for (const content of ['"\\ud800"', `${"[".repeat(8000)}${"]".repeat(8000)}`, '{"a":1e999}', '"\xff"']) {
      writeFileSync(file, content, "latin1");
      await expect(readResultPayload(folders.output, 100_000)).rejects.toMatchObject({
        code: "WORKLOAD_OUTPUT_INVALID",
      });
    }
  });

  it("must be a plain JSON result within the limit", async () => {
    await expect(readResultPayload(folders.output, 10)).rejects.toMatchObject({ code: "WORKLOAD_OUTPUT_INVALID" });
    const file = join(folders.output, "result.json");
    for (const content of ["not json", JSON.stringify("x".repeat(20))]) {
      writeFileSync(file, content);
      await expect(readResultPayload(folders.output, 10)).rejects.toMatchObject({ code: "WORKLOAD_OUTPUT_INVALID" });
    }
    rmSync(file);
    symlinkSync(folders.input, file);
    await expect(readResultPayload(folders.output, 1000)).rejects.toMatchObject({ code: "WORKLOAD_OUTPUT_INVALID" });
  });

  it("must be plain state files within the limit", async () => {
    symlinkSync("/etc/passwd", join(folders.state, "link"));
    await expect(collectState(folders.state, limits)).rejects.toMatchObject({ code: "WORKLOAD_OUTPUT_INVALID" });
    rmSync(join(folders.state, "link"));
    writeFileSync(join(folders.state, "large"), "x".repeat(2000));
    await expect(collectState(folders.state, limits)).rejects.toMatchObject({
      code: "WORKLOAD_LIMIT_EXCEEDED",
      values: { limit: "stateBytes" },
    });
  });

  it("must be as few files as the next step can restore", async () => {
    for (const name of ["a", "b"]) writeFileSync(join(folders.state, name), name);
    expect(await collectState(folders.state, { maxFiles: 2, maxBytes: 1000 })).toHaveLength(2);
    writeFileSync(join(folders.state, "c"), "c");
    await expect(collectState(folders.state, { maxFiles: 2, maxBytes: 1000 })).rejects.toMatchObject({
      code: "WORKLOAD_LIMIT_EXCEEDED",
      values: { limit: "stateFiles", value: 2 },
    });
  });

  it("is not read when it is too large", async () => {
    const sparse = join(folders.state, "sparse");
    writeFileSync(sparse, "");
    // More than Node reads into memory at all: reading it would fail otherwise.
    truncateSync(sparse, 2 ** 40);
    await expect(collectState(folders.state, limits)).rejects.toMatchObject({ code: "WORKLOAD_LIMIT_EXCEEDED" });
  });

  it("comes back as it was", async () => {
    const files = [{ name: "a/b/c.txt", bytes: new Uint8Array([1, 2]) }];
    await writeState(folders.state, files);
    expect(await collectState(folders.state, limits)).toEqual(files);
  });
});
