import type { Hex } from "viem";
import type { SignerResult } from "../capsule/signatures.ts";
import { findPawlError, type PawlError } from "../core/error.ts";
import { canonicalBytes, type Json } from "../core/json.ts";
import {
  type AttestationCheck,
  attestationChecks,
  type CheckDefinition,
  type StepCheck,
  stepChecks,
} from "./checks.ts";
import { evidenceError } from "./errors.ts";
import { type Check, type ReportKind, type VerificationReport, verdictOf } from "./report.ts";

/** What a report says of a check that never ran. */
export const NOT_REACHED = "Not reached, because something that it needs failed.";

type CheckName = (AttestationCheck | StepCheck)["name"];

/**
 * Collects the results of named checks. Whatever a check throws becomes that check's failure, so no error leaves a
 * verification untyped or unnamed; a check that never ran stays "not applicable", which passes only where that is
 * allowed.
 */
export class Checklist {
  readonly #kind: ReportKind;
  readonly #results = new Map<string, Check>();

  constructor(kind: ReportKind) {
    this.#kind = kind;
  }

  /** Runs a check. Returns what it returns, or undefined when it failed. */
  run<T>(name: CheckName, check: () => T): T | undefined {
    try {
      const value = check();
      this.#pass(name);
      return value;
    } catch (cause) {
      this.#fail(name, cause);
      return undefined;
    }
  }

  /** Does what a check needs before it can run: a failure is the check's, a success not yet. */
  prepare<T>(name: CheckName, preparation: () => T): T | undefined {
    try {
      return preparation();
    } catch (cause) {
      this.#fail(name, cause);
      return undefined;
    }
  }

  /** As {@link run}, for a check that waits. */
  async runAsync<T>(name: CheckName, check: () => Promise<T>): Promise<T | undefined> {
    try {
      const value = await check();
      this.#pass(name);
      return value;
    } catch (cause) {
      this.#fail(name, cause);
      return undefined;
    }
  }

  hasFailed(): boolean {
    return [...this.#results.values()].some(({ status }) => status === "failed");
  }

  /** Says why a check does not apply. */
  skip(name: CheckName, sentence: string): void {
    this.#record({ name, status: "not applicable", code: null, sentence, expected: null, actual: null });
  }

  report(
    facts: Readonly<Record<string, Json>>,
    hashes: Readonly<Record<string, Hex>>,
    signers: readonly SignerResult[] = [],
  ): VerificationReport {
    const checks = this.#definitions().map(
      ({ name }): Check =>
        this.#results.get(name) ?? {
          name,
          status: "not applicable",
          code: null,
          sentence: NOT_REACHED,
          expected: null,
          actual: null,
        },
    );
    const report = {
      v: 2,
      kind: this.#kind,
      verdict: verdictOf({ kind: this.#kind, checks, signers, facts }),
      checks,
      signers,
      facts,
      hashes,
    } as const;
    // A verdict is hashed and signed: it must have a canonical form now, not only when someone asks for it.
    canonicalBytes(report);
    return report;
  }

  #definitions(): readonly CheckDefinition[] {
    return this.#kind === "step" ? stepChecks : attestationChecks;
  }

  #pass(name: string): void {
    const sentence = this.#definitions().find((definition) => definition.name === name)?.sentence ?? "";
    this.#record({ name, status: "passed", code: null, sentence, expected: null, actual: null });
  }

  #fail(name: string, cause: unknown): void {
    const error = findPawlError(cause) ?? evidenceError("EVIDENCE_UNREADABLE", { problem: messageOf(cause) }, cause);
    const { expected, actual, ...others } = error.values;
    this.#record({
      name,
      status: "failed",
      code: error.code,
      sentence: error.message,
      expected: expected === undefined || expected === null ? null : withField(others, expected),
      actual: actual === undefined || actual === null ? detailsOf(others) : withField(others, actual),
    });
  }

  #record(check: Check): void {
    if (!this.#definitions().some(({ name }) => name === check.name)) throw new TypeError(`no check: ${check.name}`);
    if (this.#results.has(check.name)) throw new TypeError(`check ran twice: ${check.name}`);
    this.#results.set(check.name, check);
  }
}

type Values = PawlError["values"];

/** `field: value`, so that a reader of a failed comparison sees which of a file's many fields it was. */
function withField(others: Values, value: Values[string]): string {
  const field = others.field;
  return wellFormed(field === undefined || field === null ? String(value) : `${field}: ${value}`);
}

function detailsOf(others: Values): string | null {
  const entries = Object.entries(others);
  return entries.length === 0 ? null : wellFormed(entries.map(([key, value]) => `${key}: ${value}`).join(", "));
}

/** Evidence may hold lone surrogates; a report may not. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown";
}
