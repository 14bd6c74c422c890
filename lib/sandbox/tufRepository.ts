import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";
import { canonicalBytes } from "../core/json.ts";
import { send } from "./http.ts";

/**
 * A TUF repository (specification 1.0, consistent snapshots) with one Ed25519 key per role, that publishes one target.
 * It is honest unless told otherwise: every way in which a mirror can lie is a change to what it publishes.
 */
export type TufRole = "root" | "timestamp" | "snapshot" | "targets";
const roles = ["root", "timestamp", "snapshot", "targets"] as const;

export type Publication = {
  /** The target's bytes. */
  readonly trustedRoot: Uint8Array;
  readonly versions: Readonly<Record<TufRole, number>>;
  /** Unix seconds; a day ahead where a role is left out. */
  readonly expires?: Partial<Readonly<Record<TufRole, number>>>;
  /** The role whose metadata a stranger signs. */
  readonly foreign?: TufRole;
  /** The target's bytes as served, where they are not the published ones. */
  readonly served?: Uint8Array;
};

export type TufRepository = {
  /** The first root's metadata, which a client must be given. */
  readonly firstRoot: Uint8Array;
  /** Path below the mirror's address, to bytes. */
  readonly publish: (publication: Publication) => ReadonlyMap<string, Uint8Array>;
};

const TARGET = "trusted_root.json";
const DAY = 86_400;

export function createTufRepository(now: () => number): TufRepository {
  const keys = new Map(roles.map((role) => [role, generateKeyPairSync("ed25519")]));
  const stranger = generateKeyPairSync("ed25519").privateKey;
  const described = new Map(roles.map((role) => [role, keyOf(keys.get(role)?.publicKey)]));

  function signed(role: TufRole, fields: object, publication: Omit<Publication, "trustedRoot">): Uint8Array {
    const expires = new Date((publication.expires?.[role] ?? now() + DAY) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
    const body = { _type: role, spec_version: "1.0.31", version: publication.versions[role], expires, ...fields };
    const key = publication.foreign === role ? stranger : keys.get(role)?.privateKey;
    if (key === undefined) throw new TypeError(`no key for ${role}`);
    const signature = sign(null, canonicalBytes(body), key).toString("hex");
    return canonicalBytes({ signed: body, signatures: [{ keyid: described.get(role)?.id, sig: signature }] });
  }

  function rootAt(publication: Omit<Publication, "trustedRoot">): Uint8Array {
    return signed(
      "root",
      {
        consistent_snapshot: true,
        keys: Object.fromEntries([...described.values()].map(({ id, key }) => [id, key])),
        roles: Object.fromEntries([...described].map(([role, { id }]) => [role, { keyids: [id], threshold: 1 }])),
      },
      publication,
    );
  }

  return {
    firstRoot: rootAt({ versions: { root: 1, timestamp: 1, snapshot: 1, targets: 1 } }),
    publish(publication) {
      const { versions, trustedRoot, served } = publication;
      const digest = sha256(trustedRoot);
      const targets = signed(
        "targets",
        { targets: { [TARGET]: { length: trustedRoot.length, hashes: { sha256: digest } } } },
        publication,
      );
      const snapshot = signed("snapshot", { meta: { "targets.json": { version: versions.targets } } }, publication);
      const timestamp = signed("timestamp", { meta: { "snapshot.json": { version: versions.snapshot } } }, publication);
      const root: [string, Uint8Array][] =
        versions.root > 1 ? [[`/${versions.root}.root.json`, rootAt(publication)]] : [];
      return new Map([
        ...root,
        ["/timestamp.json", timestamp],
        [`/${versions.snapshot}.snapshot.json`, snapshot],
        [`/${versions.targets}.targets.json`, targets],
        [`/targets/${digest}.${TARGET}`, served ?? trustedRoot],
      ]);
    },
  };
}

/** Serves a publication on an address of this machine only; another one can take its place at any time. */
export async function serveTuf(): Promise<{
  readonly url: string;
  readonly show: (files: ReadonlyMap<string, Uint8Array>) => void;
  readonly close: () => Promise<void>;
}> {
  let files: ReadonlyMap<string, Uint8Array> = new Map();
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? "");
    send(response, body === undefined ? { status: 404 } : { status: 200, body });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    show: (next) => {
      files = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function keyOf(publicKey: KeyObject | undefined) {
  const { x } = publicKey?.export({ format: "jwk" }) ?? {};
  const key = {
    keytype: "ed25519",
    scheme: "ed25519",
    keyval: { public: Buffer.from(x ?? "", "base64url").toString("hex") },
  };
  return { id: sha256(canonicalBytes(key)), key };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
