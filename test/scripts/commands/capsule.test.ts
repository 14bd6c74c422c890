import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { evidenceHash, openCapsule } from "#lib/capsule/capsule.ts";
import { sha256Of } from "#lib/capsule/digest.ts";
import { localSigner } from "#lib/capsule/keys.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { capsuleCommand } from "../../../scripts/commands/capsule.ts";
import { verifyCommand } from "../../../scripts/commands/verify.ts";
import { entryOf, listOf, packMinted, privatePem, publicPem } from "../../lib/capsule/capsule.fixture.ts";
import { trust } from "../../lib/evidence/step.fixture.ts";
import { claimsOfStep } from "../../lib/sandbox/claims.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-capsule-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});
const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

async function run(...args: readonly string[]) {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(stripVTControlCharacters(String(line))));
  const program = new Command("pawl").exitOverride().configureOutput({ writeErr: () => undefined });
  capsuleCommand(program);
  verifyCommand(program);
  await program.parseAsync(args, { from: "user" });
  const exitCode = process.exitCode ?? 0;
  process.exitCode = undefined;
  return { output: lines.join("\n"), exitCode };
}

const bytes = await packMinted();
const plain = write("plain.capsule", bytes);
const pem = privatePem();
const signer = localSigner(pem);
const rootPem = privatePem("p256");
const root = localSigner(rootPem);
const [keyFile, rootKeyFile, rootFile] = [
  write("key.pem", pem),
  write("root.key", rootPem),
  write("root.pem", publicPem(root)),
];
const time = { notBefore: 0, notAfter: systemClock() + 10_000 };
const listJson = (issuedAt: number, host = "acme.example") =>
  JSON.stringify(listOf([entryOf(signer, time)], { host, issuedAt, expiresAt: systemClock() + 1000 }));

