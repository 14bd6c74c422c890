import {
  type Abi,
  type AbiParameter,
  type Address,
  concat,
  type Hex,
  keccak256,
  numberToHex,
  pad,
  toFunctionSelector,
} from "viem";
import type { Deployment } from "#lib/chain/deployment.ts";
import {
  escrowAbi,
  offerRegistryAbi,
  permitConsumerAbi,
  sandboxTokenAbi,
  settlementAbi,
} from "#lib/chain/generated/abis.ts";
import { bondsHeld, creditOf } from "../money.ts";
import {
  type ChallengeKind,
  challengeOf,
  type Entitlement,
  entitlementName,
  epochOf,
  gitHubRunName,
  isChallenged,
  pendingSteps,
  positionOf,
  type Run,
  runOf,
  type State,
  stepsThatAre,
  takenSteps,
} from "../state.ts";
import { NATIVE_MONEY, NOBODY } from "../terms.ts";
import type { Names } from "./names.ts";

/** What the chain has to answer if it is in a state of the model. */

type Value = bigint | number | boolean | Hex;
export type Fact = {
  /** In words; one fact, one sentence. */
  readonly what: string;
  /** The view to ask; undefined asks for native money of the address. */
  readonly to: Address;
  readonly data: Hex | undefined;
  /** Names and values of the answer's words; undefined where any will do. */
  readonly answer: readonly (readonly [name: string, expected: Value | undefined])[];
};

const EVIDENCE = { none: 0, open: 1, answered: 2 } as const;
const CONDUCT = { none: 0, open: 1, upheld: 2, split: 3 } as const;
const KINDS: readonly ChallengeKind[] = ["evidence", "conduct"];
const OFFER_STATUS = { live: 1, retired: 2 } as const;

type View = { readonly selector: Hex; readonly outputs: readonly string[] };
const views = new Map<string, View>();

function viewOf(abi: Abi, name: string): View {
  const known = views.get(name);
  if (known !== undefined) return known;
  const item = abi.find((candidate) => candidate.type === "function" && candidate.name === name);
  if (item?.type !== "function") throw new Error(`there is no view ${name}`);
  const view = { selector: toFunctionSelector(item), outputs: item.outputs.flatMap(wordNames) };
  views.set(name, view);
  return view;
}

function wordNames(output: AbiParameter): readonly string[] {
  return "components" in output ? output.components.flatMap(wordNames) : [output.name ?? ""];
}

export function wordOf(value: Value): Hex {
  if (typeof value === "string") return pad(value);
  return numberToHex(typeof value === "boolean" ? Number(value) : value, { size: 32 });
}

