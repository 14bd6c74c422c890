import { type Hex, type TypedData, type TypedDataDomain, zeroHash } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKeyOf } from "#lib/permits/entitlement.ts";
import { addressOf, createWorld, expectRefusal, people, type Role, type World } from "./world.ts";

/**
 * Every signature that moves something, in the one form that is taken and in each form that differs from it in one
 * respect: the type's name, a member's name, a member's type, the order of two members, one value, a nested struct, one
 * part of the domain. The types are written out here once more, so that a slip in a contract or in the library shows.
 */

type Member = { readonly name: string; readonly type: string };
type Form = {
  readonly domain: TypedDataDomain;
  readonly types: Readonly<Record<string, readonly Member[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
};
type Signed = {
  readonly signer: Role;
  readonly form: Form;
  readonly refusal: string;
  readonly submit: (signature: Hex) => Promise<unknown>;
};

const FAR = 2n ** 39n;
const TOKEN_PERMISSIONS = members("address token, uint256 amount");
const PAYMENT = members("bytes32 offerId, uint24 steps, address buyer, bytes32 salt, uint64 deadline");

let w: World;
beforeAll(async () => {
  w = await createWorld();
  await w.fund("buyer", 10n ** 12n);
});
afterAll(async () => {
  await w.connection.close();
});

/** `uint32 step, bytes32 salt` as EIP-712 members. */
function members(text: string): Member[] {
  return text.split(", ").map((part) => {
    const [type = "", name = ""] = part.split(" ");
    return { name, type };
  });
}

const STEP_PERMIT = members(
  "bytes32 entitlement, uint32 epoch, uint32 step, address gateway, uint64 repositoryId, uint64 runId, " +
    "uint32 runAttempt, bytes20 sourceCommit, bytes20 signerCommit, bytes32 policyHash, bytes32 inputHash, " +
    "bytes32 workerKey, bytes32 resultKey, bytes32 parentStateCommitment, bytes32 parentNetCommitment, " +
    "bytes32 observationHash, bytes32 salt, uint64 deadline",
);

async function stepPermit(): Promise<Signed> {
  const entitlement = await w.buy(await w.publish());
  const input = w.permit(undefined);
  const { terms } = entitlement;
  const consumption = await w.consumption(entitlement, input);
  return {
    signer: "buyer",
    refusal: "PERMIT_SIGNATURE_INVALID",
    form: {
      domain: w.domainOf("permitConsumer"),
      types: { StepPermit: STEP_PERMIT },
      primaryType: "StepPermit",
      message: {
        ...input,
        entitlement: entitlement.id,
        gateway: terms.gateway,
        signerCommit: terms.signerCommit,
        policyHash: terms.policyHash,
      },
    },
    submit: (signature) => w.send("gateway", "permitConsumer", "consume", [terms, { ...consumption, signature }]),
  };
}

async function observation(): Promise<Signed> {
  const sourceCommit = "0x2222222222222222222222222222222222222222";
  const entitlement = await w.buy(await w.publish({ runnerTier: 2, observer: addressOf("observer"), sourceCommit }));
  const input = w.permit(undefined, { observationHash: w.fresh("observation") });
  const consumption = await w.consumption(entitlement, input);
  const runKey = runKeyOf({ ...input, gateway: entitlement.terms.gateway });
  return {
    signer: "observer",
    refusal: "OBSERVER_SIGNATURE_INVALID",
    form: {
      domain: w.domainOf("permitConsumer"),
      types: { Observation: members("bytes32 runKey, bytes32 observationHash") },
      primaryType: "Observation",
      message: { runKey, observationHash: input.observationHash },
    },
    submit: (observerSignature) =>
      w.send("gateway", "permitConsumer", "consume", [entitlement.terms, { ...consumption, observerSignature }]),
  };
}

async function delegation(): Promise<Signed> {
  const { id, offerId, buyer, salt } = await w.buy(await w.publish());
  const message = {
    entitlement: id,
    delegate: addressOf("delegate"),
    lastStep: 2,
    validUntil: FAR,
    generation: 0,
    nonce: w.fresh("nonce"),
    deadline: FAR,
  };
  return {
    signer: "buyer",
    refusal: "DELEGATION_SIGNATURE_INVALID",
    form: {
      domain: w.domainOf("permitConsumer"),
      types: {
        Delegation: members(
          "bytes32 entitlement, address delegate, uint32 lastStep, uint64 validUntil, uint16 generation, " +
            "bytes32 nonce, uint64 deadline",
        ),
      },
      primaryType: "Delegation",
      message,
    },
    submit: (signature) =>
      w.send("stranger", "permitConsumer", "delegateBySignature", [offerId, buyer, salt, message, signature]),
  };
}

async function verifiedClaim(): Promise<Signed> {
  const claimed = w.claimOf(await w.open(await w.buy(await w.publish())));
  const signed = await w.signedClaim(claimed);
  return {
    signer: "verifier",
    refusal: "APPROVAL_SIGNATURE_INVALID",
    form: {
      domain: w.domainOf("settlement"),
      types: {
        VerifiedClaim: members("bytes32 claimHash, bytes32 reportHash, bytes32 evidenceHash, uint64 deadline"),
      },
      primaryType: "VerifiedClaim",
      message: {
        claimHash: claimed.ref.claimHash,
        reportHash: signed.reportHash,
        evidenceHash: signed.evidenceHash,
        deadline: signed.deadline,
      },
    },
    submit: (signature) =>
      w.send("stranger", "settlement", "claim", [claimed.opened.entitlement.terms, { ...signed, signature }]),
  };
}

async function acknowledgement(): Promise<Signed> {
  const claimed = await w.claim(await w.open(await w.buy(await w.publish())));
  return {
    signer: "buyer",
    refusal: "ACKNOWLEDGEMENT_INVALID",
    form: {
      domain: w.domainOf("settlement"),
      types: { Acknowledgement: members("bytes32 entitlement, uint32 step, bytes32 claimHash") },
      primaryType: "Acknowledgement",
      message: {
        entitlement: claimed.opened.entitlement.id,
        step: claimed.ref.step,
        claimHash: claimed.ref.claimHash,
      },
    },
    submit: (signature) => w.settle("stranger", "acknowledge", claimed, [signature]),
  };
}

/** Permit2's own message, with what it pays nested in it beside the token and the amount. */
async function payment(kind: "Purchase" | "TopUp"): Promise<Signed> {
  const steps = 3;
  const terms = await w.publish({ token: w.deployment.sandboxToken ?? zeroHash });
  const { offerId, salt } = await w.buy(terms);
  const paid =
    kind === "Purchase" ? { salt: w.fresh("salt"), name: "purchaseWithPermit2" } : { salt, name: "topUpWithPermit2" };
  const nonce = BigInt(w.fresh("nonce").slice(0, 34));
  return {
    signer: "buyer",
    refusal: "PERMIT2_REFUSED",
    form: {
      domain: await w.permit2Domain(),
      types: {
        PermitWitnessTransferFrom: members(
          `TokenPermissions permitted, address spender, uint256 nonce, uint256 deadline, ${kind} witness`,
        ),
        TokenPermissions: TOKEN_PERMISSIONS,
        [kind]: PAYMENT,
      },
      primaryType: "PermitWitnessTransferFrom",
      message: {
        permitted: { token: terms.token, amount: terms.price * BigInt(steps) },
        spender: w.deployment.escrow,
        nonce,
        deadline: FAR,
        witness: { offerId, steps, buyer: w.buyer, salt: paid.salt, deadline: FAR },
      },
    },
    submit: (signature) =>
      w.send("stranger", "escrow", paid.name, [
        terms,
        w.buyer,
        paid.salt,
        steps,
        { payer: w.buyer, nonce, deadline: FAR, signature },
      ]),
  };
}

/** The form with one struct type replaced, under its name or another. */
function withType(form: Form, type: string, changed: readonly Member[], name = type): Form {
  const { [type]: _, ...others } = form.types;
  const renamed = Object.fromEntries(
    Object.entries(others).map(([key, list]) => [
      key,
      list.map((member) => (member.type === type ? { ...member, type: name } : member)),
    ]),
  );
  const primaryType = form.primaryType === type ? name : form.primaryType;
  return { ...form, types: { ...renamed, [name]: changed }, primaryType };
}

/** Another type that can hold the same value. */
function otherType(type: string): string {
  if (type === "address") return "bytes20";
  if (type === "bytes20") return "address";
  if (type === "bytes32") return "uint256";
  return type === "uint256" ? "uint128" : "uint256";
}

/** Another value of the same type. */
function otherValue(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "bigint") return value - 1n;
  if (typeof value !== "string") throw new TypeError("a nested struct has values of its own");
  const last = value.at(-1) === "1" ? "2" : "1";
  // Lower case: a mixed-case address would have to keep its checksum.
  return `${value.slice(0, -1)}${last}`.toLowerCase();
}

