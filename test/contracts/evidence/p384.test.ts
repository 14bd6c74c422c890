import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  generatorKey,
  p384Hints,
  p384KeyId,
  p384Registration,
  p384Tables,
  tableBytes,
} from "#lib/evidence/onchain/p384.ts";
import { type Deployed, type LocalChain, localChain } from "./local.ts";
import { coordinatesOf, fixedKey, sha384, signedBy, u384 } from "./p384.fixture.ts";

let chain: LocalChain;
let p384: Deployed;
beforeAll(async () => {
  chain = await localChain();
  p384 = await chain.deploy("P384");
});
afterAll(() => chain.connection.close());

it("quick", async () => {
  console.log("deploy", p384.gasUsed);
  const key = coordinatesOf(fixedKey().publicKey);
  for (const k of [generatorKey, key]) {
    const t = performance.now();
    const reg = p384Registration(k);
    console.log("reg ms", performance.now() - t);
    console.log("begin", await p384.send("beginKey", [k, reg.powers]));
    for (const [i, s] of reg.tables.entries())
      console.log("table", i, await p384.send("buildTable", [p384KeyId(k), BigInt(i), s]));
    const tables = p384Tables(k);
    const at = (await p384.read("tablesOf", [p384KeyId(k)])) as `0x${string}`[];
    for (const [i, a] of at.entries()) {
      const code = await chain.client.getCode({ address: a });
      expect(code).toBe(`0x00${tableBytes(tables[i] ?? []).slice(2)}`);
    }
  }
  const message = new Uint8Array(100);
  const { r, s } = signedBy(fixedKey().privateKey, message);
  const digest = sha384(message);
  const t = performance.now();
  const hints = p384Hints({ generator: p384Tables(generatorKey), key: p384Tables(key), digest, r, s });
  console.log("hints ms", performance.now() - t, hints?.length);
  const args = [p384KeyId(key), u384(BigInt(digest)), u384(r), u384(s)];
  console.log(await p384.read("verifyPlain", args));
  console.log(await p384.read("verify", [...args, hints]));
  const probe = await chain.deploy("P384GasProbe", [p384.address]);
  console.log(await probe.read("measure", [...args, hints]));
}, 100_000);
