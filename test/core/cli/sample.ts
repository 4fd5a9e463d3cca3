/** A command with one flag of each kind, for the tests of the flag layer. */

import { defineCommand, type Invocation, runFlags } from "../../../core/cli/command.ts";
import * as flag from "../../../core/cli/flags.ts";

export const flags = {
  count: flag.count({ summary: "how many", fallback: "10" }),
  rate: flag.rate({ summary: "how fast" }),
  onError: flag.oneOf(["stop", "skip", "count"])({ summary: "what an error does" }),
  symbol: flag.list({ placeholder: "NAME", expects: "a symbol", summary: "only these" }),
  depth: flag.within(1, 100)({ summary: "levels" }),
  hash: flag.toggle({ summary: "print a hash" }),
  verify: flag.file({ summary: "compare with it" }),
  ...runFlags,
} as const;

export const sample = defineCommand({
  name: "replay",
  summary: "a command to test with",
  details: ["One paragraph."],
  operands: [
    { name: "INPUT", summary: "what to read", required: true },
    { name: "SECOND", summary: "what to read next", required: false, choices: ["one", "two"] },
  ],
  flags,
  examples: [{ line: "hftz replay x", about: "try it" }],
  run: async () => 0,
});

export const names = ["replay", "feedgen"];

export type SampleValues = Invocation<typeof flags>["values"];
