import fc from "fast-check";
import { stringToBytes, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { findPawlError } from "#lib/core/error.ts";
import { checkpointText, parseCheckpoint } from "#lib/transcript/checkpoint.ts";
import { publicKeyOf } from "#lib/transcript/ed25519.ts";
import {
  encodeNote,
  encodeVerifierKey,
  keyTypes,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKey,
  verifyNote,
} from "#lib/transcript/note.ts";
import { checkWitnesses, cosign } from "#lib/transcript/witness.ts";
import { tried } from "../../properties.ts";
import { keyOf, now, origin, owner, stranger } from "./export.fixture.ts";
import { code } from "./log.fixture.ts";

// The example of c2sp.org/signed-note.
const EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
// The example of c2sp.org/tlog-cosignature: one signature of the log, one of a witness.
const COSIGNED = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;
const note = (text: string) => parseNote(stringToBytes(text));
const text = checkpointText({ origin, count: 3, treeRoot: zeroHash });
const ownerKey = verifierKey(origin, keyTypes.note, publicKeyOf(owner));
const signed = { text, signatures: [signNote(text, origin, owner)] };

describe("a signed note", () => {
  it("verifies as the format's own example", () => {
    const key = parseVerifierKey(EXAMPLE_KEY);
    expect(encodeVerifierKey(key)).toBe(EXAMPLE_KEY);
    expect(verifyNote(note(EXAMPLE), [key])).toEqual([key]);
    expect(Buffer.from(encodeNote(note(EXAMPLE))).toString("utf8")).toBe(EXAMPLE);
  });

  it("reads back what was written, empty lines included", () => {
    for (const body of [text, "a\n", "a\n\nb\n", "é\n"]) {
      const made = { text: body, signatures: [signNote(body, origin, owner)] };
      expect(verifyNote(parseNote(encodeNote(made)), [ownerKey])).toEqual([ownerKey]);
    }
  });

  it("passes over signatures of unknown keys, even of the same name or the same id", () => {
    const [made] = signed.signatures;
    if (made === undefined) throw new RangeError("no signature");
    const others = [{ ...made, id: "00000000" }, { ...made, name: "other" }, signNote(text, origin, stranger)];
    expect(() => verifyNote({ text, signatures: others }, [ownerKey])).toThrow(code("NOTE_UNSIGNED"));
    expect(verifyNote({ text, signatures: [...others, made] }, [ownerKey])).toEqual([ownerKey]);
    expect(() => verifyNote(signed, [])).toThrow(code("NOTE_UNSIGNED"));
  });

  it("is spoilt by one false signature of a known key, beside a true one", () => {
    const [made] = signed.signatures;
    if (made === undefined) throw new RangeError("no signature");
    const false1 = { ...made, signature: Uint8Array.from(made.signature, (byte) => byte ^ 1) };
    const short = { ...made, signature: made.signature.slice(0, 63) };
    for (const wrong of [false1, short]) {
      expect(() => verifyNote({ text, signatures: [made, wrong] }, [ownerKey])).toThrow(code("NOTE_SIGNATURE_INVALID"));
    }
    expect(() => verifyNote({ ...signed, text: text.replace("3", "4") }, [ownerKey])).toThrow(
      code("NOTE_SIGNATURE_INVALID"),
    );
    // A witness's key makes no plain signatures.
    const witness = verifierKey(origin, keyTypes.cosignature, publicKeyOf(owner));
    expect(() => verifyNote({ text, signatures: [{ ...made, id: witness.id }] }, [witness])).toThrow(
      code("NOTE_SIGNATURE_INVALID"),
    );
  });

  it("is refused in any other form", () => {
    const [line = ""] = EXAMPLE.split("\n").slice(2);
    for (const wrong of [
      "",
      "text\n",
      "text\n\n",
      `\n\n${line}\n`,
      `text\n\n${line}`,
      `text\n\n${line}\n\n`,
      `text\n\n${line.replace("—", "-")}\n`,
      `text\n\n${line.replace("— ", "—  ")}\n`,
      `text\n\n${line} \n`,
      `text\n\n${line.slice(0, -1)}\n`,
      `text\n\n${line.replace("QM=", "QN=")}\n`,
      `text\n\n— a+b AAAAAAA=\n`,
      `text\n\n— a\u00a0b AAAAAAA=\n`,
      `text\n\n— a AAAAAA==\n`,
      `te\txt\n\n${line}\n`,
      `te\rxt\n\n${line}\n`,
      `text\n\n${`${line}\n`.repeat(65)}`,
      `${"x".repeat(65_536)}\n\n${line}\n`,
    ]) {
      expect(() => note(wrong), JSON.stringify(wrong.slice(0, 60))).toThrow(code("NOTE_MALFORMED"));
    }
    expect(() => parseNote(Uint8Array.of(0xff, 0x0a))).toThrow(code("NOTE_MALFORMED"));
    expect(() => encodeNote({ text: "no end", signatures: signed.signatures })).toThrow(code("NOTE_MALFORMED"));
    expect(() => encodeNote({ text, signatures: [] })).toThrow(code("NOTE_MALFORMED"));
  });

  it("survives any changed byte with a code, and never verifies with another text", () => {
    const bytes = encodeNote(signed);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, by) => {
        const changed = Uint8Array.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ by;
        try {
          const read = parseNote(changed);
          verifyNote(read, [ownerKey]);
          expect(read.text).toBe(text);
        } catch (thrown) {
          if (findPawlError(thrown) === undefined) throw thrown;
        }
      }),
      tried("a signed note notices any changed byte", 200),
    );
  });
});

