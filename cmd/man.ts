/** `hftz man`: the manual page, for the release archive. Not listed: a user reads `man hftz` or `--help`. */

import { commands } from "./commands.ts";
import { defineCommand } from "../core/cli/command.ts";
import { EXIT } from "../core/cli/exit.ts";
import { manualPage } from "../core/cli/manual.ts";
import { writeOut } from "../core/cli/output.ts";
import { version } from "../core/cli/version.ts";

export const man = defineCommand({
  name: "man",
  summary: "print the manual page",
  details: [],
  operands: [],
  flags: {},
  examples: [{ line: "hftz man | man -l -", about: "read it" }],
  async run() {
    const listed = await Promise.all(commands.filter((entry) => entry.hidden !== true).map((entry) => entry.load()));
    writeOut(manualPage(listed, version));
    return EXIT.done;
  },
});
