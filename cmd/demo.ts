/** `hftz demo`: the main job on the embedded default, and what `npm start` runs. */

import { defineCommand, runFlags } from "../core/cli/command.ts";
import * as flag from "../core/cli/flags.ts";
import { renderDemo } from "../core/report/demo.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

const flags = {
  count: flag.count({ summary: "messages of the feed", fallback: "2M", group: "Flow" }),
  symbols: flag.within(1, 65_535)({ summary: "number of symbols", fallback: "8", group: "Flow" }),
  seed: flag.seed({ summary: "same seed, same books", fallback: "1", group: "Flow" }),
  ...runFlags,
} as const;

export const demo = defineCommand({
  name: "demo",
  summary: "the whole loop at once: flow, matching, feed, rebuilt books, compared",
  details: [
    "Generated order flow goes through the matching engine, the engine's events become an ITCH 5.0 feed, books are rebuilt from that feed alone, and both sides are compared. Needs nothing: no file, no network, no privileges. Exit code 4 when a rebuilt book differs.",
  ],
  operands: [],
  flags,
  examples: [
    { line: "hftz demo", about: "two million messages, eight symbols" },
    { line: "hftz demo --count 5M --symbols 100 --seed 7", about: "a larger day" },
  ],
  async run({ values, settings }) {
    const how = {
      command: "demo",
      settings,
      json: values.json,
      quiet: values.quiet,
      dataOnStdout: false,
      render: renderDemo,
    };
    const config = { run: "demo", count: values.count, symbols: values.symbols, seed: values.seed };
    return presentOutcome(await driveRun(config, progressFor(how)), how);
  },
});
