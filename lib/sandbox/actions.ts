import { createHash } from "node:crypto";
import { appendFileSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { type Zippable, zipSync } from "fflate";
import { commitSha } from "../core/encoding.ts";
import { sandboxError } from "./errors.ts";
import { git, hasCommit } from "./git.ts";
import type { Repositories } from "./repositories.ts";
import type { SigstoreBundle } from "./sigstore.ts";
import type { Permissions } from "./workflow.ts";

/** The actions a pinned workflow uses, each doing here what the real one does there. */

export type ActionContext = {
  readonly repositories: Repositories;
  /** `owner/name` and commit of the run. */
  readonly repository: string;
  readonly sha: string;
  readonly workspace: string;
  readonly temp: string;
  readonly projectRoot: string;
  readonly permissions: Permissions;
  readonly log: (line: string) => void;
  /** Fetches an ID token for an audience from the token endpoint, as each step of the job can. */
  readonly requestToken: (audience: string) => Promise<string>;
  /** Exchanges a token for a certificate and signs: Fulcio and Rekor. Throws when the token does not verify. */
  readonly attest: (token: string, payload: Uint8Array) => Promise<SigstoreBundle>;
  /** Stores an archive. Throws when the run already holds one of this name. */
  readonly storeArtifact: (name: string, archive: Uint8Array, retentionDays: number) => void;
};

/** Inputs of the step, expressions already replaced. The answer is the step's outputs. */
export type Action = (
  inputs: Readonly<Record<string, string>>,
  context: ActionContext,
) => Promise<Readonly<Record<string, string>>>;

const checkout: Action = async (inputs, context) => {
  accept(inputs, ["repository", "ref", "path", "persist-credentials", "fetch-depth"]);
  const fullName = inputs.repository ?? context.repository;
  const commit = commitSha.safeParse(inputs.ref ?? context.sha);
  const repository = context.repositories.find(fullName);
  if (repository === undefined || !commit.success || !hasCommit(repository.folder, commit.data)) {
    throw failed("actions/checkout", `no such commit: ${fullName}@${inputs.ref ?? context.sha}`);
  }
  const target = inside(context.workspace, inputs.path ?? ".");
  mkdirSync(target, { recursive: true });
  git(["init", "--quiet", "--initial-branch=main", target]);
  git(["-C", target, "fetch", "--quiet", "--depth=1", `file://${repository.folder}`, commit.data]);
  git(["-C", target, "checkout", "--quiet", "--force", "--detach", commit.data]);
  context.log(`checked out ${fullName}@${commit.data}`);
  if (repository.fullName === "pawl/pawl") {
    context.log(`the sandbox publishes Pawl's workflow only; its sources are the local tree ${context.projectRoot}`);
  }
  return { commit: commit.data, ref: commit.data };
};

const setupNode: Action = async (inputs, context) => {
  accept(inputs, ["node-version", "package-manager-cache", "check-latest"]);
  const wanted = inputs["node-version"] ?? "";
  const major = process.versions.node.split(".")[0];
  if (wanted !== major) throw failed("actions/setup-node", `Node ${wanted} was asked for, the sandbox has ${major}`);
  context.log(`Node ${process.versions.node} of the local tree`);
  return { "node-version": `v${process.versions.node}` };
};

const attest: Action = async (inputs, context) => {
  accept(inputs, ["subject-checksums", "predicate-type", "predicate", "show-summary"]);
  if (context.permissions["id-token"] !== "write") throw failed("actions/attest", "missing id-token: write");
  const subjects = subjectsOf(readFileSync(inside(context.workspace, inputs["subject-checksums"] ?? ""), "utf8"));
  const predicateType = inputs["predicate-type"];
  if (predicateType === undefined || inputs.predicate === undefined) {
    throw failed("actions/attest", "predicate-type and predicate are both required");
  }
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects,
    predicateType,
    predicate: JSON.parse(inputs.predicate),
  };
  const payload = Buffer.from(JSON.stringify(statement), "utf8");
  const bundle = await context.attest(await context.requestToken("sigstore"), payload);
  // The real action stores the attestation with GitHub after it was logged: without the permission the log has the
  // entry and the job has no bundle.
  if (context.permissions.attestations !== "write") throw failed("actions/attest", "missing attestations: write");
  const path = join(mkdtempSync(join(context.temp, "attestation-")), "attestation.json");
  writeFileSync(path, `${JSON.stringify(bundle)}\n`);
  appendFileSync(join(context.temp, "created_attestation_paths.txt"), `${path}\n`);
  context.log(`attested ${subjects.length} subjects`);
  return { "bundle-path": path };
};

