/** What crossing from TypeScript into native code costs: a call that takes nothing and does nothing, beside the loop alone. */

import { library } from "../../ffi/library.ts";
import type { Figure, Suites } from "./result.ts";

const ROUNDS = 7;
const CALLS = 200_000;

/** The clock suite with the one cost that native code cannot measure. */
export function withFfiCall(suites: Suites): Suites {
  const { clock } = suites;
  if (clock === undefined) return suites;
  return { ...suites, clock: { ...clock, figures: { ...clock.figures, ...measureFfiCall() } } };
}

/** Wall time a call in paired rounds, the first of which warms up; some milliseconds. */
function measureFfiCall(): Readonly<Record<string, Figure>> {
  const call = library().symbols.hftz_abi_version;
  const expected = call();
  const [through, loop]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const crossing = timed(call, expected);
    const alone = timed(() => expected, expected);
    if (round === 0) continue;
    through.push(crossing);
    loop.push(alone);
  }
  return { "FFI call": figureOf(through), "FFI call, the loop alone": figureOf(loop) };
}

/** Nanoseconds a call; the answers are summed, so that no call can be left out. */
function timed(call: () => number, expected: number): number {
  let sum = 0;
  const start = Bun.nanoseconds();
  for (let index = 0; index < CALLS; index++) sum += call();
  const elapsedNs = Bun.nanoseconds() - start;
  if (sum !== expected * CALLS) throw new Error("the native side changed its answer");
  return elapsedNs / CALLS;
}

function figureOf(samples: readonly number[]): Figure {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    unit: "ns, wall",
    median: sorted[sorted.length >> 1]!,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    rounds: samples.length,
    samples,
  };
}
