/**
 * The configuration file: TOML with one section per command, keys spelled like the flags. It is read from `--config` or from
 * the user's configuration directory, never from the current directory: a download folder must not change what hftz does.
 */

import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Command } from "./command.ts";
import { misuse } from "./failure.ts";
import { flagName } from "./flags.ts";
import { didYouMean } from "./suggest.ts";
import { codeOf, reasonOf } from "./unreadable.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One command's settings as texts, by flag key, and where they stand. */
export interface FileSettings {
  readonly path: string;
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/** `$XDG_CONFIG_HOME/hftz/config.toml`, else below `$HOME/.config`; relative directories do not count (XDG base directories). */
export function defaultConfigPath(env: Environment): string | undefined {
  const [xdg, home] = [env["XDG_CONFIG_HOME"], env["HOME"]];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "hftz", "config.toml");
  return home !== undefined && isAbsolute(home) ? join(home, ".config", "hftz", "config.toml") : undefined;
}

/**
 * Settings of `command` from the file at `path` or from the default place, which may be absent.
 * @throws Failure with exit code 2 that names the file and the key.
 */
export function readConfig(
  command: Command,
  commands: readonly string[],
  path: string | undefined,
  env: Environment,
): FileSettings {
  const place = path ?? defaultConfigPath(env);
  const source = place === undefined ? undefined : readSource(place, path !== undefined);
  if (place === undefined || source === undefined) return { path: "", texts: new Map() };
  const sections = parseToml(place, source);
  for (const name of Object.keys(sections)) {
    if (!commands.includes(name)) throw misuse(`${place}: there is no section [${name}]${didYouMean(name, commands)}`);
  }
  const section = sections[command.name] ?? {};
  if (!isTable(section)) throw misuse(`${place}: ${command.name} must be a section, [${command.name}]`);
  const keys = new Map(Object.keys(command.flags).map((key) => [flagName(key), key]));
  const texts = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(section)) {
    const key = keys.get(name);
    if (key === undefined)
      throw misuse(`${place}: [${command.name}] has no setting ${name}${didYouMean(name, keys.keys())}`);
    texts.set(key, textsOf(value, `${place}: ${name}`));
  }
  return { path: place, texts };
}

function readSource(path: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (!mustExist && ["ENOENT", "ENOTDIR"].includes(codeOf(cause))) return undefined;
    throw misuse(
      `cannot read the configuration file ${path}: ${reasonOf(cause)}`,
      mustExist
        ? undefined
        : "it lies where HOME or XDG_CONFIG_HOME points; --config FILE takes another, /dev/null none",
    );
  }
}

function parseToml(path: string, source: string): Readonly<Record<string, unknown>> {
  try {
    return Bun.TOML.parse(source) as Record<string, unknown>;
  } catch (cause) {
    throw misuse(`${path} is not TOML: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function textsOf(value: unknown, place: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, place));
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [String(value)];
  throw misuse(`${place} must be a text, a number, true, false or a list of these`);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
