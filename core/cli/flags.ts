/**
 * Flags as data. One record of them per command drives parsing, help, the environment, the configuration file,
 * completions, the man page and the configuration echoed by `--json`.
 */

import * as read from "./values.ts";

export interface Flag<T = unknown> {
  /** One line for help, without a full stop. */
  readonly summary: string;
  /** What stands for the value in help (`N`, `FILE`); empty for a toggle, which takes none. */
  readonly placeholder: string;
  /** Ends the sentence `"x" is not ...`. */
  readonly expects: string;
  /** The value, or undefined when the text is not accepted. */
  readonly read: (text: string) => unknown;
  /** Default as a user would type it; without one the value is undefined (false for a toggle, empty for a list). */
  readonly fallback?: string;
  readonly choices?: readonly string[];
  /** May be given more than once, or once with commas. */
  readonly repeats?: true;
  readonly completesFiles?: true;
  /** Heading in help. */
  readonly group?: string;
  /** Carries the type of the value; never present at run time. */
  readonly type?: T;
}

export type FlagRecord = Readonly<Record<string, Flag>>;

/** The values a record of flags reads to. */
export type ValuesOf<F extends FlagRecord> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

interface About {
  readonly summary: string;
  readonly group?: string;
}

type Make<T> = {
  (about: About & { readonly placeholder?: string; readonly fallback: string }): Flag<T>;
  (about: About & { readonly placeholder?: string }): Flag<T | undefined>;
};

function kind<T>(
  placeholder: string,
  expects: string,
  reader: (text: string) => T | undefined,
  more: Partial<Flag> = {},
): Make<T> {
  return ((about: About) => ({ placeholder, expects, read: reader, ...more, ...about })) as unknown as Make<T>;
}

export const count = kind("N", "a count such as 500, 200k or 5M", read.readCount);
export const rate = kind("RATE", "a rate per second such as 200k or 1M", read.readRate);
export const duration = kind("TIME", "a duration such as 10s, 100us or 1h30m", read.readDuration);
export const bytes = kind("SIZE", "a size such as 64MiB, 1500 or 2GB", read.readBytes);
export const clock = kind("CLOCK", "a time of day such as 10:30 or 09:30:00.000000001", read.readClock);
export const factor = kind("FACTOR", "a speed such as 1x, 10x or 0.5x", read.readFactor);
export const decimal = kind("NUMBER", "a number such as 10 or 0.5", read.readDecimal);
export const burst = kind(
  "FACTORx,TIME/EVERY",
  "a burst such as 10x,1ms/100ms: ten times the rate for 1 ms of every 100 ms",
  read.readBurst,
);
export const seed = kind("N", "a whole number below 2^64, decimal or 0x", read.readSeed);
export const file = kind("FILE", "a file name", nonEmpty, { completesFiles: true });
export const folder = kind("DIR", "a directory", nonEmpty, { completesFiles: true });
export const text = kind("TEXT", "a text", nonEmpty);
/** A file or something else that data goes to: `-`, a URL, a word of the command's own. */
export const place = kind("WHERE", "a file name", nonEmpty, { completesFiles: true });

/** A whole number between two bounds, both included. */
export function within(least: number, most: number): Make<number> {
  return kind("N", `a whole number from ${least} to ${most}`, (given) => {
    const value = read.readCount(given);
    return value !== undefined && value >= least && value <= most ? value : undefined;
  });
}

export function oneOf<const C extends readonly string[]>(choices: C): Make<C[number]> {
  const reader = (given: string) => choices.find((choice) => choice === given);
  return kind(choices.join("|"), `one of ${choices.join(", ")}`, reader, { choices });
}

/** Repeatable; each value may hold several, separated by commas. */
export function list(
  about: About & { readonly placeholder: string; readonly expects: string },
): Flag<readonly string[]> {
  return { ...about, read: nonEmpty, repeats: true };
}

/** Present or absent; `--no-NAME` says no over a configuration that says yes. */
export function toggle(about: About): Flag<boolean> {
  return { ...about, placeholder: "", expects: "yes or no (true, false, 1, 0)", read: read.readSwitch };
}

export function isToggle(flag: Flag): boolean {
  return flag.placeholder === "";
}

function nonEmpty(given: string): string | undefined {
  return given === "" ? undefined : given;
}

/** `onError` as typed on the command line and in the configuration file: `on-error`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `onError` of `replay` in the environment: `HFTZ_REPLAY_ON_ERROR`. */
export function variableName(command: string, key: string): string {
  return `HFTZ_${command}_${flagName(key)}`.replaceAll("-", "_").toUpperCase();
}
