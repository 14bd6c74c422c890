import { describe, expect, it } from "vitest";
import { dispatchThrough, findRunThrough } from "#lib/github/dispatch.ts";
import { githubError } from "#lib/github/errors.ts";

const dispatch = {
  repository: "o/r",
  workflowFile: "step.yml",
  sourceCommit: "a".repeat(40),
  inputs: { dispatchNonce: "0x12" },
};
const search = { repository: "o/r", dispatchNonce: "0x12" } as const;

describe("the gateway's dispatch", () => {
  it("goes to the tag of the source commit, once", async () => {
    const refs: string[] = [];
    const run = dispatchThrough({
      dispatchWorkflow: async ({ ref }) => {
        refs.push(ref);
        return "77";
      },
    });
    expect(await run(dispatch)).toBe(77n);
    expect(refs).toEqual([`pawl/${"a".repeat(40)}`]);
  });

  it("is refused only when GitHub refused it; a lost answer stays unknown", async () => {
    const failing = (code: "GITHUB_REFUSED" | "RUN_ID_UNKNOWN") =>
      dispatchThrough({ dispatchWorkflow: () => Promise.reject(githubError(code, { status: 422 })) })(dispatch);
    await expect(failing("GITHUB_REFUSED")).rejects.toMatchObject({
      code: "DISPATCH_REFUSED",
      values: { status: 422 },
    });
    await expect(failing("RUN_ID_UNKNOWN")).rejects.toMatchObject({ code: "RUN_ID_UNKNOWN" });
  });
});

describe("looking up a dispatched run", () => {
  const lists = (shownAt: number) => {
    let looks = 0;
    const find = findRunThrough(
      { findRunByNonce: async () => (++looks >= shownAt ? ({ id: "77" } as never) : undefined) },
      async () => undefined,
    );
    return { find, looks: () => looks };
  };

  it("waits for GitHub's list to show it", async () => {
    const { find, looks } = lists(3);
    expect(await find(search)).toBe(77n);
    expect(looks()).toBe(3);
  });

  it("gives up in the end", async () => {
    expect(await lists(Number.POSITIVE_INFINITY).find(search)).toBeUndefined();
  });

  it("passes a failure of GitHub on, and never takes it for a refused dispatch", async () => {
    const find = findRunThrough({ findRunByNonce: () => Promise.reject(githubError("GITHUB_REFUSED")) });
    await expect(find(search)).rejects.toMatchObject({ code: "GITHUB_REFUSED" });
  });
});
