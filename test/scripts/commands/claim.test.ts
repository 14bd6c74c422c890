import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capsuleCommand } from "../../../scripts/commands/capsule.ts";
import { claimCommand } from "../../../scripts/commands/claim.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-claim-"));
const PERMIT = `0x${"11".repeat(32)}`;

/** Answers every request with JSON, as an endpoint does that is no gateway. */
let stranger: Server;
let url: string;

beforeAll(async () => {
  stranger = createServer((_, response) => response.end('{"jsonrpc":"2.0","id":null}'));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const address = stranger.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
});

afterAll(() => {
  stranger.close();
  rmSync(folder, { recursive: true });
});

async function run(...args: readonly string[]): Promise<void> {
  const program = new Command("pawl").exitOverride().configureOutput({ writeErr: () => undefined });
  capsuleCommand(program);
  claimCommand(program);
  await program.parseAsync(args, { from: "user" });
}

describe("pawl capsule", () => {
  it("writes nothing when what came is no capsule", async () => {
    const file = join(folder, "step.capsule");
    await expect(run("capsule", PERMIT, "--gateway", url, "-o", file)).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(file)).toBe(false);
  });

  it("refuses a permit hash that is none", async () => {
    await expect(run("capsule", "0x11", "--gateway", url, "-o", "x")).rejects.toMatchObject({
      code: "SCHEMA_MISMATCH",
    });
  });
});

describe("pawl claim", () => {
  it("names a file that cannot be read", async () => {
    const missing = join(folder, "missing.capsule");
    await expect(run("claim", missing, "--gateway", url)).rejects.toMatchObject({
      code: "EVIDENCE_FILE_UNREADABLE",
      exitCode: 2,
      values: { file: missing },
    });
  });
});
