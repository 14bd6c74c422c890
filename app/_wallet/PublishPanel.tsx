"use client";

import { useState } from "react";
import { bytesToHex, zeroAddress } from "viem";
import { offerRegistryAbi } from "#lib/chain/generated/abis.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { offerIdOf } from "#lib/offers/terms.ts";
import type { TokenInfo } from "../_components/amounts.ts";
import form from "../_components/form.module.css";
import { Card, ErrorNote, Hex, JsonView, Section } from "../_components/parts.tsx";
import type { Runtime } from "../_components/runtime.ts";
import { durationWords } from "../_components/words.ts";
import { buildOffer, type Draft, type DraftField, type DraftProblems } from "../publish/draft.ts";
import { inTypedUnits } from "../publish/typedUnits.ts";
import { type ReadyWallet, StageNote, WithWallet } from "./parts.tsx";
import { type Say, send, useAction } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type Props = { readonly runtime: Runtime; readonly initial: Draft; readonly tokens: readonly TokenInfo[] };

type FieldProps = {
  readonly name: DraftField;
  readonly label: string;
  readonly hint?: string;
  readonly kind?: "text" | "number" | "seconds" | "long";
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly wide?: boolean;
};

const GROUPS: readonly {
  readonly title: string;
  readonly isRoomy?: boolean;
  readonly fields: readonly FieldProps[];
}[] = [
  {
    title: "What is sold",
    fields: [
      { name: "title", label: "Title", wide: true },
      {
        name: "description",
        label: "Description",
        kind: "long",
        wide: true,
        hint: "Say what input a step wants. A JSON example in it becomes the buyer's first draft.",
      },
    ],
  },
  {
    title: "Price",
    fields: [
      { name: "token", label: "Paid in" },
      { name: "price", label: "Price per step" },
      { name: "maxSteps", label: "Most steps in one purchase", kind: "number" },
      { name: "saleDays", label: "Days on sale", kind: "number" },
      { name: "entitlementDays", label: "Days to use the steps", kind: "number" },
    ],
  },
  {
    title: "What runs",
    isRoomy: true,
    fields: [
      { name: "workloadRepository", label: "Workload repository", hint: "owner/repository" },
      { name: "workloadCommit", label: "Workload commit" },
      { name: "workloadEntry", label: "Program", hint: "a Node program, by its path in the repository" },
      { name: "signerWorkflow", label: "Workflow that signs", hint: "owner/repository/.github/workflows/file.yml" },
      { name: "signerCommit", label: "Commit of that workflow" },
      { name: "callerWorkflow", label: "Workflow that is dispatched", hint: "same form" },
      { name: "sourceRepositoryId", label: "Its repository's id", kind: "number" },
      { name: "sourceOwnerId", label: "Its owner's id", kind: "number", hint: "0 for any" },
      { name: "sourceCommit", label: "Its commit", hint: "needed for tier 2" },
      { name: "runsOn", label: "Machine", hint: "the workflow's runs-on" },
      {
        name: "network",
        label: "Network of the workload",
        options: [
          { value: "none", label: "none" },
          { value: "runner", label: "the runner's: it may send anything anywhere" },
        ],
      },
      {
        name: "runnerTier",
        label: "Runner tier",
        options: [
          { value: "1", label: "1: code identity" },
          { value: "2", label: "2: the run is also observed live" },
        ],
      },
    ],
  },
  {
    title: "Windows and limits",
    fields: [
      { name: "stepTimeout", label: "Time for a run, seconds", kind: "seconds", hint: "from permit to claim" },
      { name: "disputeWindow", label: "Dispute window, seconds", kind: "seconds", hint: "from claim to payment" },
      { name: "proofWindow", label: "Proof window, seconds", kind: "seconds" },
      { name: "arbitrationWindow", label: "Arbitration window, seconds", kind: "seconds" },
      { name: "permitWaitSeconds", label: "A run waits for its permit, seconds", kind: "seconds" },
      { name: "stepSeconds", label: "Run time of the workload, seconds", kind: "seconds" },
      { name: "maxPending", label: "Steps waiting for payment at once", kind: "number", hint: "1 to 8" },
      { name: "memoryMebibytes", label: "Memory, MiB", kind: "number" },
      { name: "inputBytes", label: "Input, bytes at most", kind: "number" },
      { name: "resultBytes", label: "Result, bytes at most", kind: "number" },
      { name: "stateMebibytes", label: "State, MiB at most", kind: "number" },
    ],
  },
  {
    title: "Roles and disputes",
    isRoomy: true,
    fields: [
      { name: "gateway", label: "Gateway", hint: "holds the state keys, opens steps" },
      { name: "verifier", label: "Verifier", hint: "signs claims after checking the evidence" },
      { name: "observer", label: "Observer", hint: "empty for none" },
      { name: "arbiter", label: "Arbiter", hint: "empty for none" },
      { name: "conductBond", label: "Bond of a conduct challenge, ETH" },
      { name: "arbiterFee", label: "Arbiter's fee out of it, ETH" },
      {
        name: "provable",
        label: "Claims can be proven on-chain",
        options: [
          { value: "no", label: "no" },
          { value: "yes", label: "yes" },
        ],
      },
    ],
  },
];

/** The seller's form, with the policy as it would be published beside it. */
export function PublishPanel(props: Props) {
  return (
    <WalletProviders runtime={props.runtime}>
      <WithWallet runtime={props.runtime} purpose="publish as the seller">
        {(wallet) => <PublishForm {...props} wallet={wallet} />}
      </WithWallet>
    </WalletProviders>
  );
}

