import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { packCapsule } from "#lib/capsule/capsule.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { canonicalBytes, type Json } from "#lib/core/json.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { createTufRepository, type Publication, serveTuf } from "#lib/sandbox/tufRepository.ts";
import { trustCommand } from "../../../scripts/commands/trust.ts";
import { verifyCommand } from "../../../scripts/commands/verify.ts";
import { mintStep, trustedRootJson } from "../../lib/evidence/step.fixture.ts";
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

type Mutable = ReturnType<typeof JSON.parse>;
function changed(change: (bundle: Mutable) => void): string {
  const copy: Mutable = JSON.parse(readFileSync(bundle, "utf8"));
  change(copy);
  return JSON.stringify(copy);
}

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

async function trustRun(...args: readonly string[]) {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  const program = new Command("pawl").exitOverride();
  trustCommand(program);
  await program.parseAsync(["trust", ...args], { from: "user" });
  return { output: lines.join("\n") };
}

describe("pawl verify", () => {
  it("says how to verify what a sandbox made, where its root was not given", async () => {
    const { output, exitCode } = await run(bundle, "--artifact", artifact);
    expect(exitCode).toBe(3);
    expect(output).toContain(`--profile sandbox --issuer ${claimsOfStep().iss}`);
    expect((await run(bundle, "--artifact", artifact, ...trust)).output).not.toContain("--profile sandbox");
  });

  it("lets nothing in evidence move the terminal's cursor", async () => {
    const hostile = write("hostile", JSON.stringify({ mediaType: "x\u009b2J\u001b[31m\u202egnp" }));
    const { output, exitCode } = await run(hostile);
    expect(exitCode).toBe(3);
    expect(output).toContain("found    x\\u{9b}2J\\u{1b}[31m\\u{202e}gnp");
    expect(output.match(/Not reached/g)).toHaveLength(8);
    const data = (await run(hostile, "--json")).output;
    expect(data.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(data).report.checks[0].actual).toBe("x\u009b2J\u001b[31m\u202egnp");
  });

  it("says of an unproven signer that it is only claimed", async () => {
    expect((await run(bundle)).output).toContain("claims to be signed by https://github.com/pawl/pawl");
    expect((await run(bundle, ...trust)).output).toMatch(/^signed by https/m);
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

  it("asks for the artifact where the bundle signs one directly", async () => {
    const direct = changed((b) => {
      delete b.dsseEnvelope;
      b.messageSignature = { messageDigest: { algorithm: "SHA2_256", digest: "AAAA" }, signature: "AAAA" };
    });
    const { output } = await run(write("direct.json", direct), ...trust);
    expect(output).toContain("ARTIFACT_REQUIRED");
    expect(output).toContain("Pass what was signed: --artifact <file>, or --digest sha256:");
    expect(output).not.toContain("Do not rely on this evidence.");
  });

  it("says of a promise without a proof that fetching it again does not help", async () => {
    const old = write(
      "old.json",
      changed((b) => delete b.verificationMaterial.tlogEntries[0].inclusionProof),
    );
    const { output, exitCode } = await run(old, ...trust);
    expect(exitCode).toBe(3);
    expect(output).toContain("ATTESTATION_PROOF_MISSING");
    expect(output).toContain("lacks an inclusion proof");
    expect(output).not.toContain("Fetch it again");
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

  it("says that the run was not looked at after its end, and fails that where it is demanded", async () => {
    const { parts } = await mintStep();
    const capsule = write("unseen.capsule", await packCapsule(parts, { anchors: capsuleAnchors(parts) }));
    const own = write("step-root.json", JSON.stringify(trustedRootJson));
    const args = [capsule, "--trusted-root", own, "--profile", "sandbox", "--issuer", claimsOfStep().iss];
    const silent = await run(...args);
    expect(silent.exitCode).toBe(0);
    expect(silent.output).toContain("The run was not looked at after its end");
    const { output, exitCode } = await run(...args, "--require-final-observation");
    expect(exitCode).toBe(3);
    expect(output).toContain("FINAL_OBSERVATION_MISSING");
    await expect(run(bundle, "--require-final-observation")).rejects.toMatchObject({
      code: "VERIFY_CAPSULE_OPTION_UNUSED",
    });
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

describe("the command's code", () => {
  it("loads no chain client to look at a bundle", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, from = ""] of readFileSync(file, "utf8").matchAll(
        /^(?:import|\} from|export \{[^}]*\} from)(?! type)[^;]*?"([^"]+)"/gm,
      )) {
        if (from.startsWith(".")) visit(join(dirname(file), from));
        else if (from.startsWith("#lib/")) visit(from.replace("#lib/", "lib/"));
        else packages.add(from);
      }
    };
    visit("scripts/commands/verify.ts");
    expect(seen).toContain("lib/evidence/sigstore.ts");
    expect([...packages].sort()).toEqual([
      "@noble/curves/nist",
      "@noble/hashes/sha2",
      "@noble/hashes/utils",
      "@sigstore/bundle",
      "@sigstore/protobuf-specs",
      "@sigstore/tuf/seeds.json",
      "@sigstore/verify",
      "canonicalize",
      "commander",
      "node:crypto",
      "node:fs/promises",
      "node:util",
      "zod",
    ]);
  });
});

