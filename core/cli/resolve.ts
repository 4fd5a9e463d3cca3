/** From four sources to typed values: flag before environment before configuration file before default. */

import type { Command, Invocation } from "./command.ts";
import { type Environment, readConfig } from "./config.ts";
import { misuse } from "./failure.ts";
import { type Flag, flagName, isToggle, variableName } from "./flags.ts";
import { parseArguments, seeHelp } from "./parse.ts";
import { didYouMean, nearest } from "./suggest.ts";
import { readSwitch } from "./values.ts";

interface Source {
  /** How an error names the place: `--depth`, `HFTZ_REPLAY_DEPTH`, `depth in /home/me/.config/hftz/config.toml`. */
  readonly place: string;
  readonly texts: readonly (string | boolean)[];
}

/** @throws Failure with exit code 2. */
export function resolveInvocation(
  command: Command,
  args: readonly string[],
  commands: readonly string[],
  env: Environment,
): Invocation {
  const parsed = parseArguments(command, args);
  const file = readConfig(command, commands, parsed.configPath, env);
  checkVariables(command, commands, env);
  const values: Record<string, unknown> = {};
  const settings: Record<string, unknown> = {};
  for (const [key, flag] of Object.entries(command.flags)) {
    const source = pick(
      { place: `--${flagName(key)}`, texts: parsed.given.get(key) },
      { place: variableName(command.name, key), texts: variable(command, key, env) },
      { place: `${flagName(key)} in ${file.path}`, texts: file.texts.get(key) },
      { place: `the default of --${flagName(key)}`, texts: flag.fallback === undefined ? undefined : [flag.fallback] },
    );
    values[key] = source === undefined ? absent(flag) : valueOf(flag, source, command);
    if (source !== undefined) settings[flagName(key)] = values[key];
  }
  return { values, operands: parsed.operands, typed: new Set(parsed.given.keys()), settings };
}

function pick(
  ...sources: readonly { readonly place: string; readonly texts: readonly (string | boolean)[] | undefined }[]
): Source | undefined {
  return sources.find((source): source is Source => source.texts !== undefined);
}

/** An empty variable counts as not set, as everywhere in a shell. */
function variable(command: Command, key: string, env: Environment): readonly string[] | undefined {
  const text = env[variableName(command.name, key)];
  return text === undefined || text === "" ? undefined : [text];
}

function absent(flag: Flag): unknown {
  if (flag.repeats === true) return [];
  return isToggle(flag) ? false : undefined;
}

function valueOf(flag: Flag, source: Source, command: Command): unknown {
  if (flag.repeats === true) {
    return source.texts
      .flatMap((text) => String(text).split(","))
      .map((text) => single(flag, text, source.place, command));
  }
  if (source.texts.length !== 1)
    throw misuse(`${source.place} takes one value, not ${source.texts.length}`, seeHelp(command));
  return single(flag, source.texts[0]!, source.place, command);
}

function single(flag: Flag, given: string | boolean, place: string, command: Command): unknown {
  if (typeof given === "boolean") return given;
  const value = isToggle(flag) ? readSwitch(given) : flag.read(given);
  if (value !== undefined) return value;
  throw misuse(`${place}: "${given}" is not ${flag.expects}${didYouMean(given, flag.choices ?? [])}`, seeHelp(command));
}

/** First words of the variables that tests, fuzzing, builds and the library of hftz itself read; they are nobody's settings. */
const NOT_SETTINGS = new Set(["DATA", "LONG", "FUZZ", "QEMU", "JOURNAL", "RING", "COMMIT", "VERSION", "ISA"]);

/** A mistyped variable would otherwise be ignored without a word. */
function checkVariables(command: Command, commands: readonly string[], env: Environment): void {
  const prefix = variableName(command.name, "");
  const known = Object.keys(command.flags).map((key) => variableName(command.name, key));
  /** As variables spell them: `BOOT_KERNEL`. */
  const owners = commands.map((each) => variableName(each, "").slice("HFTZ_".length, -1));
  for (const name of Object.keys(env)) {
    const [, word, rest] = /^HFTZ_([^_]*)(.*)$/s.exec(name) ?? [];
    if (word === undefined || rest === undefined || NOT_SETTINGS.has(word)) continue;
    if (!owners.some((owner) => name.startsWith(`HFTZ_${owner}_`))) {
      const bare = known.find((each) => each === `${prefix}${word}${rest}`);
      const owner = nearest(word, owners);
      const meant = bare ?? (owner === undefined ? undefined : `HFTZ_${owner}${rest}`);
      const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
      throw misuse(`the environment variable ${name} is no setting of any command${guess}`);
    }
    if (name.startsWith(prefix) && !known.includes(name))
      throw misuse(`the environment variable ${name} is no setting of hftz ${command.name}${didYouMean(name, known)}`);
  }
}
