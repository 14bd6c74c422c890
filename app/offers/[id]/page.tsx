import Link from "next/link";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { type Hex as HexValue, zeroAddress } from "viem";
import { systemClock } from "#lib/core/effects.ts";
import type { MarketOffer } from "#lib/market/market.ts";
import { ActivityList } from "../../_components/ActivityList.tsx";
import { formatAmount, type TokenInfo } from "../../_components/amounts.ts";
import { describe } from "../../_components/exampleInput.ts";
import styles from "../../_components/market.module.css";
import { stakeWords, verifierWords } from "../../_components/offerWords.ts";
import partStyles from "../../_components/parts.module.css";
import {
  Account,
  Amount,
  Badge,
  Card,
  type Fact,
  Facts,
  Hex,
  JsonView,
  Moment,
  PageHead,
  Section,
} from "../../_components/parts.tsx";
import type { Runtime } from "../../_components/runtime.ts";
import { durationWords, offerStatusWords } from "../../_components/words.ts";
import { tokenInfo } from "../../_server/money.ts";
import { hashIn, orNotFound } from "../../_server/query.ts";
import { getRuntime } from "../../_server/runtime.ts";
import { getService } from "../../_server/service.ts";
import { BuyPanel } from "../../_wallet/panels.tsx";

type Props = { readonly params: Promise<{ readonly id: string }> };

export async function generateMetadata({ params }: Props) {
  const id = hashIn((await params).id);
  if (!id) return {};
  const { market } = await getService();
  return { title: (await orNotFound(market.offer(id))).title };
}

export default async function OfferPage({ params }: Props) {
  const id = hashIn((await params).id);
  if (!id) notFound();
  const { market } = await getService();
  const offer = await orNotFound(market.offer(id));
  const [runtime, token, native, activity] = await Promise.all([
    getRuntime(),
    tokenInfo(offer.terms.token),
    tokenInfo(zeroAddress),
    market.activity({ offerId: id, limit: 10 }),
  ]);
  const now = systemClock();
  const { terms, policy } = offer;
  const { label, tone } = offerStatusWords[offer.status];
  return (
    <>
      <PageHead
        title={offer.title || "Unreadable policy"}
        trail={
          <>
            <Link href="/">Market</Link> / offer <Hex value={id} />
          </>
        }
      >
        <p>{describe(offer.description).text}</p>
        <div className={partStyles.badges}>
          <Badge tone={tone}>{label}</Badge>
          <Badge tone={terms.runnerTier === 2 ? "accent" : "plain"}>
            {terms.runnerTier === 2 ? "Tier 2: run observed live" : "Tier 1: code identity"}
          </Badge>
          {runtime.isSandbox && <Badge tone="warn">Sandbox evidence</Badge>}
          {!terms.provable && <Badge>Disputes go to an arbiter</Badge>}
        </div>
      </PageHead>

      <div className={partStyles.columns}>
        <div className={partStyles.section} style={{ gap: "var(--s6)" }}>
          <Section title="What happens for each step">
            <ol className={styles.steps}>
              {story(offer, native).map((sentence) => (
                <li key={sentence}>
                  <span>{sentence}</span>
                </li>
              ))}
            </ol>
          </Section>
          <Section
            title="Who you rely on"
            lead="Evidence shows which code ran where. It does not show that these parties are independent of one another: only you can judge that."
          >
            <Facts facts={parties(offer, runtime)} />
          </Section>
          <Section title="Terms" lead="Fixed at publication. Nobody can change them, the seller included.">
            <Facts facts={termFacts(offer, token, native, now)} />
          </Section>
          <Section
            title="Policy"
            lead={
              <>
                What the runner enforces. The offer pins these exact bytes by their SHA-256,{" "}
                <Hex value={terms.policyHash} whole />.
              </>
            }
          >
            {policy ? (
              <>
                <Facts facts={policyFacts(offer)} />
                <details>
                  <summary>Canonical JSON ({offer.policyBytes.length} bytes)</summary>
                  <JsonView label="Policy as canonical JSON" text={new TextDecoder().decode(offer.policyBytes)} />
                </details>
              </>
            ) : (
              <p>
                The published bytes are not a policy that this version can read. No run of this offer can be verified:
                do not buy it.
              </p>
            )}
          </Section>
          <Section title="History">
            <ActivityList activity={activity} now={now} />
          </Section>
        </div>

        <div className={styles.buy}>
          <Card label="Buy steps">
            <div>
              <p style={{ fontSize: "1.4rem", fontWeight: 600 }}>
                <Amount value={terms.price} token={token} />
              </p>
              <p className={partStyles.note}>per step, up to {terms.maxSteps} steps</p>
            </div>
            {offer.status === "live" && policy ? (
              <BuyPanel runtime={runtime} offerId={id} terms={terms} token={token} />
            ) : (
              <p>This offer is not for sale. Entitlements already bought are unaffected.</p>
            )}
            <p className={partStyles.note}>
              Your money waits in the escrow contract. Steps that were not opened can be refunded at any time, and by
              anybody for you once the entitlement has expired.{" "}
              {policy && (
                <Link href={`/publish?like=${id}`} prefetch={false}>
                  Publish a similar offer
                </Link>
              )}
            </p>
          </Card>
        </div>
      </div>
    </>
  );
}

