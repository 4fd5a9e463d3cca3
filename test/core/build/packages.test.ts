/** Set-up installs into a folder of its own. */

import { afterAll, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownFolder } from "../../../core/build/packages.mjs";

const folder = mkdtempSync(join(tmpdir(), "hftz-packages-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a link to packages of another checkout is let go, and those stay", () => {
  const [theirs, ours] = [join(folder, "theirs"), join(folder, "ours")];
  mkdirSync(theirs);
  writeFileSync(join(theirs, "package"), "");
  symlinkSync(theirs, ours);
  ownFolder(ours);
  expect(lstatSync(ours, { throwIfNoEntry: false })).toBeUndefined();
  expect(existsSync(join(theirs, "package"))).toBe(true);
});

test("a folder that is one's own stays, and one that is not there yet is nothing to say about", () => {
  const own = join(folder, "own");
  mkdirSync(own);
  ownFolder(own);
  ownFolder(join(folder, "absent"));
  expect([existsSync(own), existsSync(join(folder, "absent"))]).toEqual([true, false]);
});
