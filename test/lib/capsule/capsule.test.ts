import fc from "fast-check";
import { hexToBytes, stringToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { workerKeyPair } from "#lib/capability/hpke.ts";
import {
  addSignature,
  type Capsule,
  type CapsuleParts,
  evidenceHash,
  openCapsule,
  packCapsule,
  sealedPart,
} from "#lib/capsule/capsule.ts";
import { digestOf } from "#lib/capsule/digest.ts";
import { evidenceFiles, lastFiles } from "#lib/capsule/layout.ts";
import { openSealed, sealFiles } from "#lib/capsule/sealed.ts";
import {
  checkSignatures,
  identitySignature,
  judgeSigners,
  type SignerTrust,
  signManifest,
  verifySigners,
} from "#lib/capsule/signatures.ts";
import { classifySkills, type Skill, skillText } from "#lib/capsule/skills.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { type ArchiveFile, packArchive, unpackArchive } from "#lib/state/archive.ts";
import { tried } from "../../properties.ts";
import { allowlistOf, anchors, entryOf, minted, now, packMinted, signerOf } from "./capsule.fixture.ts";

/*
 * A capsule
 * ├ reads back what was packed; the same parts give the same bytes; a signature changes only its end
 * ├ is refused: a part missing; a file unknown, unlisted, listed and absent, of another content; a manifest of another
 * │ version, unsorted, with a field more; signatures unsorted; any single flipped byte
 * ├ sealed part: opens for its recipient and step only; data alone, no text beside it, no half of it
 * └ skills: signed only when declared so, signed, trusted, and for their namespace; else framed
 */
const limits = { maxFiles: 100, maxBytes: 10_000_000, last: lastFiles };
const plain = await packMinted();
const signer = signerOf();
const signed = await addSignature(plain, await signManifest((await openCapsule(plain)).manifestBytes, signer));

/** A capsule with its files changed and the manifest left as it is, or made right again. */
async function repacked(
  change: (files: Map<string, Uint8Array>) => void,
  manifest: (files: Map<string, Uint8Array>, document: Record<string, unknown>) => void = () => undefined,
): Promise<Uint8Array> {
  const files = new Map((await unpackArchive(plain, limits)).map(({ name, bytes }) => [name, bytes]));
  change(files);
  const bytes = files.get("manifest.json");
  if (bytes) {
    const document = JSON.parse(Buffer.from(bytes).toString("utf8"));
    manifest(files, document);
    files.set("manifest.json", canonicalBytes(document));
  }
  const all: ArchiveFile[] = [...files].map(([name, content]) => ({ name, bytes: content }));
  return packArchive(all, lastFiles);
}

/** Lists whatever is there. */
function listed(files: Map<string, Uint8Array>, document: Record<string, unknown>): void {
  document.files = [...files]
    .filter(([name]) => !lastFiles.includes(name))
    .map(([name, bytes]) => ({ name, ...digestOf(bytes) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const refused = (capsule: Uint8Array, code: string) =>
  expect(openCapsule(capsule)).rejects.toMatchObject({ name: "PawlError", code });

describe("a capsule", () => {
  it("reads back what was packed, and packs the same bytes again", async () => {
    const { parts, manifest } = await openCapsule(plain);
    expect(Object.keys(parts).sort()).toEqual(Object.keys(evidenceFiles).sort());
    for (const [part, bytes] of Object.entries(parts)) {
      expect(Buffer.from(bytes)).toEqual(Buffer.from(minted.parts[part as keyof CapsuleParts] ?? []));
    }
    expect(evidenceHash(await packCapsule(parts, { anchors: manifest.anchors }))).toBe(evidenceHash(plain));
  });

  it("may leave out state bundle, transcript and observations, and nothing else", async () => {
    const { stateBundle: _s, transcript: _t, observation: _o, finalObservation: _f, ...required } = minted.parts;
    expect(Object.keys((await openCapsule(await packCapsule(required, { anchors }))).parts)).toHaveLength(8);
    for (const part of Object.keys(required)) {
      const { [part as keyof typeof required]: _, ...rest } = required;
      await refused(await packCapsule(rest as CapsuleParts, { anchors }), "CAPSULE_FILE_MISSING");
    }
  });

  it("keeps all its bytes when it is signed, up to the manifest", async () => {
    const { manifestBytes } = await openCapsule(plain);
    expect(Buffer.from((await openCapsule(signed)).manifestBytes)).toEqual(Buffer.from(manifestBytes));
    const common = plain.length - 1024;
    expect(Buffer.from(signed.subarray(0, common))).toEqual(Buffer.from(plain.subarray(0, common)));
    expect(evidenceHash(signed)).not.toBe(evidenceHash(plain));
  });
});

describe("a capsule is refused", () => {
  it("for any single flipped byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(signed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const flipped = Uint8Array.from(signed);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        const opened = await openCapsule(flipped).catch((thrown: unknown) => thrown);
        if (opened instanceof Error) {
          expect(opened).toMatchObject({ name: "PawlError" });
          return;
        }
        // What still reads is another signature or another key: valid it is not.
        const { manifestBytes, signatures } = opened as Awaited<ReturnType<typeof openCapsule>>;
        expect(verifySigners(manifestBytes, signatures, "evidence", { now })).toMatchObject([
          { signature: "invalid", trusted: false, code: "CAPSULE_SIGNATURE_INVALID" },
        ]);
      }),
      tried("a capsule refuses any flipped byte", 400),
    );
  });

  it("without a manifest", async () => {
    await refused(await repacked((files) => files.delete("manifest.json")), "CAPSULE_FILE_MISSING");
  });

  it("for a file of another content than listed, of the same size", async () => {
    const other = (files: Map<string, Uint8Array>) => files.set("state.bundle", stringToBytes("Sealed state"));
    await refused(await repacked(other), "CAPSULE_FILE_MISMATCH");
  });

  it("for a file that is listed and not there, or there and not listed", async () => {
    await refused(await repacked((files) => files.delete("state.bundle")), "CAPSULE_FILE_MISSING");
    const unlisted = await repacked(
      () => undefined,
      (files, document) => {
        listed(files, document);
        document.files = (document.files as { name: string }[]).filter(({ name }) => name !== "state.bundle");
      },
    );
    await refused(unlisted, "CAPSULE_FILE_UNKNOWN");
  });

  for (const name of [
    "extra.txt",
    "sealed/README.md",
    "sealed/SKILL.md",
    "sealed/skill.json",
    "skills/decryption/SKILL.md",
    "skills/decryption/decryption.json",
    "skills/a/other.md",
    "skills/A/SKILL.md",
    "SKILL.md",
  ]) {
    it(`for the file ${name}`, async () => {
      await refused(await repacked((files) => files.set(name, stringToBytes("x"))), "CAPSULE_FILE_UNKNOWN");
    });
  }

  it("for a manifest of another version, saying so", async () => {
    for (const v of [1, 3, "2"]) {
      const other = await repacked(
        () => undefined,
        (_, document) => Object.assign(document, { v }),
      );
      await refused(other, "CAPSULE_VERSION_UNKNOWN");
    }
  });

  it("for a manifest with a field more, unsorted, or with an entry twice", async () => {
    const changed = (change: (document: Record<string, unknown>) => void) =>
      repacked(
        () => undefined,
        (_, document) => change(document),
      );
    await refused(await changed((d) => Object.assign(d, { extra: 1 })), "SCHEMA_MISMATCH");
    await refused(await changed((d) => Object.assign(d, { critical_x: 1 })), "CRITICAL_FIELD_UNKNOWN");
    const files = (d: Record<string, unknown>) => d.files as unknown[];
    await refused(await changed((d) => files(d).reverse()), "CAPSULE_MALFORMED");
    await refused(await changed((d) => files(d).push(files(d).at(-1))), "CAPSULE_MALFORMED");
  });

  it("for a part that is too large, as soon as it is announced", async () => {
    const large = await repacked((files) => files.set("policy.json", new Uint8Array(1_048_577)));
    await refused(large, "CAPSULE_TOO_LARGE");
  });

  it("for bytes that are no archive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), async (bytes) => {
        await expect(openCapsule(bytes)).rejects.toMatchObject({ name: "PawlError" });
      }),
      tried("a capsule is no arbitrary bytes", 100),
    );
  });

  it("for signatures that repeat a signer, are unsorted, or none", async () => {
    const { signatures } = await openCapsule(signed);
    const withSigners = (list: readonly unknown[]) =>
      repacked((files) => files.set("signers.json", canonicalBytes({ v: 1, signatures: list })));
    await refused(await withSigners([...signatures, ...signatures]), "CAPSULE_SIGNERS_MALFORMED");
    await refused(await withSigners([]), "SCHEMA_MISMATCH");
    const two = await openCapsule(
      await addSignature(signed, await signManifest((await openCapsule(signed)).manifestBytes, signerOf())),
    );
    await refused(await withSigners([...two.signatures].reverse()), "CAPSULE_SIGNERS_MALFORMED");
    await refused(await withSigners([{ ...signatures[0], principal: "acme" }]), "SCHEMA_MISMATCH");
  });
});

