/**
 * The one scheme of failures. Every refusal anywhere in Pawl (library, HTTP, CLI, decoded contract revert) is a
 * {@link PawlError}: a stable code, a sentence for a person, and the values that explain it.
 */

/** What went wrong in kind. It alone decides the HTTP status and the CLI exit code. */
export type ErrorKind =
  | "invalid"
  | "unauthorised"
  | "forbidden"
  | "missing"
  | "conflict"
  | "too-large"
  | "too-many"
  | "unverified"
  | "restore"
  | "policy"
  | "backend";

const HTTP_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorised: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  "too-large": 413,
  "too-many": 429,
  unverified: 422,
  restore: 409,
  policy: 403,
  backend: 502,
};

/** CLI exit codes: 0 done, 2 invalid input, 3 verification failed, 4 backend failed, 5 restore refused, 6 policy violation. */
const EXIT_CODE: Record<ErrorKind, number> = {
  invalid: 2,
  unauthorised: 2,
  forbidden: 2,
  missing: 2,
  conflict: 2,
  "too-large": 2,
  "too-many": 4,
  unverified: 3,
  restore: 5,
  policy: 6,
  backend: 4,
};

export type ErrorValue = string | number | boolean | bigint | null | undefined;
export type ErrorValues = Readonly<Record<string, ErrorValue>>;

/** One entry of a catalogue: the kind, and a sentence that says what happened and what to do next. */
export type ErrorDefinition = { readonly kind: ErrorKind; readonly sentence: string };
export type ErrorCatalogue = Readonly<Record<string, ErrorDefinition>>;

/** The form in which an error crosses HTTP, the CLI's `--json` and server actions. */
export type ErrorJson = {
  readonly code: string;
  readonly message: string;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
  readonly docs: string;
};

export class PawlError extends Error {
  override readonly name = "PawlError";
  readonly code: string;
  readonly kind: ErrorKind;
  readonly values: ErrorJson["values"];

  constructor(code: string, definition: ErrorDefinition, values: ErrorValues = {}, cause?: unknown) {
    super(definition.sentence, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = definition.kind;
    this.values = jsonValues(values);
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.kind];
  }

  get exitCode(): number {
    return EXIT_CODE[this.kind];
  }

  toJSON(): ErrorJson {
    return { code: this.code, message: this.message, values: this.values, docs: `docs/errors.md#${anchor(this.code)}` };
  }
}

/**
 * Declares a concept's catalogue and returns the function that makes its errors. Codes are unique over the whole
 * project; a test collects every catalogue and fails on a repeat, and `docs/errors.md` is generated from them.
 *
 * @example const fail = errorsOf(stateErrors); throw fail("BUNDLE_TRUNCATED", { chunk: 3 });
 */
export function errorsOf<C extends ErrorCatalogue>(catalogue: C) {
  return (code: keyof C & string, values?: ErrorValues, cause?: unknown): PawlError => {
    const definition: ErrorDefinition | undefined = catalogue[code];
    if (definition === undefined) throw new TypeError(`no such error code: ${code}`);
    return new PawlError(code, definition, values, cause);
  };
}

/** Walks the causes of an unknown thrown value and returns the first PawlError in it. */
export function findPawlError(thrown: unknown): PawlError | undefined {
  for (let current = thrown, depth = 0; current instanceof Error && depth < 16; current = current.cause, depth++) {
    if (isPawlError(current)) return current;
  }
  return undefined;
}

/** Told by its shape: a bundler may put this module, and with it the class, into one process more than once. */
function isPawlError(error: Error): error is PawlError {
  return error instanceof PawlError || (error.name === "PawlError" && "code" in error && "kind" in error);
}

function anchor(code: string): string {
  return code.toLowerCase();
}

const MAX_VALUE_LENGTH = 200;

/** Offending input is echoed, but never at a length that could flood a log or a page, nor in a form that no JSON takes. */
function shown(text: string): string {
  const short = text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
  return short.toWellFormed();
}

function jsonValues(values: ErrorValues): ErrorJson["values"] {
  const out: Record<string, string | number | boolean | null> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === "string") out[key] = shown(value);
    else out[key] = typeof value === "bigint" ? value.toString() : value;
  }
  return out;
}