/** Lines of `<hex digest> <flag or space><name>`: order and case of the digests are kept, exact repeats dropped. */
export function subjectsOf(checksums: string): { readonly name: string; readonly digest: Record<string, string> }[] {
  const subjects = new Map<string, { name: string; digest: Record<string, string> }>();
  for (const line of checksums.split(/\r?\n/)) {
    const space = line.indexOf(" ");
    if (space === -1) continue;
    const digest = line.slice(0, space);
    const subject = line.slice(space + 1).replace(/^[ *]/, "");
    const algorithm = { 64: "sha256", 128: "sha512" }[digest.length];
    if (!/^[0-9a-fA-F]+$/.test(digest) || algorithm === undefined) {
      throw failed("actions/attest", `not a digest: ${digest}`);
    }
    subjects.set(`${algorithm}:${digest}:${subject}`, { name: subject, digest: { [algorithm]: digest } });
  }
  if (subjects.size === 0) throw failed("actions/attest", "no subject in the checksums file");
  return [...subjects.values()];
}

const uploadArtifact: Action = async (inputs, context) => {
  accept(inputs, ["name", "path", "if-no-files-found", "retention-days", "compression-level"]);
  const root = inside(context.workspace, inputs.path ?? "");
  const level = Number(inputs["compression-level"] ?? "6");
  if (!isLevel(level)) throw failed("actions/upload-artifact", `no such compression level: ${level}`);
  // The tree of a workload may try to smuggle in what it cannot read itself, so links are not followed.
  const files = filesAt(root);
  const archive: Zippable = {};
  for (const file of files) {
    const name = file === root ? basename(root) : relative(root, file).split(sep).join("/");
    archive[name] = [readFileSync(file), { level, mtime: "2026-01-01" }];
  }
  if (files.length === 0) throw failed("actions/upload-artifact", `no files were found at ${inputs.path}`);
  const zipped = zipSync(archive);
  context.storeArtifact(inputs.name ?? "artifact", zipped, Number(inputs["retention-days"] ?? "90"));
  const digest = createHash("sha256").update(zipped).digest("hex");
  context.log(`uploaded ${files.length} files, ${zipped.length} bytes, sha256 ${digest}`);
  return { "artifact-digest": digest };
};

const ACTIONS: Readonly<Record<string, Action>> = {
  "actions/checkout": checkout,
  "actions/setup-node": setupNode,
  "actions/attest": attest,
  "actions/upload-artifact": uploadArtifact,
};

/**
 * The action that a `uses:` names. Its commit decides nothing here: the sandbox has one version of each.
 *
 * @throws SANDBOX_WORKFLOW_REFUSED
 */
export function actionOf(uses: string): Action {
  const [name = ""] = uses.split("@");
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    throw sandboxError("SANDBOX_WORKFLOW_REFUSED", { where: uses, problem: "the sandbox does not have this action" });
  }
  return action;
}

function accept(inputs: Readonly<Record<string, string>>, known: readonly string[]): void {
  const unknown = Object.keys(inputs).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw sandboxError("SANDBOX_WORKFLOW_REFUSED", { where: "with", problem: `unknown input ${unknown}` });
  }
}

function inside(folder: string, path: string): string {
  const target = resolve(folder, path);
  if (target !== folder && !target.startsWith(folder + sep)) throw failed("path", `${path} leaves the workspace`);
  return target;
}

function filesAt(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return filesUnder(path);
  return found?.isFile() === true ? [path] : [];
}

/** Regular files below a folder, hidden ones left out as the real action does. */
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path);
      if (!entry.isFile()) throw failed("actions/upload-artifact", `not a regular file: ${entry.name}`);
      return [path];
    });
}

function isLevel(level: number): level is 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 {
  return Number.isInteger(level) && level >= 0 && level <= 9;
}

function failed(action: string, problem: string) {
  return sandboxError("SANDBOX_STEP_FAILED", { action, problem });
}
