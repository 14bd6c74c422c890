import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { zipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { collectCommand } from "../../../scripts/commands/collect.ts";

/** A stand-in for GitHub's API that knows one completed run, whose artifact is no evidence. */

const folder = mkdtempSync(join(tmpdir(), "pawl-collect-"));
const archive = zipSync({ "evil.sh\u001b[2J\u009b\u202e": new Uint8Array([1]) });
const sha = "a".repeat(40);
const at = "2026-11-20T10:00:00Z";
let server: Server;
let api: string;

beforeAll(async () => {
  const digest = `sha256:${createHash("sha256").update(archive).digest("hex")}`;
  const run = {
    ...{ id: 7, run_attempt: 1, status: "completed", conclusion: "success", event: "workflow_dispatch", path: "x" },
    ...{ head_sha: sha, display_title: "x", created_at: at, run_started_at: at },
    repository: { id: 1, full_name: "o/r" },
  };
  const artifact = {
    ...{ id: 5, name: "pawl-step", size_in_bytes: archive.length, expired: false, created_at: at, digest },
    workflow_run: { id: 7, head_sha: sha, repository_id: 1 },
  };
  server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    if (path.endsWith("/zip")) response.end(archive);
    else if (path.endsWith("/artifacts")) response.end(JSON.stringify({ total_count: 1, artifacts: [artifact] }));
    else response.end(JSON.stringify(run));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  api = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
});

afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function run(output: string, ...more: readonly string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const program = new Command("pawl").exitOverride().configureOutput({ writeErr: () => undefined });
  collectCommand(program);
  await program.parseAsync(["collect", "o/r", "7", "-o", output, "--api", api, ...more], { from: "user" });
  return stripVTControlCharacters(lines.join("\n"));
}

describe("pawl collect", () => {
  it("says what refused the run, takes nothing, and keeps the record of why", async () => {
    vi.stubEnv("GITHUB_TOKEN", "token");
    const output = join(folder, "refused");
    const text = await run(output);
    expect(text).toContain("✓ The run has completed and succeeded.");
    expect(text).toContain("✗ The archive holds every expected file once, and nothing else.");
    expect(text).toContain("ARTIFACT_MISMATCH");
    expect(text).toContain("evil.sh\\u{1b}[2J\\u{9b}\\u{202e}");
    expect(process.exitCode).toBe(3);
    expect(readdirSync(output)).toEqual(["collect.json"]);
    const record = JSON.parse(readFileSync(join(output, "collect.json"), "utf8"));
    expect(record).toMatchObject({ v: 1, accepted: false, place: { repository: "o/r", runId: "7", runAttempt: 1 } });
    expect(record.record.at(-1)).toMatchObject({ name: "files", refusal: { code: "ARTIFACT_MISMATCH" } });
  });

  it("prints the same as data", async () => {
    vi.stubEnv("GITHUB_TOKEN", "token");
    const text = await run(join(folder, "data"), "--json");
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const answer = JSON.parse(text);
    expect(answer).toMatchObject({ accepted: false, files: [] });
  });

  it("asks for a token before it asks GitHub anything", async () => {
    vi.stubEnv("GITHUB_TOKEN", "");
    await expect(run(join(folder, "none"))).rejects.toMatchObject({ code: "GITHUB_TOKEN_MISSING" });
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  it("never writes into a folder that is there already", async () => {
    vi.stubEnv("GITHUB_TOKEN", "token");
    await expect(run(folder)).rejects.toMatchObject({ code: "EVIDENCE_FILE_UNWRITABLE" });
  });

  it("refuses an attempt that is no number", async () => {
    await expect(run(join(folder, "x"), "--attempt", "0")).rejects.toMatchObject({ code: "commander.invalidArgument" });
  });
});
