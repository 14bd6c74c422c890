import type { ReactNode } from "react";
import type { Address } from "viem";
import type { ErrorJson } from "#lib/core/error.ts";
import { formatAmount, type TokenInfo } from "./amounts.ts";
import styles from "./parts.module.css";
import { relativeWords, shortHex, type Tone, utcWords } from "./words.ts";

/** The plain pieces every page is made of. All of them render on the server or in the browser alike. */

export function PageHead(props: {
  readonly title: ReactNode;
  readonly trail?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <header className={styles.pageHead}>
      {props.trail && <div className={styles.trail}>{props.trail}</div>}
      <h1>{props.title}</h1>
      {props.children}
    </header>
  );
}

export function Section(props: { readonly title: string; readonly lead?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className={styles.section}>
      <header>
        <h2>{props.title}</h2>
        {props.lead && <p>{props.lead}</p>}
      </header>
      {props.children}
    </section>
  );
}

export function Card({ children, label }: { readonly children: ReactNode; readonly label?: string }) {
  return label === undefined ? (
    <div className={styles.card}>{children}</div>
  ) : (
    <section className={styles.card} aria-label={label}>
      {children}
    </section>
  );
}

export function Badge({ tone = "plain", children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

/** A hash or address: short to read, whole to copy and to a screen reader. */
export function Hex({ value, whole = false }: { readonly value: string; readonly whole?: boolean }) {
  return (
    <span className={styles.hash} title={value}>
      {whole ? value : shortHex(value)}
    </span>
  );
}

/** An account, named where the page knows who it is. */
export function Account({
  address,
  names,
}: {
  readonly address: Address;
  readonly names?: ReadonlyMap<Address, string>;
}) {
  const name = names?.get(address);
  return (
    <span>
      {name && <>{name} </>}
      <Hex value={address} />
    </span>
  );
}

export function Amount({ value, token }: { readonly value: bigint; readonly token: TokenInfo }) {
  return (
    <span>
      {formatAmount(value, token)}
      {!token.isKnown && (
        <>
          {" "}
          <Hex value={token.token} />
        </>
      )}
    </span>
  );
}

/** A moment, in unix seconds: relative to read, exact on hover and for machines. */
export function Moment({ at, now }: { readonly at: number; readonly now: number }) {
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={utcWords(at)}>
      {relativeWords(at, now)}
    </time>
  );
}

export type Fact = { readonly name: string; readonly value: ReactNode; readonly note?: ReactNode };

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Holds the place of what is being fetched. */
export function Skeleton({ label }: { readonly label: string }) {
  return <div className={styles.skeleton} role="status" aria-label={label} />;
}

export function Empty(props: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{props.title}</strong>
      {props.children}
    </div>
  );
}

/** A refusal, as every part of Pawl gives it: code, sentence, values. */
export function ErrorNote({ error }: { readonly error: ErrorJson }) {
  const values = Object.entries(error.values);
  return (
    <div className={styles.error} role="alert">
      <p>
        <code>{error.code}</code>
      </p>
      <p>{error.message}</p>
      {values.length > 0 && (
        <dl>
          {values.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** JSON as text that anybody can copy. */
export function JsonView({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <section aria-label={label}>
      <pre className={styles.json}>{text}</pre>
    </section>
  );
}
