/** What the documents say how to measure must be there to be run. */

import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSuites, runEach } from "../../../core/build/bench.mjs";
import { root } from "../../support/product.ts";

const DOCUMENTS = ["README.md", "CHANGELOG.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];

const folder = mkdtempSync(join(tmpdir(), "hftz-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Suites that are lines of a shell, run in the test's own folder. */
function planned(...lines: readonly string[]) {
  return new Map(lines.map((line) => [line, { line: ["sh", "-c", line], cwd: folder }]));
}

test("every benchmark that a document names is one that runs", () => {
  const suites = new Set<string>(findSuites().keys());
  for (const document of DOCUMENTS.filter((name) => name.endsWith(".md"))) {
    const text = readFileSync(join(root, document), "utf8");
    for (const [, names] of text.matchAll(/npm run bench --((?: [a-z]+)+)/g)) {
      for (const name of names!.trim().split(" "))
        expect([document, name, suites.has(name)]).toEqual([document, name, true]);
    }
  }
});

test("a suite is found however its entry is broken into lines", () => {
  const listed = readFileSync(join(root, "bench/suites/src/main.rs"), "utf8").match(/const SUITES[^;]*;/)![0];
  const entries = [...listed.matchAll(/^ {4}\($|^ {4}\("/gm)].length;
  const files = readdirSync(join(root, "bench")).filter((name) => name.endsWith(".ts") && name !== "sample.ts").length;
  expect(findSuites().size).toBe(entries + files);
});

test("what one benchmark lacks keeps none of the others from running", async () => {
  const suites = runEach(planned("exit 3", "touch ran"), ["--json"]);
  expect([await suites, existsSync(join(folder, "ran"))]).toEqual([3, true]);
});

test("Ctrl-C ends the benchmark that runs and those that would come", async () => {
  const suites = runEach(planned("kill -INT $$", "touch came"), []);
  expect([await suites, existsSync(join(folder, "came"))]).toEqual([130, false]);
});

test("the benchmark of the kernel says in words that there is no QEMU", () => {
  const child = Bun.spawnSync([process.execPath, join(root, "bench/boot.ts")], { env: { PATH: "/nonexistent" } });
  expect({ status: child.exitCode, out: child.stdout.toString() }).toEqual({ status: 3, out: "" });
  expect(child.stderr.toString()).toMatch(/^hftz: qemu-system-x86_64 is not installed\nhint: .*\n$/);
});
