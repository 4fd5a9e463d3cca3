/** Repeated measurements of whole commands, in rounds, so that what is compared was measured under the same weather. */

/** One figure over all rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** Wall time of a shell line in nanoseconds, and what it printed. @throws when it fails. */
export async function timeShell(line: string): Promise<{ readonly ns: number; readonly stdout: string }> {
  const started = Bun.nanoseconds();
  const child = Bun.spawn(["sh", "-c", line], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const ns = Bun.nanoseconds() - started;
  if (status !== 0) throw new Error(`\`${line}\` ended with ${status}: ${stderr.trim()}`);
  return { ns, stdout };
}

/**
 * Times every line once a round: A B C, A B C, ... The first round warms up and is not counted. `before` comes before each line
 * and outside its time.
 */
export async function timeRounds(
  lines: Readonly<Record<string, string>>,
  rounds: number,
  before: () => void = () => {},
): Promise<Readonly<Record<string, readonly number[]>>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(lines).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, line] of Object.entries(lines)) {
      before();
      const { ns } = await timeShell(line);
      if (round > 0) times[name]!.push(ns);
    }
  }
  return times;
}

/** a[i] / b[i], round by round. */
export function ratios(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((value, round) => value / b[round]!);
}
