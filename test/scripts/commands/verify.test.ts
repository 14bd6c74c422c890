import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { packCapsule } from "#lib/capsule/capsule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { verifyCommand } from "../../../scripts/commands/verify.ts";
import { mintStep } from "../../lib/evidence/step.fixture.ts";
import { claimsOfStep } from "../../lib/sandbox/claims.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const sigstore = createSandboxSigstore({ clock: () => 1_700_000_000, random: systemRandom });
const artifact = write("artifact", "artifact");
const digest = "c7c5c1d70c5dec4416ab6158afd0b223ef40c29b1dc1f97ed9428b94d4cadb1c";
const bundle = write(
  "bundle.json",
  JSON.stringify(
    sigstore.attest({
      payload: Buffer.from(
        JSON.stringify({
          _type: "https://in-toto.io/Statement/v1",
          subject: [{ name: "artifact", digest: { sha256: digest } }],
          predicateType: "https://example.org/predicate",
        }),
      ),
      claims: claimsOfStep(),
    }),
  ),
);
const root = write("root.json", JSON.stringify(sigstore.trustedRoot));
const trust = ["--trusted-root", root, "--issuer", claimsOfStep().iss];

/** Runs the command; returns what it printed, without colours, and the exit code. */
async function run(...args: readonly string[]) {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(stripVTControlCharacters(String(line))));
  const program = new Command("pawl").exitOverride().configureOutput({ writeErr: () => undefined });
  verifyCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["verify", ...args], { from: "user" });
  return { output: lines.join("\n"), exitCode: process.exitCode ?? 0 };
}

describe("pawl verify", () => {
  it("says how to verify what a sandbox made, where its root was not given", async () => {
    const { output, exitCode } = await run(bundle, "--artifact", artifact);
    expect(exitCode).toBe(3);
    expect(output).toContain(`--profile sandbox --issuer ${claimsOfStep().iss}`);
    expect((await run(bundle, "--artifact", artifact, ...trust)).output).not.toContain("--profile sandbox");
  });

  it("takes an empty file for no input at all", async () => {
    await expect(run(write("empty", ""))).rejects.toMatchObject({ code: "EVIDENCE_FILE_UNREADABLE", exitCode: 2 });
  });

  it("prints every check and exits with 0 for a bundle that passes", async () => {
    const { output, exitCode } = await run(bundle, "--artifact", artifact, ...trust);
    expect(exitCode).toBe(0);
    expect(output).toContain("✓ signature");
    expect(output).toContain("– signer-commit");
    expect(output).toContain("No signer was expected.");
  });

  it("prints code, expected and actual value and exits with 3 for one that does not", async () => {
    const { output, exitCode } = await run(bundle, "--signer-commit", "1".repeat(40), ...trust);
    expect(exitCode).toBe(3);
    expect(output).toContain("✗ signer-commit");
    expect(output).toContain("SIGNER_COMMIT_MISMATCH");
    expect(output).toContain(`expected signer commit: ${"1".repeat(40)}`);
    expect(output).not.toContain("No signer was expected.");
  });

  it("refuses the same bundle under the built-in root", async () => {
    expect((await run(bundle, "--json")).exitCode).toBe(3);
  });

  it("prints one JSON object with --json", async () => {
    const { output } = await run(bundle, "--digest", `sha256:${digest}`, "--json", ...trust);
    const { report, reportHash } = JSON.parse(output);
    expect(report.verdict).toBe("passed");
    expect(reportHash).toMatch(/^0x[0-9a-f]{64}$/);
  });

  it("tells a capsule from a bundle, and holds it against its own trade", async () => {
    const { parts } = await mintStep();
    const capsule = write("step.capsule", await packCapsule(parts, { anchors: capsuleAnchors(parts) }));
    const { output, exitCode } = await run(capsule, "--json", ...trust);
    expect(exitCode).toBe(3);
    expect(JSON.parse(output).report.kind).toBe("step");
    await expect(run(capsule, "--identity", "x", ...trust)).rejects.toThrow(
      expect.objectContaining({ code: "VERIFY_OPTION_UNUSED", exitCode: 2 }),
    );
  });

  it("refuses what cannot be read with exit code 2", async () => {
    for (const args of [
      [join(folder, "absent")],
      [bundle, "--artifact", join(folder, "absent")],
      [bundle, "--trusted-root", join(folder, "absent")],
      [bundle, "--trusted-root", artifact],
      [write("zeros", new Uint8Array(1024))],
    ]) {
      await expect(run(...args)).rejects.toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });

  it("refuses malformed options before anything is read", async () => {
    for (const option of [
      ["--signer-commit", "main"],
      ["--signer-commit", "A".repeat(40)],
      ["--signer-workflow", "owner/repo"],
      ["--source-repository-id", "007"],
      ["--digest", `sha256:${"0".repeat(63)}`],
      ["--digest", "md5:00"],
      ["--profile", "any"],
    ]) {
      await expect(run(bundle, ...option)).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^commander\./) }),
      );
    }
  });
});
