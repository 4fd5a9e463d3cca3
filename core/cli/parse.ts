/** The strict reading of one command's arguments: what is not understood is an error with the nearest right spelling. */

import { parseArgs } from "node:util";
import type { Command } from "./command.ts";
import { misuse } from "./failure.ts";
import { flagName, isToggle } from "./flags.ts";
import { didYouMean } from "./suggest.ts";

/** Values as typed, by flag key; `true` and `false` for toggles. */
export interface Parsed {
  readonly given: ReadonlyMap<string, readonly (string | boolean)[]>;
  readonly operands: readonly string[];
  readonly configPath: string | undefined;
}

const CONFIG = "config";

export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** @throws Failure with exit code 2. */
export function parseArguments(command: Command, args: readonly string[]): Parsed {
  const keys = new Map(Object.keys(command.flags).map((key) => [flagName(key), key]));
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean }> = { [CONFIG]: { type: "string" } };
  for (const [name, key] of keys)
    options[name] = { type: isToggle(command.flags[key]!) ? "boolean" : "string", multiple: true };

  checkNames(command, args, options);
  let parsed;
  try {
    parsed = parseArgs({
      args: withNumbersAttached(args, options),
      options,
      strict: true,
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
    });
  } catch (cause) {
    throw misuse(reword(cause), seeHelp(command));
  }

  const given = new Map<string, (string | boolean)[]>();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    const key = keys.get(token.name) ?? CONFIG;
    const values = given.get(key) ?? [];
    if (values.length > 0 && command.flags[key]?.repeats !== true)
      throw misuse(`--${token.name} is given twice`, seeHelp(command));
    given.set(key, [...values, token.value ?? !token.rawName.startsWith("--no-")]);
  }
  checkOperands(command, parsed.positionals);
  const configPath = given.get(CONFIG)?.[0];
  given.delete(CONFIG);
  return { given, operands: parsed.positionals, configPath: typeof configPath === "string" ? configPath : undefined };
}

export function seeHelp(command: Command): string {
  return `hftz ${command.name} --help lists every option`;
}

type Options = Readonly<Record<string, { readonly type: string }>>;

/** `--count -1` as `--count=-1`: `parseArgs` takes a dash for the next option, where the value's own reader has more to say. */
function withNumbersAttached(args: readonly string[], options: Options): string[] {
  const words: string[] = [];
  for (const [index, word] of args.entries()) {
    if (word === "--") return [...words, ...args.slice(index)];
    const before = words.at(-1) ?? "";
    const takesValue = before.startsWith("--") && options[before.slice(2)]?.type === "string";
    if (takesValue && /^-[.\d]/.test(word)) words[words.length - 1] = `${before}=${word}`;
    else words.push(word);
  }
  return words;
}

/** `parseArgs` stops at an unknown flag without a suggestion, so names are checked before it. */
function checkNames(command: Command, args: readonly string[], options: Options): void {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") return;
    if (!word.startsWith("-") || word === "-") continue;
    const name = /^--?([^=]*)/.exec(word)![1]!;
    const option = word.startsWith("--") ? options[name] : undefined;
    const negated = word.startsWith("--no-") ? options[name.slice(3)] : undefined;
    if (option === undefined && negated?.type !== "boolean") {
      const guess = didYouMean(
        name,
        [...Object.keys(options), "help"].filter((known) => known.length > 1),
      ).replace(/mean /, "mean --");
      throw misuse(`hftz ${command.name} has no option ${/^--?[^=]*/.exec(word)![0]}${guess}`, seeHelp(command));
    }
    if (option?.type === "string" && !word.includes("=")) i++;
  }
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const missing = command.operands.filter((operand) => operand.required)[operands.length];
  if (missing !== undefined) throw misuse(`${missing.name} is missing: ${missing.summary}`, seeHelp(command));
  const last = command.operands.at(-1);
  const extra = operands[command.operands.length];
  if (extra !== undefined && last?.repeats !== true)
    throw misuse(`"${extra}" is one argument too many`, seeHelp(command));
  for (const [index, operand] of operands.entries()) {
    const { name, choices } = (command.operands[index] ?? last)!;
    if (operand === "") throw misuse(`${name} is empty`, seeHelp(command));
    if (choices !== undefined && !choices.includes(operand)) {
      throw misuse(
        `${name} "${operand}" is not one of ${choices.join(", ")}${didYouMean(operand, choices)}`,
        seeHelp(command),
      );
    }
  }
}

function reword(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const name = /'(--[\w-]+)/.exec(message)?.[1] ?? "an option";
  if (/argument missing|ambiguous/.test(message)) return `${name} needs a value`;
  if (/does not take an argument/.test(message)) return `${name} takes no value`;
  return message.split(". ")[0]!;
}