/** Everything that can be asked about a state. */
export function factsOf(state: State, names: Names, { offerRegistry, escrow, permitConsumer, settlement }: Deployment) {
  const facts: Fact[] = [];
  const { hashOf, addressOf, tokenOf } = names;

  function expectAnswer(
    what: string,
    to: Address,
    abi: Abi,
    name: string,
    args: readonly Value[],
    answer: Readonly<Record<string, Value | undefined>>,
  ): void {
    const { selector, outputs } = viewOf(abi, name);
    const values = Object.values(answer);
    const named = outputs.map(
      (output) => [output, output === "" || values.length === 1 ? values[0] : answer[output]] as const,
    );
    facts.push({ what, to, data: concat([selector, ...args.map(wordOf)]), answer: named });
  }
  const ofLedger = (what: string, name: string, args: readonly Value[], answer: Record<string, Value | undefined>) =>
    expectAnswer(what, escrow, escrowAbi, name, args, answer);

  function aboutEntitlement(entitlement: Entitlement): void {
    const { offer, buyer, salt, expiresAt, delegations } = entitlement;
    const name = entitlementName(offer.name, buyer, salt);
    const { price, maxPending } = offer.terms;
    const challenged = pendingSteps(entitlement).filter((step) => isChallenged(runOf(state, step.run)));
    const bits = challenged.map((step) => 1 << (runOf(state, step.run).step % maxPending));
    ofLedger(`record of ${name}`, "entitlementOf", [hashOf(name)], {
      price,
      bought: entitlement.steps.length,
      opened: takenSteps(entitlement).length,
      settled: stepsThatAre("paid", entitlement).length,
      generation: entitlement.rejections,
      epoch: epochOf(entitlement),
      maxPending,
      challenged: bits.reduce((sum, bit) => sum | bit, 0),
      expiresAt,
    });
    ofLedger(`head of ${name}`, "headOf", [hashOf(name)], {
      head: names.headIn(state, positionOf(state, entitlement)),
    });
    for (const [delegate, { lastStep, validUntil, rejections }] of Object.entries(delegations)) {
      expectAnswer(
        `delegation of ${name} to ${delegate}`,
        permitConsumer,
        permitConsumerAbi,
        "delegateOf",
        [hashOf(name), addressOf(delegate)],
        { lastStep, validUntil, generation: rejections },
      );
    }
  }

  function aboutRun(run: Run): void {
    const { name, step, status, openedAt, claimed } = run;
    const isVoid = status === "void";
    // A run that was voided together with an earlier step keeps its last record.
    ofLedger(`record of ${name}`, "runOf", [hashOf(name)], {
      step,
      openedAt,
      claimDeadline: run.claimDeadline,
      windowEnd: claimed?.broughtForward ? claimed.windowEnd : 0,
      proven: claimed?.proven ?? false,
      evidence: isVoid ? undefined : EVIDENCE[claimed?.evidence ?? "none"],
      conduct: isVoid ? undefined : CONDUCT[claimed?.conduct ?? "none"],
    });
    if (claimed === undefined) return;
    const entitlement = hashOf(run.entitlement);
    const parentHead = names.placeOf(run.parent);
    const reference = [entitlement, step, hashOf(name), hashOf(claimed.claim), parentHead, claimed.windowEnd];
    ofLedger(`whether ${name} is pending`, "isPending", reference, { pending: status === "claimed" });
    if (claimed.sellerShare !== undefined) {
      const token = state.entitlements[run.entitlement]?.offer.terms.token ?? NOBODY;
      ofLedger(`split of ${name}`, "splitOf", [hashOf(name)], {
        sellerShare: claimed.sellerShare,
        token: tokenOf(token),
      });
    }
    for (const [index, kind] of KINDS.entries()) {
      const challenge = challengeOf(state, name, kind);
      const parts = [step, hashOf(name), hashOf(claimed.claim), parentHead, claimed.windowEnd];
      expectAnswer(
        `${kind} challenge of ${name}`,
        settlement,
        settlementAbi,
        "challengeOf",
        [hashOf(name), index],
        challenge === undefined
          ? { poster: 0, bond: 0, entitlement: 0, claimDigest: 0, end: 0, step: 0 }
          : {
              poster: addressOf(challenge.poster),
              bond: challenge.bond,
              entitlement,
              claimDigest: keccak256(concat(parts.map(wordOf))),
              end: challenge.end,
              step,
            },
      );
    }
  }

  function aboutProof({ onGitHub }: Run): void {
    const run = gitHubRunName(onGitHub);
    const claim = state.proven[run];
    const args = [onGitHub.repository, onGitHub.run, onGitHub.attempt];
    expectAnswer(`claim proven by ${run}`, settlement, settlementAbi, "provenRunOf", args, {
      claimHash: claim === undefined ? 0 : hashOf(claim),
    });
  }

  for (const [name, { seller, status }] of Object.entries(state.offers)) {
    expectAnswer(`record of ${name}`, offerRegistry, offerRegistryAbi, "offerOf", [hashOf(name)], {
      seller: addressOf(seller),
      status: OFFER_STATUS[status],
    });
    ofLedger(`earnings of ${name}`, "earningsOf", [hashOf(name)], { earned: state.earnings[name] ?? 0n });
    const stake = state.stakes[name];
    ofLedger(`stake behind ${name}`, "stakeOf", [hashOf(name)], {
      amount: stake?.amount ?? 0n,
      withdrawableAt: stake?.withdrawableAt ?? 0,
    });
  }
  expectAnswer("offers there are", offerRegistry, offerRegistryAbi, "offerCount", [], {
    count: Object.keys(state.offers).length,
  });
  for (const entitlement of Object.values(state.entitlements)) aboutEntitlement(entitlement);
  for (const run of Object.values(state.runs)) {
    aboutRun(run);
    aboutProof(run);
  }
  for (const { buyer, nonce } of state.burntNonces) {
    const args = [addressOf(buyer), hashOf(nonce)];
    expectAnswer(`${buyer}'s ${nonce}`, permitConsumer, permitConsumerAbi, "isNonceBurnt", args, { burnt: true });
  }
  ofLedger("bonds held", "bondsHeld", [], { amount: bondsHeld(state) });
  for (const [token, { balances, allowances, permitsUsed }] of Object.entries(state.tokens)) {
    for (const [owner, amount] of Object.entries(balances)) {
      const what = `${token} in ${owner}'s pocket`;
      if (token !== NATIVE_MONEY) {
        expectAnswer(what, tokenOf(token), sandboxTokenAbi, "balanceOf", [addressOf(owner)], { amount });
      } else facts.push({ what, to: addressOf(owner), data: undefined, answer: [["amount", amount]] });
      const credit = creditOf(state, token, owner);
      ofLedger(`${owner}'s credit in ${token}`, "creditOf", [tokenOf(token), addressOf(owner)], { credit });
    }
    for (const [owner, allowance] of Object.entries(allowances)) {
      const args = [addressOf(owner), escrow];
      const what = `what the escrow may take of ${owner}'s ${token}`;
      expectAnswer(what, tokenOf(token), sandboxTokenAbi, "allowance", args, { allowance });
    }
    for (const [owner, used] of Object.entries(permitsUsed ?? {})) {
      const what = `${owner}'s permits of ${token}`;
      expectAnswer(what, tokenOf(token), sandboxTokenAbi, "nonces", [addressOf(owner)], { used });
    }
  }
  return facts;
}