/** Renames a member in the messages of one struct type, wherever it is nested. */
function renamedIn(form: Form, type: string, from: string, to: string): Form["message"] {
  const rename = (value: Readonly<Record<string, unknown>>) => ({ ...value, [to]: value[from] });
  if (type === form.primaryType) return rename(form.message);
  const holder = (form.types[form.primaryType] ?? []).find((member) => member.type === type)?.name ?? "";
  return { ...form.message, [holder]: rename(form.message[holder] as Readonly<Record<string, unknown>>) };
}

function* variants(form: Form): Generator<readonly [string, Form]> {
  const { domain } = form;
  if (domain.version !== undefined) yield ["another version", { ...form, domain: { ...domain, version: "2" } }];
  yield ["another domain name", { ...form, domain: { ...domain, name: `${domain.name}x` } }];
  yield ["another chain", { ...form, domain: { ...domain, chainId: Number(domain.chainId) + 1 } }];
  yield ["another contract", { ...form, domain: { ...domain, verifyingContract: addressOf("stranger") } }];
  for (const [type, list] of Object.entries(form.types)) {
    yield [`${type} under another name`, withType(form, type, list, `${type}X`)];
    for (const [index, { name, type: memberType }] of list.entries()) {
      const isNested = memberType in form.types;
      const replaced = (member: Member) => list.map((old, position) => (position === index ? member : old));
      const renamed = withType(form, type, replaced({ name: `${name}X`, type: memberType }));
      yield [`${type}.${name} renamed`, { ...renamed, message: renamedIn(form, type, name, `${name}X`) }];
      if (!isNested) {
        yield [
          `${type}.${name} of another type`,
          withType(form, type, replaced({ name, type: otherType(memberType) })),
        ];
      }
      const next = list[index + 1];
      if (next !== undefined) {
        const swapped = list.map((old, position) =>
          position === index ? next : position === index + 1 ? { name, type: memberType } : old,
        );
        yield [`${type}.${name} after ${next.name}`, withType(form, type, swapped)];
      }
      yield [
        `${type} without ${name}`,
        withType(
          form,
          type,
          list.filter((_, position) => position !== index),
        ),
      ];
    }
  }
  yield* otherMessages(form);
}