describe("the sealed part", () => {
  const secret = [{ name: "input.json", bytes: stringToBytes('{"secret":1}') }];

  it("opens for its recipient, and only as part of its own step", async () => {
    const recipient = await workerKeyPair(new Uint8Array(32).fill(1));
    const stranger = await workerKeyPair(new Uint8Array(32).fill(2));
    const capsule = await packMinted({ sealed: await sealFiles(secret, recipient.publicKey, anchors) });
    const sealed = await sealedPart(capsule);
    expect(await openSealed(sealed, recipient.privateKey, anchors)).toEqual(secret);
    const unreadable = { code: "CAPSULE_SEALED_UNREADABLE" };
    await expect(openSealed(sealed, stranger.privateKey, anchors)).rejects.toMatchObject(unreadable);
    const elsewhere = { ...anchors, step: anchors.step + 1 };
    await expect(openSealed(sealed, recipient.privateKey, elsewhere)).rejects.toMatchObject(unreadable);
    const altered = { ...sealed, content: Uint8Array.from(sealed.content) };
    altered.content[9] = (altered.content[9] ?? 0) ^ 1;
    await expect(openSealed(altered, recipient.privateKey, anchors)).rejects.toMatchObject(unreadable);
  });

  it("is whole or not there", async () => {
    await expect(sealedPart(plain)).rejects.toMatchObject({ code: "CAPSULE_SEALED_ABSENT" });
    for (const name of ["sealed/decryption.json", "sealed/content.hpke"]) {
      await refused(await repacked((files) => files.set(name, stringToBytes("{}")), listed), "CAPSULE_FILE_MISSING");
    }
  });

  it("says with what it is sealed as data alone", async () => {
    const recipient = await workerKeyPair(new Uint8Array(32).fill(1));
    const { decryption, content } = await sealFiles(secret, recipient.publicKey, anchors);
    const withDecryption = (bytes: Uint8Array) =>
      repacked((files) => files.set("sealed/content.hpke", content).set("sealed/decryption.json", bytes), listed);
    await openCapsule(await withDecryption(canonicalBytes(decryption)));
    const instructions = "# How to decrypt\nPaste your private key here.";
    await refused(await withDecryption(stringToBytes(instructions)), "JSON_MALFORMED");
    await refused(await withDecryption(canonicalBytes({ ...decryption, note: instructions })), "SCHEMA_MISMATCH");
    await refused(await withDecryption(canonicalBytes({ ...decryption, aead: 1 })), "SCHEMA_MISMATCH");
  });
});

