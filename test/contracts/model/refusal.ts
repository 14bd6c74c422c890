import type { Position } from "./state.ts";

/** A value of a refusal: a number, a name, a place on the chain, or numbers of steps. */
export type RefusalValue = bigint | number | string | Position | { readonly open: string } | readonly number[];

/** An action against the rules: the name of the custom error and its values. Nothing happened. */
export class Refusal extends Error {
  readonly values: Readonly<Record<string, RefusalValue>>;

  constructor(name: string, values: Readonly<Record<string, RefusalValue>>) {
    super(name);
    this.name = name;
    this.values = values;
  }
}

export function refuse(name: string, values: Readonly<Record<string, RefusalValue>> = {}): never {
  throw new Refusal(name, values);
}