function* otherMessages(form: Form): Generator<readonly [string, Form]> {
  for (const [name, value] of Object.entries(form.message)) {
    if (!(form.types[form.primaryType] ?? []).some((member) => member.name === name)) continue;
    if (typeof value === "object" && value !== null) {
      for (const [inner, old] of Object.entries(value)) {
        const message = { ...form.message, [name]: { ...value, [inner]: otherValue(old) } };
        yield [`another ${name}.${inner}`, { ...form, message }];
      }
    } else yield [`another ${name}`, { ...form, message: { ...form.message, [name]: otherValue(value) } }];
  }
}

function sign(signer: Role, form: Form): Promise<Hex> {
  return people[signer].signTypedData({
    domain: form.domain,
    types: form.types as TypedData,
    primaryType: form.primaryType,
    message: form.message,
  } as Parameters<(typeof people)["buyer"]["signTypedData"]>[0]);
}

describe.each([
  ["a step permit", stepPermit],
  ["an observation", observation],
  ["a delegation", delegation],
  ["a verified claim", verifiedClaim],
  ["an acknowledgement", acknowledgement],
  ["a purchase through Permit2", () => payment("Purchase")],
  ["a top-up through Permit2", () => payment("TopUp")],
] as const)("the signature over %s", (_, prepare) => {
  it("is taken in its one form and in no other, nor from anybody else", async () => {
    const { signer, form, refusal, submit } = await prepare();
    let tried = 0;
    for (const [what, variant] of variants(form)) {
      const signature = await sign(signer, variant);
      await expectRefusal(submit(signature), refusal).catch((thrown: unknown) => {
        throw new Error(`${what} was taken, or refused otherwise`, { cause: thrown });
      });
      tried += 1;
    }
    expect(tried).toBeGreaterThanOrEqual(14);
    await expectRefusal(submit(await sign("stranger", form)), refusal);
    await submit(await sign(signer, form));
  });
});
