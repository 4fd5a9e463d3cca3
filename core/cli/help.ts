/** Help texts, from the same records that drive parsing. */

import type { Command, Entry } from "./command.ts";
import { type Flag, flagName, isToggle, variableName } from "./flags.ts";
import type { Palette } from "./terminal.ts";
import { ORDINARY_WIDTH, wrap } from "./wrap.ts";

/** A name that is longer has a line of its own. */
const NAME_WIDTH = 24;

export function rootHelp(entries: readonly Entry[], paint: Palette): string {
  const listed = entries.filter((entry) => entry.hidden !== true);
  return [
    `${paint.bold("hftz")} - real market data in, order books out`,
    "",
    `${paint.bold("Usage:")} hftz COMMAND [options]`,
    "",
    paint.bold("Commands"),
    ...columns(
      listed.map((entry) => [entry.name, entry.summary]),
      paint,
    ),
    "",
    paint.bold("Options"),
    ...columns(
      [
        ["-h, --help", "this text, or a command's own: hftz COMMAND --help"],
        ["-V, --version", "version, commit, Bun and ABI"],
      ],
      paint,
    ),
    "",
    paint.bold("Exit codes"),
    "  0 done, 1 the run failed, 2 wrong usage, 3 this machine cannot do it,",
    "  4 a check failed, 130 interrupted, 141 the reader of the output went away",
    "",
  ].join("\n");
}

export function commandHelp(command: Command, paint: Palette): string {
  const lines = [...titleLines(command, paint), "", `${paint.bold("Usage:")} ${usageLine(command)}`];
  for (const paragraph of command.details) lines.push("", ...wrap(paragraph, ORDINARY_WIDTH));
  if (command.operands.length > 0) {
    lines.push("", paint.bold("Arguments"));
    lines.push(
      ...columns(
        command.operands.map((operand) => [operand.name, operand.summary]),
        paint,
      ),
    );
  }
  for (const [group, rows] of flagGroups(command)) lines.push("", paint.bold(group), ...columns(rows, paint));
  const [anyFlag] = Object.keys(command.flags);
  if (anyFlag !== undefined) lines.push("", ...wrap(settingsText(command.name, anyFlag), ORDINARY_WIDTH));
  if (command.examples.length > 0) {
    lines.push("", paint.bold("Examples"));
    for (const { line, about } of command.examples) lines.push(`  ${paint.dim(`# ${about}`)}`, `  ${line}`);
  }
  return `${lines.join("\n")}\n`;
}

function titleLines({ name, summary }: Command, paint: Palette): string[] {
  const title = `hftz ${name}`;
  const [first = "", ...rest] = wrap(`${title} - ${summary}`, ORDINARY_WIDTH);
  return [paint.bold(title) + first.slice(title.length), ...rest];
}

function settingsText(command: string, anyFlag: string): string {
  const variable = variableName(command, anyFlag);
  return `Every option except --config is also a setting ${variable} style in the environment and a key of [${command}] in the configuration file; an option beats the environment, the environment beats the file.`;
}

export function usageLine(command: Command): string {
  const operands = command.operands.map(({ name, required, repeats }) => {
    const shown = repeats === true ? `${name}...` : name;
    return required ? shown : `[${shown}]`;
  });
  return ["hftz", command.name, "[options]", ...operands].join(" ");
}

/** Rows of name and text under their headings, in the order in which the headings first appear. */
export function flagGroups(command: Command): Map<string, [string, string][]> {
  const groups = new Map<string, [string, string][]>();
  for (const [key, flag] of Object.entries(command.flags)) {
    const group = flag.group ?? "Options";
    groups.set(group, [...(groups.get(group) ?? []), [flagSyntax(key, flag), flagText(flag)]]);
  }
  const common = groups.get("Common") ?? [];
  groups.delete("Common");
  common.push(
    ["--config FILE", "settings from this file instead of $XDG_CONFIG_HOME/hftz/config.toml"],
    ["-h, --help", "this text"],
  );
  return groups.set("Common", common);
}

export function flagSyntax(key: string, flag: Flag): string {
  return isToggle(flag) ? `--${flagName(key)}` : `--${flagName(key)} ${flag.placeholder}`;
}

export function flagText(flag: Flag): string {
  const notes = [];
  if (flag.repeats === true) notes.push("repeatable");
  if (flag.fallback !== undefined) notes.push(`default ${flag.fallback}`);
  return notes.length === 0 ? flag.summary : `${flag.summary} (${notes.join(", ")})`;
}

function columns(rows: readonly (readonly [string, string])[], paint: Palette): string[] {
  const wide = Math.max(0, ...rows.map(([name]) => name.length).filter((length) => length <= NAME_WIDTH));
  return rows.flatMap(([name, text]) => {
    const [first = "", ...rest] = wrap(text, ORDINARY_WIDTH - wide - 4);
    const indent = " ".repeat(wide + 4);
    const head =
      name.length > wide
        ? [`  ${paint.accent(name)}`, `${indent}${first}`]
        : [`  ${paint.accent(name)}${" ".repeat(wide - name.length)}  ${first}`];
    return [...head, ...rest.map((line) => indent + line)];
  });
}