function story({ terms, policy }: MarketOffer, native: TokenInfo): readonly string[] {
  const observed =
    terms.runnerTier === 2 ? " The gateway first observes the live job in GitHub's own runner pool." : "";
  const arbiter =
    terms.arbiter === zeroAddress
      ? ""
      : ` You can object to how it was done for a bond of ${formatAmount(terms.conductBond, native)}; the arbiter then has ${durationWords(terms.arbitrationWindow)} to rule, and silence refunds you.`;
  const challenge = terms.provable
    ? ` Anyone can demand proof on-chain; without it within ${durationWords(terms.proofWindow)} the claim is rejected.`
    : "";
  return [
    "You say what the step should work on. The gateway starts the pinned workflow.",
    `The run asks for your permission and shows who it is.${observed} You sign a permit for exactly that run${policy ? `, within ${durationWords(policy.limits.permitWaitSeconds)}` : ""}.`,
    `The gateway uses the permit up on-chain and releases the keys to that run alone. It has ${durationWords(terms.stepTimeout)} until the claim, or the step is free again.`,
    "The run restores the last state, executes the workload, seals the next state, and GitHub attests what came out.",
    `The verifier checks the evidence, as anyone can, and signs the claim. It can be challenged for ${durationWords(terms.disputeWindow)}.${challenge}${arbiter}`,
    "Then the step is paid, strictly in order.",
  ];
}

function parties({ terms, policy, seller }: MarketOffer, runtime: Runtime): readonly Fact[] {
  const role = (address: typeof seller, own: typeof seller): ReactNode => (
    <>
      <Account address={address} />{" "}
      {address === seller ? <Badge tone="warn">is the seller</Badge> : address === own && <Badge>this server</Badge>}
    </>
  );
  const owner = policy?.workflows.caller.split("/")[0];
  return [
    {
      name: "Repository of the run",
      value: policy ? repositoryOf(policy.workflows.caller) : "unknown",
      note: (
        <>
          {terms.sourceRepositoryId === 0n
            ? "Not fixed: each permit names it."
            : `Repository id ${terms.sourceRepositoryId}${terms.sourceOwnerId === 0n ? "" : `, owner id ${terms.sourceOwnerId}`}.`}{" "}
          If <strong>{owner}</strong> is the seller, he can attach a machine of his own and forge output
          {terms.runnerTier === 2 ? "; the live observation is there to notice" : ", and tier 1 would not notice"}. If
          it is you, you can read the keys released to the run.
        </>
      ),
    },
    {
      name: "Workflow that signs",
      value: (
        <span className={partStyles.hash}>
          {policy ? `${policy.workflows.signer}@${terms.signerCommit.slice(2)}` : terms.signerCommit}
        </span>
      ),
      note: "Pinned by path and commit: its content cannot move.",
    },
    {
      name: "Gateway",
      value: role(terms.gateway, runtime.gateway),
      note: "Holds the state keys between steps, and is the only one who can open a step. Colluding with the seller it could withhold a result; the loss is one step.",
    },
    {
      name: "Verifier",
      value:
        terms.verifier === zeroAddress ? "none: claims are proven on-chain" : role(terms.verifier, runtime.verifier),
      note: verifierWords(terms),
    },
    {
      name: "Observer",
      value: terms.observer === zeroAddress ? "none" : role(terms.observer, zeroAddress),
      note:
        terms.runnerTier === 2 && terms.observer === zeroAddress ? "The gateway alone observes the run." : undefined,
    },
    {
      name: "Arbiter",
      value: terms.arbiter === zeroAddress ? "none" : role(terms.arbiter, zeroAddress),
      note:
        terms.arbiter === zeroAddress
          ? "How a step was done cannot be disputed."
          : "Rules when you object to how a step was done.",
    },
    { name: "Seller", value: <Account address={seller} /> },
  ];
}