describe("pawl capsule", () => {
  it("inspects, and says that nobody is trusted without an allowlist", async () => {
    const { output, exitCode } = await run("capsule", "inspect", plain);
    expect(exitCode).toBe(0);
    expect(output).toContain(evidenceHash(bytes));
    expect(output).toContain("nobody signed this capsule");
    await run("capsule", "sign", plain, "--key", keyFile, "-o", at("signed.capsule"));
    const signed = await run("capsule", "inspect", at("signed.capsule"));
    expect(signed.output).toContain("signature valid, not trusted (CAPSULE_ALLOWLIST_MISSING)");
    expect(signed.output).toContain("No allowlist was given");
  });

  it("trusts whom a list names that a root signed, in inspect and verify alike", async () => {
    const signed = await run(
      "capsule",
      "signers",
      "sign",
      write("list.json", listJson(systemClock() - 10)),
      "--key",
      rootKeyFile,
      "-o",
      at("signers.json"),
    );
    expect(signed.output).toMatch(/TXT "sha256=[0-9a-f]{64}"/);
    const trust = ["--signers", at("signers.json"), "--signers-root", rootFile];
    const json = await run("capsule", "inspect", at("signed.capsule"), ...trust, "--principal", "acme", "--json");
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.output)).toMatchObject({ signers: [{ principal: "acme", trusted: true }], missing: [] });
    const other = await run("capsule", "inspect", at("signed.capsule"), ...trust, "--principal", "other");
    expect(other.exitCode).toBe(3);
    expect(other.output).toContain("other was expected");
    const verified = await run("verify", at("signed.capsule"), ...trust, "--json");
    expect(JSON.parse(verified.output).report.signers).toMatchObject([{ principal: "acme", trusted: true }]);
    await expect(run("capsule", "inspect", plain, "--signers", at("signers.json"))).rejects.toMatchObject({
      code: "ALLOWLIST_UNTRUSTED",
    });
  });

  it("exits with 3 for a signature that is not valid", async () => {
    const altered = Buffer.from(readFileSync(at("signed.capsule")));
    const place = altered.lastIndexOf('"signature":"') + 15;
    altered[place] = altered[place] === 65 ? 66 : 65;
    const { output, exitCode } = await run("capsule", "inspect", write("altered.capsule", altered));
    expect(output).toContain("signature invalid");
    expect(exitCode).toBe(3);
  });

  it("remembers the newest list of a host, and refuses an older one", async () => {
    const sign = (age: number) =>
      run(
        "capsule",
        "signers",
        "sign",
        write("l.json", listJson(systemClock() - age)),
        "--key",
        rootKeyFile,
        "-o",
        at(`s${age}.json`),
      );
    await sign(20);
    await sign(10);
    const check = (age: number) =>
      run(
        "capsule",
        "signers",
        "check",
        "--signers",
        at(`s${age}.json`),
        "--signers-root",
        rootFile,
        "--signers-state",
        at("state"),
      );
    expect((await check(20)).output).toContain("acme: evidence");
    expect((await check(10)).exitCode).toBe(0);
    await expect(check(20)).rejects.toMatchObject({ code: "ALLOWLIST_ROLLED_BACK" });
  });

  it("fetches a list from its host, which must be the one that it names", async () => {
    let served = "";
    const server = createServer((_, response) => response.end(served));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const host = `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    const check = () =>
      run("capsule", "signers", "check", "--signers-host", `http://${host}`, "--signers-root", rootFile, "--json");
    for (const name of [host, "acme.example"]) {
      await run(
        "capsule",
        "signers",
        "sign",
        write("l.json", listJson(1, name)),
        "--key",
        rootKeyFile,
        "-o",
        at("served.json"),
      );
      served = readFileSync(at("served.json"), "utf8");
      if (name === host) expect(JSON.parse((await check()).output)).toMatchObject({ host, dns: "not asked" });
      else await expect(check()).rejects.toMatchObject({ code: "ALLOWLIST_HOST_MISMATCH" });
    }
    server.closeAllConnections();
    server.close();
  });

  it("takes a file's list only as that of the host that is stated", async () => {
    await run("capsule", "signers", "sign", write("l.json", listJson(1)), "--key", rootKeyFile, "-o", at("of.json"));
    const trust = ["--signers", at("of.json"), "--signers-root", rootFile, "--signers-host"];
    const check = (host: string) => run("capsule", "signers", "check", ...trust, host, "--json");
    const checked = JSON.parse((await check("acme.example")).output);
    expect(checked).toMatchObject({ host: "acme.example", dns: null });
    const mismatch = { code: "ALLOWLIST_HOST_MISMATCH", exitCode: 3 };
    await expect(check("other.example")).rejects.toMatchObject(mismatch);
    const signed = at("signed.capsule");
    await expect(run("capsule", "inspect", signed, ...trust, "other.example")).rejects.toMatchObject(mismatch);
    await expect(run("verify", signed, ...trust, "other.example")).rejects.toMatchObject(mismatch);
    expect((await run("capsule", "inspect", signed, ...trust, "https://acme.example")).output).toContain(", trusted");
    await expect(check("acme.example/path")).rejects.toMatchObject({ code: "ALLOWLIST_HOST_REFUSED" });
  });

  it("keeps what was seen of one host out of another's place", async () => {
    const state = at("one-host");
    const list = write("of-acme.json", listJson(1));
    await run("capsule", "signers", "sign", list, "--key", rootKeyFile, "-o", at("seen.json"));
    const check = () => {
      const file = ["--signers", at("seen.json"), "--signers-root", rootFile];
      return run("capsule", "signers", "check", ...file, "--signers-state", state);
    };
    await check();
    const kept = JSON.parse(readFileSync(join(state, "acme.example.json"), "utf8"));
    writeFileSync(join(state, "acme.example.json"), canonicalBytes({ ...kept, host: "other.example" }));
    await expect(check()).rejects.toMatchObject({ code: "ALLOWLIST_HOST_MISMATCH" });
  });

  it("verifies an identity's signature against the root that was stated, and no other", async () => {
    const { manifestBytes } = await openCapsule(bytes);
    const sigstore = createSandboxSigstore({ clock: () => systemClock() - 60, random: systemRandom });
    const statement = {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "manifest.json", digest: { sha256: sha256Of(manifestBytes).slice(2) } }],
      predicateType: "https://example.org/capsule",
    };
    const claims = claimsOfStep();
    const bundle = sigstore.attest({ payload: Buffer.from(JSON.stringify(statement)), claims });
    const signed = at("identity.capsule");
    const sigstoreFile = write("manifest.sigstore.json", JSON.stringify(bundle));
    await run("capsule", "sign", plain, "--sigstore", sigstoreFile, "-o", signed);
    const own = write("trusted_root.json", JSON.stringify(sigstore.trustedRoot));
    const stated = ["--trusted-root", own, "--profile", trust.profile, "--issuer", trust.issuer];
    const { output, exitCode } = await run("capsule", "inspect", signed, ...stated, "--json");
    expect(JSON.parse(output)).toMatchObject({
      signers: [{ kind: "sigstore", signature: "valid" }],
      root: { source: "file" },
    });
    expect(exitCode).toBe(0);
    const text = await run("capsule", "inspect", signed, ...stated);
    expect(text.output).toContain(`${own} (from a file, of unknown age)`);
    const other = await run("capsule", "inspect", signed);
    expect(other.output).toContain("signature invalid");
    expect(other.output).toContain("production (pinned with this version");
    expect(other.exitCode).toBe(3);
    await expect(run("capsule", "inspect", signed, "--mirror", "https://a.example")).rejects.toMatchObject({
      code: "ROOT_OPTION_UNUSED",
    });
  });

  it("unpacks into a new folder, and packs the same capsule of it again", async () => {
    const { output } = await run("capsule", "unpack", plain, at("out"), "--json");
    expect(JSON.parse(output).files).toContain("manifest.json");
    await run("capsule", "pack", at("out"), "-o", at("again.capsule"));
    expect(readFileSync(at("again.capsule")).equals(bytes)).toBe(true);
    await expect(run("capsule", "unpack", plain, at("out"))).rejects.toMatchObject({ code: "CAPSULE_TARGET_EXISTS" });
  });

  it("is verified from a pipe as well", async () => {
    const pipe = at("pipe");
    execFileSync("mkfifo", [pipe]);
    const writing = writeFile(pipe, bytes);
    const fromPipe = await run("verify", pipe, "--json");
    await writing;
    expect(fromPipe.output).toBe((await run("verify", plain, "--json")).output);
  });

  it("refuses options that do not go together, and keys that are none", async () => {
    const conflict = { code: "CAPSULE_OPTIONS_CONFLICT", exitCode: 2 };
    await expect(run("capsule", "sign", plain, "-o", at("x"))).rejects.toMatchObject(conflict);
    await expect(run("capsule", "signers", "check", "--signers-root", rootFile)).rejects.toMatchObject(conflict);
    await expect(run("verify", write("b.json", "{}"), "--signers", "a")).rejects.toMatchObject({
      code: "VERIFY_CAPSULE_OPTION_UNUSED",
      exitCode: 2,
    });
    await expect(run("capsule", "sign", plain, "--key", plain, "-o", at("x"))).rejects.toMatchObject({
      code: "CAPSULE_KEY_UNSUPPORTED",
    });
    expect(existsSync(at("x"))).toBe(false);
  });
});
