/** A result being turned into lines: what a report knows is taken out and phrased, what is left is shown as it is. */

import { renderFacts, type SummaryStyle } from "./summary.ts";

export class Facts {
  readonly #left: Map<string, unknown>;
  readonly #lines: [string, string][] = [];

  constructor(result: Readonly<Record<string, unknown>>) {
    this.#left = new Map(Object.entries(result));
  }

  /** Removes and returns a value. */
  take(key: string): unknown {
    const value = this.#left.get(key);
    this.#left.delete(key);
    return value;
  }

  /** Adds a value that shows up with the rest. */
  put(key: string, value: unknown): void {
    this.#left.set(key, value);
  }

  /** Removes and returns a number; undefined when it is absent or something else. */
  number(key: string): number | undefined {
    const value = this.take(key);
    return typeof value === "number" ? value : undefined;
  }

  text(key: string): string | undefined {
    const value = this.take(key);
    return typeof value === "string" ? value : undefined;
  }

  /** Adds a line; parts that are undefined are left out, a line of none is no line. */
  line(label: string, ...parts: readonly (string | undefined)[]): void {
    const text = parts.filter((part) => part !== undefined).join(", ");
    if (text !== "") this.#lines.push([label, text]);
  }

  render(style: SummaryStyle): string {
    return this.#lines.length === 0 ? "" : renderFacts(this.#lines, style);
  }

  /** What nobody took. */
  rest(): Record<string, unknown> {
    return Object.fromEntries(this.#left);
  }
}

/** `value` through `show`, when there is one. */
export function phrase<T>(value: T | undefined, show: (value: T) => string): string | undefined {
  return value === undefined ? undefined : show(value);
}