describe("a verifier key", () => {
  it("is refused with another id, type, length or form", () => {
    for (const wrong of [
      "",
      "example.com/foo",
      EXAMPLE_KEY.replace("530d903a", "530d903b"),
      EXAMPLE_KEY.replace("530d903a", "530D903A"),
      EXAMPLE_KEY.replace("+Ae", "+Be"),
      EXAMPLE_KEY.replace("foo", "bar"),
      EXAMPLE_KEY.slice(0, -4),
      `${EXAMPLE_KEY} `,
      ` ${EXAMPLE_KEY}`,
      "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ]) {
      expect(() => parseVerifierKey(wrong), wrong).toThrow(code("NOTE_KEY_MALFORMED"));
    }
    expect(() => signNote(text, "two words", owner)).toThrow(code("NOTE_KEY_MALFORMED"));
    expect(() => signNote(text, "plus+plus", owner)).toThrow(code("NOTE_KEY_MALFORMED"));
  });
});

describe("a checkpoint", () => {
  it("reads as the format's own example", () => {
    expect(parseCheckpoint(note(COSIGNED).text)).toEqual({
      origin: "example.com/behind-the-sofa",
      count: 20_852_163,
      treeRoot: "0x0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62",
    });
  });

  it("is refused in any other form", () => {
    const [, , root = ""] = text.split("\n");
    for (const wrong of [
      "",
      `\n3\n${root}\n`,
      `${origin}\n03\n${root}\n`,
      `${origin}\n-3\n${root}\n`,
      `${origin}\n3.0\n${root}\n`,
      `${origin}\n9999999999999999\n${root}\n`,
      `${origin}\n3\n${root}`,
      `${origin}\n3\n${root}\n\n`,
      `${origin}\n3\n${root}\nextension\n`,
      `${origin}\n3\n${root.slice(4)}\n`,
      `${origin}\n3\n${root.replace("=", "")}\n`,
      `${origin}\n3\n`,
    ]) {
      expect(() => parseCheckpoint(wrong), JSON.stringify(wrong)).toThrow(code("CHECKPOINT_MALFORMED"));
    }
    expect(() => checkpointText({ origin: "two\nlines", count: 3, treeRoot: zeroHash })).toThrow(
      code("CHECKPOINT_MALFORMED"),
    );
  });
});

describe("witnesses", () => {
  const names = ["w1.example", "w2.example", "w3.example"];
  const keys = names.map((_, index) => keyOf(10 + index));
  const witnesses = keys.map((key, index) => verifierKey(names[index] ?? "", keyTypes.cosignature, publicKeyOf(key)));
  const cosignedBy = (...which: number[]) => ({
    text,
    signatures: which.map((index) => cosign(text, names[index] ?? "", keys[index] ?? owner, now + index)),
  });
  const policy = { witnesses, threshold: 2 };

  it("have the key id of the format", () => {
    expect(note(COSIGNED).signatures.map(({ name, id }) => `${name} ${id}`)).toEqual([
      "example.com/behind-the-sofa 033de0ae",
      "witness.example.com/w1 8d66cf3f",
    ]);
    const [first] = witnesses;
    expect(first && parseVerifierKey(encodeVerifierKey(first))).toEqual(first);
  });

  it("reach the threshold or miss it, each counted once", () => {
    expect(checkWitnesses(cosignedBy(0, 2), policy, now)).toEqual([
      { name: "w1.example", at: now },
      { name: "w3.example", at: now + 2 },
    ]);
    for (const few of [[], [0], [0, 0], [1, 1, 1]]) {
      expect(() => checkWitnesses(cosignedBy(...few), policy, now)).toThrow(code("WITNESS_THRESHOLD_MISSED"));
    }
  });

  it("do not count when the policy does not know them", () => {
    const strangers = [cosign(text, "w9.example", stranger, now), cosign(text, "w1.example", stranger, now)];
    const made = { text, signatures: [...cosignedBy(0).signatures, ...strangers] };
    expect(() => checkWitnesses(made, policy, now)).toThrow(code("WITNESS_THRESHOLD_MISSED"));
  });

  it("spoil the note when one cosignature is false: another text, another time, a cut one", () => {
    const made = cosignedBy(0, 1);
    const [first, second] = made.signatures;
    if (!first || !second) throw new RangeError("no signatures");
    const spoilt = (signature: Uint8Array) => ({ text, signatures: [{ ...first, signature }, second] });
    const later = Uint8Array.from(first.signature, (byte, at) => (at === 7 ? byte ^ 1 : byte));
    for (const signature of [later, first.signature.slice(0, 71), first.signature.slice(0, 8), Uint8Array.of(1)]) {
      expect(() => checkWitnesses(spoilt(signature), policy, now)).toThrow(code("NOTE_SIGNATURE_INVALID"));
    }
    expect(() => checkWitnesses({ ...made, text: text.replace("3", "4") }, policy, now)).toThrow(
      code("NOTE_SIGNATURE_INVALID"),
    );
  });

  it("are refused when they date a cosignature in the future", () => {
    expect(() => checkWitnesses(cosignedBy(0, 1), policy, now - 301)).toThrow(code("WITNESS_TIME_IN_FUTURE"));
    expect(checkWitnesses(cosignedBy(0, 1), policy, now - 299)).toHaveLength(2);
  });

  it("need a policy that can be met, and in which no key stands under two names", () => {
    const [first] = witnesses;
    if (!first) throw new RangeError("no witness");
    const twice = verifierKey("w9.example", keyTypes.cosignature, first.publicKey);
    for (const wrong of [
      { witnesses, threshold: 0 },
      { witnesses, threshold: 4 },
      { witnesses, threshold: 1.5 },
      { witnesses: [], threshold: 0 },
      { witnesses: [first, twice], threshold: 1 },
      { witnesses: [ownerKey], threshold: 1 },
    ]) {
      expect(() => checkWitnesses(cosignedBy(0, 1), wrong, now)).toThrow(code("WITNESS_POLICY_INVALID"));
    }
  });
});
