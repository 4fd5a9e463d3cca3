import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, filesUnder } from "../../../core/build/stamp.mjs";

const folder = mkdtempSync(join(tmpdir(), "hftz-stamp-"));
const file = join(folder, "a.rs");
writeFileSync(file, "fn main() {}");
mkdirSync(join(folder, "target"));
writeFileSync(join(folder, "target", "b.rs"), "built");
afterAll(() => rmSync(folder, { recursive: true }));

test("a digest follows content, not time", () => {
  const before = digestOf([file]);
  utimesSync(file, 1, 1);
  expect(digestOf([file])).toBe(before);
  writeFileSync(file, "fn main() { }");
  expect(digestOf([file])).not.toBe(before);
});

test("words count, and cannot run into each other", () => {
  expect(digestOf([], ["ab", "c"])).not.toBe(digestOf([], ["a", "bc"]));
});

test("what was built is no source", () => {
  expect(filesUnder(folder)).toEqual([file]);
});
