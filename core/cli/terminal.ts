/** Whether a descriptor is a terminal and wants colour. `node:tty` alone answers without touching the stream objects. */

import { isatty } from "node:tty";

export function isTerminal(fd: number): boolean {
  return isatty(fd);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR (any non-empty value) wins, then FORCE_COLOR (non-empty and not 0), then whether `fd` is a capable terminal. */
export function wantsColor(fd: number, env: Environment = process.env): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"]) && env["FORCE_COLOR"] !== "0") return true;
  return isTerminal(fd) && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

export type Paint = (text: string) => string;

/** The few styles the command line uses; identity functions when colour is off. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly accent: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

const plain: Paint = (text) => text;
const style =
  (on: number, off: number): Paint =>
  (text) =>
    `\u001B[${on}m${text}\u001B[${off}m`;

export function palette(color: boolean): Palette {
  if (!color) return { bold: plain, dim: plain, accent: plain, good: plain, bad: plain };
  return { bold: style(1, 22), dim: style(2, 22), accent: style(36, 39), good: style(32, 39), bad: style(31, 39) };
}
