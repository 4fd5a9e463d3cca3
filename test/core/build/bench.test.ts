/** What the documents say how to measure must be there to be run. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findSuites } from "../../../core/build/bench.mjs";
import { root } from "../../support/product.ts";

const DOCUMENTS = ["README.md", "CHANGELOG.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];

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
