/** What the help and the README show works when it is pasted. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../cmd/commands.ts";
import { untilBound } from "../support/network.ts";
import { hftz, inTemporaryDirectory, root, shell } from "../support/product.ts";

/** Those of completions are evaluated by the shells themselves, in their own test. */
const NAMES = commands.filter(({ name, hidden }) => hidden !== true && name !== "completions").map(({ name }) => name);

test.each(NAMES)(
  "every example of hftz %s --help works, in order, in an empty directory",
  async (name) => {
    const command = await commands.find((entry) => entry.name === name)!.load();
    const { out: help } = await hftz([name, "--help"]);
    await inTemporaryDirectory(async (cwd) => {
      for (const { line } of command.examples) {
        expect(help).toContain(line);
        const { status, err } = await shell(line, { cwd });
        // head leaves early on purpose.
        expect({
          line,
          status: line.includes("| head") && status === 141 ? 0 : status,
          err: status === 0 ? "" : err,
        }).toEqual({
          line,
          status: 0,
          err: "",
        });
      }
    });
  },
  120_000,
);

test("the six examples of the README work when pasted", async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const block = /## Six examples\n\n```sh\n([\s\S]*?)```/.exec(readme)![1]!;
  const lines = block.split("\n").filter((line) => line.startsWith("hftz") || line.startsWith("gzip"));
  expect(lines).toHaveLength(6);
  await inTemporaryDirectory(async (cwd) => {
    for (const line of lines) {
      const { status, err } = await shell(line, { cwd });
      expect({
        line,
        status: line.includes("| head") && status === 141 ? 0 : status,
        err: status === 0 ? "" : err,
      }).toEqual({
        line,
        status: 0,
        err: "",
      });
    }
  });
}, 120_000);

test("the two lines of the README for two terminals find each other", async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const block = /in two terminals:\n\n```sh\n([\s\S]*?)```/.exec(readme)![1]!;
  const [receiver, sender] = block.trimEnd().split("\n");
  const received = shell(receiver!);
  await untilBound(Number(/:(\d+)\?/.exec(receiver!)![1]));
  expect((await shell(sender!)).status).toBe(0);
  const { status, out } = await received;
  expect(status).toBe(0);
  expect(out.split("\n").length).toBeGreaterThan(1000);
}, 60_000);
