import { describe, expect, it } from "vitest";
import { parseWorkflowPin, workflowPath } from "#lib/offers/workflowPin.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

describe("a workflow pin", () => {
  it("names owner, repository, file and commit", () => {
    const pin = parseWorkflowPin(`pawl/pawl/.github/workflows/pawl-step.yml@${commit}`);
    expect(pin).toEqual({ owner: "pawl", repository: "pawl", file: "pawl-step.yml", commit });
    expect(workflowPath(pin)).toBe("pawl/pawl/.github/workflows/pawl-step.yml");
  });

  for (const [why, text] of [
    ["a branch", "a/b/.github/workflows/x.yml@main"],
    ["a tag", "a/b/.github/workflows/x.yml@v1"],
    ["a short commit", "a/b/.github/workflows/x.yml@0123456"],
    ["an upper-case commit", `a/b/.github/workflows/x.yml@${commit.toUpperCase()}`],
    ["no commit", "a/b/.github/workflows/x.yml"],
    ["another folder", `a/b/workflows/x.yml@${commit}`],
    ["a nested file", `a/b/.github/workflows/sub/x.yml@${commit}`],
    ["a parent segment", `a/../.github/workflows/x.yml@${commit}`],
    ["a trailing newline", `a/b/.github/workflows/x.yml@${commit}\n`],
    ["two commits", `a/b/.github/workflows/x.yml@${commit}@${commit}`],
    ["a look-alike letter", `а/b/.github/workflows/x.yml@${commit}`],
    ["nothing", ""],
  ] as const) {
    it(`refuses ${why}`, () => {
      expect(() => parseWorkflowPin(text)).toThrowError(
        expect.objectContaining({ code: "WORKFLOW_REF_UNPINNED", values: { workflow: text } }),
      );
    });
  }
});
