/** The manual page hftz(1), in man macros, from the same records as the help. */

import type { Command } from "./command.ts";
import { flagGroups, usageLine } from "./help.ts";

export function manualPage(commands: readonly Command[], version: string): string {
  const lines = [
    `.TH HFTZ 1 "" "hftz ${version}" "User Commands"`,
    ".SH NAME",
    "hftz \\- real market data in, order books out",
    ".SH SYNOPSIS",
    ...commands.map((command) => `.B ${escaped(usageLine(command))}\n.br`),
    ".SH DESCRIPTION",
    "hftz generates and reads exchange feeds and keeps full\\-depth order books of every symbol.",
    "Data and results go to standard output, everything else to standard error.",
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH EXIT STATUS",
    ...pairs([
      ["0", "done"],
      ["1", "the run failed"],
      ["2", "wrong usage"],
      ["3", "this machine cannot do it"],
      ["4", "a check found a difference"],
      ["130", "interrupted; what was done is reported"],
      ["141", "the reader of the output went away"],
    ]),
    ".SH ENVIRONMENT",
    ...pairs([
      [
        "HFTZ_COMMAND_OPTION",
        "any option of a command, for example HFTZ_REPLAY_ON_ERROR=skip; weaker than the option, stronger than the configuration file",
      ],
      [
        "HFTZ_ISA",
        "v2 or v3: which build of the matching engine runs, x86-64-v2 or -v3; else the best that the processor has",
      ],
      ["NO_COLOR, FORCE_COLOR", "no colour ever; colour also in pipes"],
      ["TMPDIR", "where the native library is unpacked; must be writable and not mounted noexec"],
    ]),
    ".SH FILES",
    ...pairs([
      ["$XDG_CONFIG_HOME/hftz/config.toml", "settings, one section per command, keys spelled like the options"],
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function section(command: Command): string[] {
  const lines = [`.SS ${escaped(`${usageLine(command)}`)}`, escaped(`${command.summary}.`)];
  for (const paragraph of command.details) lines.push(".PP", escaped(paragraph));
  lines.push(...pairs(command.operands.map(({ name, summary }) => [name, summary])));
  for (const [, rows] of flagGroups(command)) lines.push(...pairs(rows));
  if (command.examples.length > 0) {
    lines.push(".PP", "Examples:", ".PP", ".EX", ...command.examples.map(({ line }) => `  ${escaped(line)}`), ".EE");
  }
  return lines;
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([name, text]) => [".TP", `.B ${escaped(name)}`, escaped(text)]);
}

/** A line that begins with a dot or a quote would be a macro; a hyphen that is typed must stay a hyphen-minus. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1");
}