describe("the root of a verification", () => {
  const repository = createTufRepository(systemClock);
  const first = write("first.json", repository.firstRoot);
  const cache = () => mkdtempSync(join(folder, "roots-"));
  const versions = (version: number) => ({ root: 1, timestamp: version, snapshot: version, targets: version });
  const published = (changes: Partial<Publication> = {}) =>
    repository.publish({ trustedRoot: readFileSync(root), versions: versions(2), ...changes });

  it("is refreshed, kept and shown with its age", async () => {
    const server = await serveTuf();
    try {
      server.show(published());
      const at = ["--mirror", server.url, "--root-cache", cache(), "--issuer", claimsOfStep().iss];
      expect((await run(bundle, ...at, "--refresh-root", "--first-root", first)).output).toContain(
        "refreshed just now",
      );
      server.show(new Map());
      const kept = await run(bundle, ...at, "--kept-root", "--max-root-age", "1");
      expect(kept.exitCode).toBe(0);
      expect(kept.output).toContain("last refreshed, today");
      expect(JSON.parse((await trustRun("show", ...at.slice(0, 4), "--kept-root", "--json")).output)).toMatchObject({
        source: "kept",
        ageSeconds: expect.any(Number),
      });
    } finally {
      await server.close();
    }
  });

  it("is the pinned one in place of a silent mirror on request only, and never in place of one that lies", async () => {
    const server = await serveTuf();
    try {
      const ask = [bundle, "--refresh-root", "--mirror", server.url, "--first-root", first];
      await expect(run(...ask, "--root-cache", cache())).rejects.toMatchObject({
        code: "TUF_UNREACHABLE",
        exitCode: 4,
      });
      const { output } = await run(...ask, "--root-cache", cache(), "--pinned-if-unreachable");
      expect(output).toContain("in place of a refreshed one: TUF_UNREACHABLE");
      server.show(published({ foreign: "timestamp" }));
      await expect(run(...ask, "--root-cache", cache(), "--pinned-if-unreachable")).rejects.toMatchObject({
        code: "TUF_SIGNATURE_INVALID",
        exitCode: 3,
      });
    } finally {
      await server.close();
    }
  });

  it("is the kept one in place of a silent mirror, where it is newer than the pinned one", async () => {
    const server = await serveTuf();
    try {
      const kept = cache();
      const ask = [bundle, "--mirror", server.url, "--root-cache", kept, "--issuer", claimsOfStep().iss];
      const offline = [...ask, "--refresh-root", "--first-root", first, "--pinned-if-unreachable"];
      server.show(published());
      await run(...ask, "--refresh-root", "--first-root", first);
      server.show(new Map());
      const { output, exitCode } = await run(...offline);
      expect(exitCode).toBe(0);
      expect(output).toContain("last refreshed, today (in place of a refreshed one: TUF_UNREACHABLE)");
      const record = readdirSync(kept).find((name) => name.endsWith(".kept.json")) ?? "";
      const change = (refreshedAt: unknown) => {
        const old: object = JSON.parse(readFileSync(join(kept, record), "utf8"));
        writeFileSync(join(kept, record), canonicalBytes({ ...old, refreshedAt } as Json));
      };
      change(1);
      expect((await run(...offline)).output).toContain("pinned with this version");
      change("1");
      await expect(run(...offline)).rejects.toMatchObject({ code: "TUF_METADATA_INVALID" });
    } finally {
      await server.close();
    }
  });

  it("is refused where it is too old, of unknown age, or never was refreshed", async () => {
    vi.useFakeTimers({ now: Date.UTC(2027, 0, 1), toFake: ["Date"] });
    try {
      await expect(run(bundle, "--max-root-age", "30")).rejects.toMatchObject({ code: "TRUSTED_ROOT_STALE" });
    } finally {
      vi.useRealTimers();
    }
    await expect(run(bundle, ...trust, "--max-root-age", "30")).rejects.toMatchObject({
      code: "TRUSTED_ROOT_AGE_UNKNOWN",
    });
    await expect(run(bundle, "--kept-root", "--root-cache", cache())).rejects.toMatchObject({
      code: "TUF_NEVER_REFRESHED",
    });
    await expect(run(bundle, "--mirror", "http://127.0.0.1:9")).rejects.toMatchObject({ code: "ROOT_OPTION_UNUSED" });
  });

  it("is shown with what is in it", async () => {
    const { output } = await trustRun("show");
    expect(output).toContain("pinned with this version");
    expect(output).toMatch(/^transparency log +2021-01-12 to now +https:\/\/rekor\.sigstore\.dev$/m);
  });
});