function termFacts(
  { terms, publishedAt, stake, stakeWithdrawableAt }: MarketOffer,
  token: TokenInfo,
  native: TokenInfo,
  now: number,
): readonly Fact[] {
  return [
    { name: "Price", value: <Amount value={terms.price} token={token} />, note: "for each step" },
    {
      name: "Most steps",
      value: `${terms.maxSteps} in one entitlement, ${terms.maxPending} waiting for payment at once`,
    },
    { name: "Sale ends", value: <Moment at={terms.validUntil} now={now} /> },
    {
      name: "Entitlement lasts",
      value: durationWords(terms.entitlementTtl),
      note: "from purchase; then only refunds are left",
    },
    { name: "Time for a run", value: durationWords(terms.stepTimeout), note: "from permit to claim" },
    { name: "Dispute window", value: durationWords(terms.disputeWindow), note: "from claim to payment" },
    ...(terms.provable ? [{ name: "Proof window", value: durationWords(terms.proofWindow) }] : []),
    ...(terms.arbiter === zeroAddress
      ? []
      : [
          {
            name: "Arbitration",
            value: durationWords(terms.arbitrationWindow),
            note: `Bond ${formatAmount(terms.conductBond, native)}, of which ${formatAmount(terms.arbiterFee, native)} pay a ruling.`,
          },
        ]),
    {
      name: "Seller's stake",
      value: stake === 0n ? "none" : <Amount value={stake} token={native} />,
      note:
        stakeWithdrawableAt === null ? (
          stakeWords(terms)
        ) : (
          <>
            Withdrawal announced: possible <Moment at={stakeWithdrawableAt} now={now} />.
          </>
        ),
    },
    {
      name: "Source commit",
      value: BigInt(terms.sourceCommit) === 0n ? "any, named in each permit" : <Hex value={terms.sourceCommit} whole />,
    },
    { name: "Published", value: <Moment at={publishedAt} now={now} /> },
  ];
}

function policyFacts({ policy }: MarketOffer): readonly Fact[] {
  if (!policy) return [];
  const { workload, limits, network } = policy;
  return [
    {
      name: "Workload",
      value: (
        <span className={partStyles.hash}>
          {workload.repository}/{workload.entry}@{workload.commit}
        </span>
      ),
      note: "A program of this repository, at this commit.",
    },
    { name: "Machine", value: policy.runsOn },
    {
      name: "Limits",
      value: `${durationWords(limits.stepSeconds)} of run time, ${bytesWords(limits.memoryBytes)} of memory`,
      note: `Input up to ${bytesWords(limits.inputBytes)}, result up to ${bytesWords(limits.resultBytes)}, state up to ${bytesWords(limits.stateBytes)}.`,
    },
    network.mode === "none"
      ? { name: "Network", value: "none", note: "The workload can send nothing anywhere while it runs." }
      : {
          name: "Network",
          value: "the runner's",
          note: "The workload could send your input and its state anywhere.",
        },
    { name: "If the state is lost", value: "the run stops", note: "It never starts over silently." },
  ];
}

function repositoryOf(workflow: string): HexValue | string {
  return workflow.split("/").slice(0, 2).join("/");
}

function bytesWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
