/** `hftz completions`: the script that a shell evaluates. */

import { commands } from "./commands.ts";
import { defineCommand } from "../core/cli/command.ts";
import { completionScript, SHELLS } from "../core/cli/completions.ts";
import { EXIT } from "../core/cli/exit.ts";
import { writeOut } from "../core/cli/output.ts";

export const completions = defineCommand({
  name: "completions",
  summary: "print the completion script of a shell",
  details: ["Prints to stdout; put the line of the example into the start-up file of your shell."],
  operands: [{ name: "SHELL", summary: SHELLS.join(", "), required: true, choices: SHELLS }],
  flags: {},
  examples: [
    { line: 'eval "$(hftz completions bash)"', about: "in ~/.bashrc" },
    { line: 'eval "$(hftz completions zsh)"', about: "in ~/.zshrc, after compinit" },
    { line: "hftz completions fish | source", about: "in ~/.config/fish/config.fish" },
  ],
  async run({ operands }) {
    const listed = await Promise.all(commands.filter((entry) => entry.hidden !== true).map((entry) => entry.load()));
    writeOut(
      completionScript(
        SHELLS.find((shell) => shell === operands[0])!,
        listed,
      ),
    );
    return EXIT.done;
  },
});
