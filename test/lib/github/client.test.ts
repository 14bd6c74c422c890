import { describe, expect, it } from "vitest";
import { createGitHubClient, GITHUB_API_VERSION } from "#lib/github/client.ts";

type Reply = Response | Error | ((url: string, init: RequestInit) => Response);

/** A client whose connection answers from a list and remembers what was asked. */
function scripted(...replies: Reply[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  const client = createGitHubClient({
    apiUrl: "https://api.github.com/",
    token: "secret-token",
    fetch: async (input, init = {}) => {
      const url = String(input);
      asked.push({ url, init });
      const reply = replies.shift();
      if (reply === undefined) throw new Error(`unexpected request ${url}`);
      if (reply instanceof Error) throw reply;
      return typeof reply === "function" ? reply(url, init) : reply;
    },
  });
  return { client, asked };
}
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const dispatchRequest = { repository: "o/r", workflowFile: "step.yml", ref: "pawl/x", inputs: { dispatchNonce: "n" } };
const place = { repository: "o/r", runId: "7", runAttempt: 1 };
const run = {
  id: 7,
  run_attempt: 1,
  status: "completed",
  conclusion: "success",
  event: "workflow_dispatch",
  path: ".github/workflows/step.yml",
  head_sha: "a".repeat(40),
  display_title: "pawl n",
  created_at: "2026-11-20T10:00:00Z",
  run_started_at: "2026-11-20T10:00:00Z",
  repository: { id: 1, full_name: "o/r" },
};

describe("dispatching", () => {
  it("answers the run's id and pins the API's version", async () => {
    const { client, asked } = scripted(json({ workflow_run_id: 17_000_000_001, extra: true }));
    expect(await client.dispatchWorkflow(dispatchRequest)).toBe("17000000001");
    expect(asked[0]?.url).toBe("https://api.github.com/repos/o/r/actions/workflows/step.yml/dispatches");
    expect(asked[0]?.init.headers).toMatchObject({
      "x-github-api-version": GITHUB_API_VERSION,
      authorization: "Bearer secret-token",
    });
    expect(JSON.parse(String(asked[0]?.init.body))).toMatchObject({ return_run_details: true });
  });

  const unknown: Record<string, Reply> = {
    "an answer without a run": new Response(null, { status: 204 }),
    "a lost answer": new Error("socket hang up"),
    "a server error": json({ message: "oops" }, 502),
    "an answer of another form": json({ workflow_run_id: "x" }),
  };
  for (const [name, reply] of Object.entries(unknown)) {
    it(`says RUN_ID_UNKNOWN on ${name}, and does not dispatch again`, async () => {
      const { client, asked } = scripted(reply);
      await expect(client.dispatchWorkflow(dispatchRequest)).rejects.toMatchObject({ code: "RUN_ID_UNKNOWN" });
      expect(asked).toHaveLength(1);
    });
  }

  it("says GITHUB_REFUSED with GitHub's message when nothing was dispatched", async () => {
    const { client } = scripted(json({ message: "No ref found for: pawl/x" }, 422));
    await expect(client.dispatchWorkflow(dispatchRequest)).rejects.toMatchObject({
      code: "GITHUB_REFUSED",
      values: { status: 422, message: "No ref found for: pawl/x" },
    });
  });

  it("finds the run by its nonce alone, and refuses two of them", async () => {
    const other = { ...run, id: 8, display_title: "pawl nn" };
    const one = scripted(json({ total_count: 2, workflow_runs: [other, run] }));
    const found = await one.client.findRunByNonce({ repository: "o/r", dispatchNonce: "n" });
    expect(found?.id).toBe("7");
    const two = scripted(json({ total_count: 2, workflow_runs: [{ ...run, id: 9 }, run] }));
    const search = two.client.findRunByNonce({ repository: "o/r", dispatchNonce: "n" });
    await expect(search).rejects.toMatchObject({ code: "RUN_NOT_UNIQUE" });
  });
});

describe("reading", () => {
  it("keeps the bytes beside the value", async () => {
    const { client } = scripted(json(run));
    const { value, raw } = await client.getRunAttempt(place);
    expect(value).toMatchObject({ id: "7", repository: { id: "1" }, referenced_workflows: [] });
    expect(Buffer.from(raw).toString()).toBe(JSON.stringify(run));
  });

  const invalid: Record<string, unknown> = {
    "a missing field": { ...run, head_sha: undefined },
    "an id as text": { ...run, id: "7" },
    "an upper-case commit": { ...run, head_sha: "A".repeat(40) },
    "null for the event": { ...run, event: null },
  };
  for (const [name, body] of Object.entries(invalid)) {
    it(`refuses ${name}`, async () => {
      const { client } = scripted(json(body));
      await expect(client.getRunAttempt(place)).rejects.toMatchObject({ code: "GITHUB_ANSWER_INVALID" });
    });
  }

  it("refuses an answer that is not JSON, one with a redirect and one over the cap", async () => {
    const { client } = scripted(
      new Response("<html>"),
      new Response(null, { status: 301, headers: { location: "https://elsewhere.example" } }),
      new Response("x".repeat(4_194_305)),
    );
    await expect(client.getRunAttempt(place)).rejects.toMatchObject({ code: "GITHUB_ANSWER_INVALID" });
    await expect(client.getRunAttempt(place)).rejects.toMatchObject({ code: "GITHUB_REFUSED" });
    await expect(client.getRunAttempt(place)).rejects.toMatchObject({ code: "ARTIFACT_TOO_LARGE" });
  });

  it("never puts foreign text into a path", async () => {
    const { client, asked } = scripted();
    for (const foreign of [{ repository: "o/r/../../user" }, { repository: "o/.." }, { runId: "7/../8" }]) {
      const request = client.getRun({ ...place, ...foreign });
      await expect(request).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    }
    expect(asked).toHaveLength(0);
  });
});

describe("downloading", () => {
  const request = { repository: "o/r", artifactId: "5", maxBytes: 10 };
  const redirect = (location: string) => new Response(null, { status: 302, headers: { location } });

  it("follows to the storage host without the token", async () => {
    const { client, asked } = scripted(redirect("https://storage.example/x?sig=1"), new Response("zip"));
    expect(Buffer.from(await client.downloadArtifact(request)).toString()).toBe("zip");
    expect(asked[1]?.url).toBe("https://storage.example/x?sig=1");
    expect(JSON.stringify(asked[1]?.init.headers ?? {})).not.toContain("secret-token");
  });

  it("refuses a redirect to plain http, one too many, and an archive over the cap", async () => {
    const refused = async (...replies: Reply[]) =>
      scripted(...replies)
        .client.downloadArtifact(request)
        .then(
          () => "accepted",
          (error) => error.code,
        );
    const again = () => redirect("https://storage.example/x");
    expect(await refused(redirect("http://storage.example/x"))).toBe("GITHUB_ANSWER_INVALID");
    expect(await refused(again(), again(), again(), again())).toBe("GITHUB_REFUSED");
    expect(await refused(again(), new Response("12345678901"))).toBe("ARTIFACT_TOO_LARGE");
  });
});
