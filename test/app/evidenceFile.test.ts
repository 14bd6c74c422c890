import { describe, expect, it } from "vitest";
import { packArchive } from "#lib/state/archive.ts";
import { readEvidenceFile } from "../../app/_server/evidenceFile.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("an uploaded file", () => {
  it("is a bundle when it is a JSON object, after white space or a byte order mark", () => {
    for (const text of ["{}", " \r\n\t{}", "\ufeff{}", "\ufeff\n{}"]) {
      const { what, bytes: kept } = readEvidenceFile(bytes(text));
      expect(what).toBe("bundle");
      expect(JSON.parse(Buffer.from(kept).toString("utf8"))).toEqual({});
    }
  });

  it("is a capsule when it is an archive", async () => {
    const archive = await packArchive([{ name: "manifest.json", bytes: bytes("{}") }]);
    expect(readEvidenceFile(archive)).toEqual({ what: "capsule", bytes: archive });
  });

  it("is neither otherwise", () => {
    for (const text of ["", "hello", "[1]", "\ufeff", " ", "x".repeat(2000)]) {
      expect(readEvidenceFile(bytes(text)).what).toBe("neither");
    }
  });
});
