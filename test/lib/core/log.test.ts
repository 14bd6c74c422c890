import { expect, it } from "vitest";
import { createLog } from "#lib/core/log.ts";

it("writes JSON lines without what could be a secret, however deep it lies", () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  log.info(
    { token: "s1", request: { authorization: "s2", body: { secret: "s3" } }, key: "s4", mac: "s5", path: "/v1" },
    "said",
  );
  log.debug("not at this level");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ msg: "said", path: "/v1", token: "[removed]" });
  for (const secret of ["s1", "s2", "s3", "s4", "s5"]) expect(lines.join()).not.toContain(`"${secret}"`);
});
