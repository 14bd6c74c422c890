import { type Mutant, mutantsOf } from "./mutant.ts";

/** What production refuses, and what every canonical file refuses. */
export const configMutants: readonly Mutant[] = [
  ...mutantsOf("lib/config/server.ts", "config", ["test/lib/config/server.test.ts"], {
    production: {
      removes: "production refuses the sandbox",
      from: '  if (result.data.PAWL_MODE === "production") refuseSandbox(result.data);\n',
    },
    issuer: {
      removes: "GitHub's issuer",
      from: "if (config.PAWL_OIDC_ISSUER !== GITHUB_ACTIONS_ISSUER) {",
      to: "if (false) {",
    },
    "issuer-keys": {
      removes: "the issuer's own keys",
      from: "GITHUB_ACTIONS_ISSUER}/`)",
      to: "GITHUB_ACTIONS_ISSUER}`)",
    },
    profile: {
      removes: "no sandbox evidence",
      from: '  if (config.PAWL_TRUST_PROFILE === "sandbox") throw refuse("PAWL_TRUST_PROFILE", "must not be sandbox");\n',
    },
    "trust-root": {
      removes: "the published trust root",
      from: 'if (config.PAWL_TRUST_PROFILE === "public-good" && config.PAWL_TRUST_ROOT !== "production") {',
      to: "if (false) {",
    },
    "public-url": {
      removes: "https in public",
      from: '  if (!config.PAWL_PUBLIC_URL.startsWith("https://")) throw refuse("PAWL_PUBLIC_URL", "must be https");\n',
    },
    "github-url": {
      removes: "https towards GitHub",
      from: '  if (!config.PAWL_GITHUB_API_URL.startsWith("https://")) throw refuse("PAWL_GITHUB_API_URL", "must be https");\n',
    },
    "known-keys": { removes: "no key that everyone knows", from: "known.has(key) || ", to: "" },
    "repeated-byte": { removes: "no key of one repeated byte", from: " || /^0x(.{2})\\1{31}$/.test(key)", to: "" },
  }),
  ...mutantsOf("lib/core/json.ts", "json", ["test/lib/core/json.test.ts"], {
    "not-canonical": {
      removes: "one spelling of a document: no repeated keys, no stray space",
      from: '  if (canonicalText(value, options.what) !== text) throw coreError("JSON_NOT_CANONICAL", { what: options.what });\n',
    },
    "too-large": {
      removes: "the size cap",
      from: '  if (bytes.length > maxBytes) throw coreError("JSON_TOO_LARGE", { what, bytes: bytes.length, maxBytes });\n',
    },
    "any-depth": {
      removes: "the cap on nesting",
      from: "  refuseDeepNesting(text, MAX_DEPTH, what);\n",
    },
    "no-canonical-form": {
      removes: "a value without a canonical form is refused with a code",
      from: '    throw coreError("JSON_NOT_CANONICAL", { what }, cause);\n',
      to: "    throw cause;\n",
    },
    "critical-field": {
      removes: "an unknown critical field has a code of its own",
      from: "if (critical !== undefined) {",
      to: "if (false) {",
    },
  }),
  ...mutantsOf("lib/core/error.ts", "error", ["test/lib/core/error.test.ts"], {
    "echoed-as-it-came": {
      removes: "what is echoed can be written as JSON",
      from: "  return short.toWellFormed();",
      to: "  return short;",
    },
    "echoed-whole": {
      removes: "what is echoed cannot flood a log",
      from: "text.length > MAX_VALUE_LENGTH ?",
      to: "false ?",
    },
  }),
];