function PublishForm({ runtime, initial, tokens, wallet }: Props & { readonly wallet: ReadyWallet }) {
  const [draft, setDraft] = useState(initial);
  const [isShown, setShown] = useState(false);
  const [salt] = useState(() => bytesToHex(systemRandom(32)));
  const { stage, run, openSoon, isWorking } = useAction();
  // Once is enough: what it made has a page, which opens by itself.
  const isBusy = isWorking || stage.at === "done";
  const [openedAt] = useState(systemClock);
  const tokenOf = (address: string) => tokens.find(({ token }) => token === address.trim().toLowerCase());
  const token = tokenOf(draft.token);
  const native = tokenOf(zeroAddress);
  const built = buildOffer(draft, {
    deployment: runtime.deployment,
    seller: wallet.address,
    salt,
    decimals: token?.decimals ?? 0,
    now: openedAt,
  });
  const problems = isShown && !built.ok ? built.problems : {};

  const publish = async (say: Say) => {
    if (!built.ok) return "";
    const { terms, policyBytes } = built.offer;
    await send(
      wallet.transactor,
      {
        address: runtime.deployment.offerRegistry,
        abi: offerRegistryAbi,
        functionName: "publish",
        args: [terms, bytesToHex(policyBytes)],
      },
      say,
    );
    openSoon(`/offers/${offerIdOf(terms)}`);
    return "Published. Opening the offer…";
  };

  return (
    <form
      className={form.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setShown(true);
        if (isBusy) return;
        if (built.ok) void run(publish);
        else focusFirst(event.currentTarget, built.problems);
      }}
    >
      {GROUPS.map((group) => (
        <fieldset key={group.title} className={group.isRoomy ? form.roomy : form.group}>
          <legend>{group.title}</legend>
          {group.fields.map((field) => (
            <Field
              key={field.name}
              {...field}
              {...(field.name === "token"
                ? {
                    options: tokens.map(({ token, symbol }) => ({ value: token, label: symbol })),
                  }
                : {})}
              value={draft[field.name]}
              problem={problems[field.name]}
              onChange={(value) => setDraft((before) => ({ ...before, [field.name]: value }))}
            />
          ))}
        </fieldset>
      ))}
      <Section title="Policy as it would be published">
        {built.ok ? (
          <Card>
            <p>
              SHA-256 <Hex value={built.offer.terms.policyHash} whole />
            </p>
            <p>
              Offer id <Hex value={offerIdOf(built.offer.terms)} whole />
            </p>
            <details>
              <summary>Canonical JSON ({built.offer.policyBytes.length} bytes)</summary>
              <JsonView label="Policy as canonical JSON" text={new TextDecoder().decode(built.offer.policyBytes)} />
            </details>
          </Card>
        ) : (
          <p className={form.hint}>Shown as soon as every field is right.</p>
        )}
      </Section>
      {isShown && !built.ok && built.refusal && <ErrorNote error={built.refusal.toJSON()} />}
      {isShown && !built.ok && Object.keys(built.problems).length > 0 && (
        <p className={form.problem} role="alert">
          {Object.keys(built.problems).length === 1
            ? "One field is"
            : `${Object.keys(built.problems).length} fields are`}{" "}
          not right yet:{" "}
          {Object.keys(built.problems)
            .map((name) => labelOf(name as DraftField))
            .join(", ")}
          .
        </p>
      )}
      <div className={form.actions}>
        <button type="submit" className={form.primary} disabled={isBusy}>
          Publish the offer
        </button>
        <StageNote
          stage={
            stage.at === "failed" && token && native
              ? { ...stage, error: inTypedUnits(stage.error, { price: token, native }) }
              : stage
          }
        />
      </div>
    </form>
  );
}

function Field(
  props: FieldProps & {
    readonly value: string;
    readonly problem: string | undefined;
    readonly onChange: (value: string) => void;
  },
) {
  const { name, label, kind = "text", options, value, problem, onChange } = props;
  const id = `draft-${name}`;
  const hint = kind === "seconds" && /^[0-9]{1,9}$/.test(value) ? durationWords(Number(value)) : undefined;
  const described = {
    id,
    name,
    value,
    "aria-invalid": problem !== undefined,
    "aria-describedby": `${id}-hint`,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  };
  return (
    <div className={`${form.field} ${props.wide ? form.wide : ""}`}>
      <label htmlFor={id}>{label}</label>
      {options ? (
        <select {...described}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : kind === "long" ? (
        <textarea {...described} style={{ fontFamily: "inherit", fontSize: "1rem" }} />
      ) : (
        <input {...described} spellCheck={false} {...(kind === "text" ? {} : { inputMode: "numeric" as const })} />
      )}
      <span id={`${id}-hint`} className={problem ? form.problem : form.hint}>
        {problem ?? [hint, props.hint].filter(Boolean).join("; ")}
      </span>
    </div>
  );
}

function labelOf(name: DraftField): string {
  return GROUPS.flatMap(({ fields }) => fields).find((field) => field.name === name)?.label ?? name;
}

function focusFirst(element: HTMLFormElement, problems: DraftProblems): void {
  const names = new Set(Object.keys(problems));
  const first = [...element.elements].find((control) => names.has(control.getAttribute("name") ?? ""));
  if (first instanceof HTMLElement) first.focus();
}
