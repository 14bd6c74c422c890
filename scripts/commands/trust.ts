import type { Command } from "commander";
import { systemClock } from "#lib/core/effects.ts";
import { printable, printableJson } from "#lib/core/printable.ts";
import type { ParsedTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { describeOrigin, mirrorOptions, type RootOptions, type RootOrigin, rootOptions, trustOf } from "./roots.ts";

/** `pawl trust`: which root a verification would use and how old it is; and fetching a newer one. */
export function trustCommand(program: Command): void {
  const trust = program.command("trust").description("Show the trusted root, or fetch the current one.");

  rootOptions(trust.command("show").description("Show a trusted root: where from, how old, and what is in it."))
    .option("--json", "print one JSON object")
    .action((options: RootOptions & { readonly json?: boolean }) => show(options));

  mirrorOptions(trust.command("refresh").description("Fetch the current root through TUF, and keep it."))
    .option("--json", "print one JSON object")
    .action((options: RootOptions & { readonly json?: boolean }) => show({ ...options, refreshRoot: true }));
}

async function show(options: RootOptions & { readonly json?: boolean }): Promise<void> {
  const now = systemClock();
  const { trust, origin } = await trustOf(options, now);
  if (options.json) console.log(printableJson(asData(trust.root, origin, now)));
  else for (const line of asText(trust.root, origin, now)) console.log(line);
}

function asData(root: ParsedTrustedRoot, origin: RootOrigin, now: number) {
  const ageSeconds = origin.stoodByAt === null ? null : now - origin.stoodByAt;
  return { hash: root.hash, ...origin, ageSeconds, entries: entriesOf(root) };
}

function asText(root: ParsedTrustedRoot, origin: RootOrigin, now: number): readonly string[] {
  const day = (time: string | null) => (time === null ? "" : time.slice(0, 10));
  return [
    `root   ${root.hash}`,
    `       ${describeOrigin(origin, now)}`,
    "",
    ...entriesOf(root).map(({ kind, name, from, until }) =>
      `${kind.padEnd(22)} ${day(from)} to ${(day(until) || "now").padEnd(10)}  ${printable(name)}`.trimEnd(),
    ),
  ];
}

function entriesOf({ material }: ParsedTrustedRoot) {
  const { certificateAuthorities, timestampAuthorities, tlogs, ctlogs } = material;
  const entry = (kind: string, name: string, { start, end }: { readonly start: Date; readonly end: Date }) => {
    // The library writes "no end" as the last moment that a date can hold.
    const until = end.getTime() >= 8.64e15 ? null : end.toISOString();
    return { kind, name, from: start.toISOString(), until };
  };
  return [
    ...certificateAuthorities.map(({ validFor }) => entry("certificate authority", "", validFor)),
    ...timestampAuthorities.map(({ validFor }) => entry("timestamp authority", "", validFor)),
    ...tlogs.map(({ baseURL, validFor }) => entry("transparency log", baseURL, validFor)),
    ...ctlogs.map(({ baseURL, validFor }) => entry("certificate log", baseURL, validFor)),
  ];
}
