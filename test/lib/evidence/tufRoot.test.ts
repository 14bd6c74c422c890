import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { loadTrust } from "#lib/evidence/trust.ts";
import { keptRoot, refreshRoot } from "#lib/evidence/tufRoot.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { createTufRepository, type Publication, serveTuf } from "#lib/sandbox/tufRepository.ts";

/** The real client against a real repository on loopback: fresh, and in every way in which a mirror can lie. */

const repository = createTufRepository(systemClock);
const server = await serveTuf();
const folder = mkdtempSync(join(tmpdir(), "pawl-tuf-"));
const firstRoot = join(folder, "root.json");
writeFileSync(firstRoot, repository.firstRoot);
let cache = folder;
beforeEach(() => {
  cache = mkdtempSync(join(folder, "cache-"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const rootBytes = () =>
  new TextEncoder().encode(
    JSON.stringify(createSandboxSigstore({ clock: systemClock, random: systemRandom }).trustedRoot),
  );
const [older, newer] = [rootBytes(), rootBytes()];
const now = systemClock();
const versions = (version: number) => ({ root: 1, timestamp: version, snapshot: version, targets: version });
const show = (publication: Partial<Publication> & Pick<Publication, "versions">) =>
  server.show(repository.publish({ trustedRoot: newer, ...publication }));
const refresh = (at = now) => refreshRoot({ mirror: server.url, cache, firstRoot, retries: 0, now: at });
const refused = (code: string) => expect(refresh()).rejects.toMatchObject({ code });
const kept = () => keptRoot({ mirror: server.url, cache });

afterEach(() => server.show(new Map()));

describe("a mirror that goes wrong", () => {
  it("is refused with expired metadata, whichever part", async () => {
    for (const role of ["timestamp", "snapshot", "targets"] as const) {
      cache = mkdtempSync(join(folder, "cache-"));
      show({ versions: versions(1), expires: { [role]: now - 60 } });
      await refused("TUF_EXPIRED");
    }
  });

  it("is refused with an expired root", async () => {
    show({ versions: { ...versions(1), root: 2 }, expires: { root: now - 60 } });
    await refused("TUF_EXPIRED");
  });

  it("is refused with metadata that a stranger signed, whichever part", async () => {
    for (const foreign of ["timestamp", "snapshot", "targets"] as const) {
      cache = mkdtempSync(join(folder, "cache-"));
      show({ versions: versions(1), foreign });
      await refused("TUF_SIGNATURE_INVALID");
    }
    show({ versions: { ...versions(1), root: 2 }, foreign: "root" });
    await refused("TUF_SIGNATURE_INVALID");
  });

  it("cannot go back: not the timestamp, not the snapshot, not the targets", async () => {
    show({ versions: versions(3) });
    await refresh();
    show({ versions: versions(2), trustedRoot: older });
    await refused("TUF_ROLLED_BACK");
    show({ versions: { ...versions(4), snapshot: 2 }, trustedRoot: older });
    await refused("TUF_ROLLED_BACK");
    show({ versions: { ...versions(4), targets: 2 }, trustedRoot: older });
    await refused("TUF_ROLLED_BACK");
    expect((await kept()).root.hash).toBe(sha256Hex(newer));
  });

  it("cannot serve a root that its metadata does not name", async () => {
    show({ versions: versions(1), served: older });
    await refused("TUF_METADATA_INVALID");
  });

  it("is refused with a target that is no trusted root", async () => {
    show({ versions: versions(1), trustedRoot: new TextEncoder().encode("{}") });
    await refused("TRUSTED_ROOT_MALFORMED");
    await expect(kept()).rejects.toMatchObject({ code: "TUF_NEVER_REFRESHED" });
  });

  it("is refused with metadata that is not JSON", async () => {
    server.show(new Map([["/timestamp.json", new TextEncoder().encode("{")]]));
    await refused("TUF_METADATA_INVALID");
  });

  it("is said to be unreachable where nothing answers", async () => {
    await refused("TUF_UNREACHABLE");
    await expect(
      refreshRoot({ mirror: "http://127.0.0.1:9", cache, firstRoot, retries: 0, now }),
    ).rejects.toMatchObject({ code: "TUF_UNREACHABLE" });
  });

  it("is refused where it was never asked before and its first root was not given", async () => {
    show({ versions: versions(1) });
    await expect(refreshRoot({ mirror: server.url, cache, retries: 0, now })).rejects.toMatchObject({
      code: "TUF_METADATA_INVALID",
    });
  });
});

describe("an honest mirror", () => {
  it("gives its root, which is kept with the time", async () => {
    show({ versions: versions(1) });
    const refreshed = await refresh();
    expect(refreshed).toMatchObject({ refreshedAt: now });
    expect(refreshed.root.hash).toBe(sha256Hex(newer));
    server.show(new Map());
    const { root, refreshedAt } = await kept();
    expect([root.hash, refreshedAt]).toEqual([refreshed.root.hash, now]);
  });

  it("is followed to a newer root, and through a change of its own keys' metadata", async () => {
    show({ versions: versions(1), trustedRoot: older });
    expect((await refresh()).root.hash).toBe(sha256Hex(older));
    show({ versions: { ...versions(2), root: 2 } });
    expect((await refresh(now + 1)).root.hash).toBe(sha256Hex(newer));
    expect(await kept()).toMatchObject({ refreshedAt: now + 1 });
  });
});

describe("a kept root", () => {
  it("is refused where it was changed, cut off or is another mirror's", async () => {
    show({ versions: versions(1) });
    await refresh();
    const [file] = readdirSync(cache).filter((name) => name.endsWith(".kept.json"));
    for (const content of ["{}", "", '{"v":2}']) {
      writeFileSync(join(cache, file ?? ""), content);
      await expect(kept()).rejects.toMatchObject({ code: "TUF_METADATA_INVALID" });
    }
    const record = (of: string) =>
      canonicalBytes({ v: 1, mirror: of, refreshedAt: 1, trustedRoot: Buffer.from(newer).toString("base64") });
    writeFileSync(join(cache, file ?? ""), record(server.url));
    expect(await kept()).toMatchObject({ refreshedAt: 1 });
    writeFileSync(join(cache, file ?? ""), record("http://other"));
    await expect(kept()).rejects.toMatchObject({ code: "TUF_METADATA_INVALID" });
  });
});

describe("a root's file", () => {
  it("is read anew every time, and its keys once for the same bytes", async () => {
    const file = join(folder, "trusted_root.json");
    const load = async () => (await loadTrust({ root: file, profile: "sandbox" })).root;
    writeFileSync(file, older);
    const first = await load();
    expect(await load()).toBe(first);
    writeFileSync(file, newer);
    expect((await load()).hash).toBe(sha256Hex(newer));
  });
});