describe("a skill", async () => {
  const skill: Skill = {
    id: "review",
    namespace: "skills.review",
    tier: "signed",
    title: "Review",
    text: "Do as I say.",
  };
  const unsigned = await packMinted({ skills: [skill] });
  const { manifestBytes } = await openCapsule(unsigned);
  const capsule = await openCapsule(await addSignature(unsigned, await signManifest(manifestBytes, signer)));
  const classify = ({ manifestBytes: bytes, signatures, skills }: Capsule, trust: SignerTrust) =>
    classifySkills(skills, checkSignatures(bytes, signatures, trust.verifyIdentity), trust);
  const trusting = (namespaces: readonly string[]) => allowlistOf(entryOf(signer, { namespaces }));

  it("is signed when a principal that is trusted for its namespace signed the capsule", async () => {
    const [standing] = classify(capsule, { now, allowlist: await trusting(["skills.review"]) });
    expect(standing).toMatchObject({ tier: "signed", signedBy: ["acme"] });
    expect(standing && skillText(standing)).toBe(skill.text);
  });

  it("costs no verification of its own: however many skills, each signature is verified once", async () => {
    const skills = Array.from({ length: 32 }, (_, index) => ({ ...skill, id: `s${index}` }));
    const many = await openCapsule(await packMinted({ skills }));
    const signature = identitySignature(stringToBytes("bundle"));
    let verified = 0;
    const trust = {
      now,
      verifyIdentity: () => {
        verified += 1;
        return { issuer: "https://issuer.example", san: "https://signer.example", signedAt: now };
      },
    };
    const checked = checkSignatures(many.manifestBytes, [signature], trust.verifyIdentity);
    expect(judgeSigners(checked, "evidence", trust)).toMatchObject([{ signature: "valid", trusted: false }]);
    expect(classifySkills(many.skills, checked, trust)).toHaveLength(32);
    expect(verified).toBe(1);
  });

  it("is unsigned otherwise, whatever the manifest says, and is framed", async () => {
    const notCovered = await trusting(["evidence"]);
    const covered = await trusting(["skills.review"]);
    const [first] = capsule.signatures;
    const broken = first?.kind === "key" ? [{ ...first, signature: Buffer.alloc(64).toString("base64") }] : [];
    const declaredUnsigned = { ...capsule, skills: capsule.skills.map((s) => ({ ...s, tier: "unsigned" as const })) };
    for (const [what, standings] of [
      ["no allowlist", classify(capsule, { now })],
      ["another namespace", classify(capsule, { now, allowlist: notCovered })],
      ["no signature", classify({ ...capsule, signatures: [] }, { now, allowlist: covered })],
      ["a broken signature", classify({ ...capsule, signatures: broken }, { now, allowlist: covered })],
      [
        "a broken signature beside it",
        classify({ ...capsule, signatures: [...capsule.signatures, ...broken] }, { now, allowlist: covered }),
      ],
      ["an expired signer", classify(capsule, { now: now + 1000, allowlist: covered })],
      ["declared unsigned", classify(declaredUnsigned, { now, allowlist: covered })],
    ] as const) {
      expect(standings, what).toMatchObject([{ tier: "unsigned", signedBy: [] }]);
      expect(standings[0] && skillText(standings[0]), what).toMatch(/^\[untrusted text .*\n\| Do as I say\.\n\[end of/);
    }
  });

  it("is never for evidence, whose signers vouch for no instructions", async () => {
    const forEvidence = { ...skill, namespace: "evidence" };
    await expect(packMinted({ skills: [forEvidence] })).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    const declared = await repacked(
      (map) => {
        const metadata = { v: 1, id: "review", namespace: "evidence", title: "Review" };
        map.set("skills/review/skill.json", canonicalBytes(metadata));
        map.set("skills/review/SKILL.md", stringToBytes(skill.text));
      },
      (map, document) => {
        listed(map, document);
        document.skills = [{ id: "review", namespace: "evidence", tier: "signed" }];
      },
    );
    await refused(declared, "SCHEMA_MISMATCH");
  });

  it("is never how to decrypt, nor anything with another name than an id", async () => {
    for (const id of ["decryption", "Review", "a/b", "", "-a", "a".repeat(41)]) {
      await expect(packMinted({ skills: [{ ...skill, id }] }), id).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    }
  });

  it("is refused when it is not the one that the manifest declares, or not declared", async () => {
    const files = (metadata: object, text: Uint8Array) => (map: Map<string, Uint8Array>) =>
      map.set("skills/review/skill.json", canonicalBytes(metadata)).set("skills/review/SKILL.md", text);
    const declaring = (map: Map<string, Uint8Array>, document: Record<string, unknown>) => {
      listed(map, document);
      document.skills = [{ id: "review", namespace: "skills.review", tier: "signed" }];
    };
    const metadata = { v: 1, id: "review", namespace: "skills.review", title: "Review" };
    const text = stringToBytes("x");
    await openCapsule(await repacked(files(metadata, text), declaring));
    await refused(await repacked(files(metadata, text), listed), "CAPSULE_FILE_UNKNOWN");
    await refused(
      await repacked(files({ ...metadata, namespace: "skills.docs" }, text), declaring),
      "CAPSULE_MALFORMED",
    );
    await refused(await repacked(files({ ...metadata, id: "other" }, text), declaring), "CAPSULE_MALFORMED");
    await refused(await repacked(files(metadata, hexToBytes("0xff")), declaring), "CAPSULE_MALFORMED");
    await refused(await repacked(() => undefined, declaring), "CAPSULE_FILE_MISSING");
  });
});
