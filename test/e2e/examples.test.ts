/** What the help and the README show works when it is pasted. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../cmd/commands.ts";
import { untilBound } from "../support/network.ts";
import { hftz, inTemporaryDirectory, root, shell } from "../support/product.ts";

/** Those of completions are evaluated by the shells themselves, in their own test. */
const NAMES = commands.filter(({ name, hidden }) => hidden !== true && name !== "completions").map(({ name }) => name);

/** Each line as it is pasted, one after the other. */
async function allWork(lines: readonly string[], cwd: string): Promise<void> {
  for (const line of lines) {
    const { status, err } = await shell(line, { cwd });
    // head leaves early on purpose.
    const shown = line.includes("| head") && status === 141 ? 0 : status;
    expect({ line, status: shown, err: status === 0 ? "" : err }).toEqual({ line, status: 0, err: "" });
  }
}

/** Commands of the README's block behind these words. */
function pasted(words: string): string[] {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const block = readme.slice(readme.indexOf(words)).split("```")[1]!;
  return block.split("\n").filter((line) => /^(hftz|gzip)/.test(line));
}

test.each(NAMES)(
  "every example of hftz %s --help works, in order, in an empty directory",
  async (name) => {
    const command = await commands.find((entry) => entry.name === name)!.load();
    const { out: help } = await hftz([name, "--help"]);
    const lines = command.examples.map(({ line }) => line);
    for (const line of lines) expect(help).toContain(line);
    await inTemporaryDirectory((cwd) => allWork(lines, cwd));
  },
  120_000,
);

test.each([
  ["## Six examples", 6],
  ["An exchange that survives", 3],
])(
  "what the README shows below %p works when pasted",
  async (words, count) => {
    const lines = pasted(words);
    expect(lines).toHaveLength(count);
    await inTemporaryDirectory((cwd) => allWork(lines, cwd));
  },
  120_000,
);

test("the two lines of the README for two terminals find each other", async () => {
  const [receiver, sender] = pasted("in two terminals:");
  const received = shell(receiver!);
  await untilBound(Number(/:(\d+)\?/.exec(receiver!)![1]));
  expect((await shell(sender!)).status).toBe(0);
  const { status, out } = await received;
  expect(status).toBe(0);
  expect(out.split("\n").length).toBeGreaterThan(1000);
}, 60_000);
