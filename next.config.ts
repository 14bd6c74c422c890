import type { NextConfig } from "next";

const config: NextConfig = {
  // These load files of their own or native code at run time, which bundling would break.
  serverExternalPackages: [
    "@electric-sql/pglite",
    "pg",
    "pino",
    "drizzle-orm",
    "@hpke/core",
    "@hpke/dhkem-x25519",
    "@hpke/chacha20poly1305",
    "@sigstore/tuf",
    "@sigstore/verify",
    "@sigstore/bundle",
  ],
  // The build checks what it builds; everything else is checked by the root configuration.
  typescript: { tsconfigPath: "tsconfig.app.json" },
  // A folder of this name would be hidden from the type checker; the protocol's own router answers.
  rewrites: async () => [{ source: "/.well-known/capsule-signers", destination: "/v1/capsule-signers" }],
  poweredByHeader: false,
  reactStrictMode: true,
  experimental: {
    // A capsule is dropped into the verify page as one body.
    serverActions: { bodySizeLimit: "64mb" },
    proxyClientMaxBodySize: "64mb",
  },
};

export default config;
