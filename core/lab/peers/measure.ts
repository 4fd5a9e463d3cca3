/** The peers of each suite that was run, measured beside ours. */

import { dirname } from "node:path";
import { EXIT } from "../../cli/exit.ts";
import { Failure, misuse } from "../../cli/failure.ts";
import { say } from "../../cli/notes.ts";
import type { LeftOut, PeerRow } from "../result.ts";
import { buildPeers } from "./build.ts";
import { findCheckout } from "./checkout.ts";
import { Runner } from "./runner.ts";
import { PEER_SUITES, type PeerSuite } from "./tools.ts";

export interface PeerFindings {
  readonly peers: readonly PeerRow[];
  readonly leftOut: readonly LeftOut[];
}

export interface PeerOutcome {
  readonly bySuite: ReadonlyMap<string, PeerFindings>;
  /** Ctrl-C came while they were at work: the suites that are missing were not compared. */
  readonly stopped: string | undefined;
}

/** Rounds and lengths that end within a minute or two. */
const LENGTHS: Readonly<Record<PeerSuite, readonly string[]>> = {
  clock: ["--rounds", "9", "--records", "2000000"],
  ring: ["--rounds", "9", "--items", "1000000", "--trips", "50000"],
  match: ["--rounds", "5"],
};

/** The suites with peers among those asked for, all when none is. @throws Failure when there is none. */
export function peerSuites(asked: readonly string[]): readonly PeerSuite[] {
  const all = Object.keys(PEER_SUITES) as PeerSuite[];
  const found = asked.length === 0 ? all : all.filter((suite) => asked.includes(suite));
  if (found.length === 0) throw misuse(`--peers: only ${all.join(", ")} have peers, and none of them is asked for`);
  return found;
}

/** The checkout that the binary lies in, else the one around the current directory. @throws Failure (3) when there is none. */
export function checkoutOfPeers(): string {
  const checkout = findCheckout([dirname(process.execPath), process.cwd()]);
  if (checkout === undefined)
    throw new Failure(
      "--peers needs a checkout of hftz: the peers are built from its bench/peers, not in this binary",
      {
        exit: EXIT.unavailable,
        hint: "run it in a checkout, or hftz bench without --peers",
      },
    );
  return checkout;
}

/** Builds the peers where that is needed and measures them. Who is left out is said in a line each. */
export async function measurePeers(
  checkout: string,
  suites: readonly PeerSuite[],
  quiet: boolean,
): Promise<PeerOutcome> {
  const bySuite = new Map<string, PeerFindings>();
  let stopped: string | undefined;
  try {
    await measureEach(checkout, suites, new Runner(quiet), bySuite);
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.exit !== EXIT.interrupted) throw cause;
    stopped = cause.message;
  }
  const absent = [...bySuite.values()].flatMap(({ leftOut }) => leftOut.map(({ peer, why }) => `${peer}: ${why}`));
  for (const line of new Set(absent)) say(`left out ${line}`);
  return { bySuite, stopped };
}

async function measureEach(
  checkout: string,
  suites: readonly PeerSuite[],
  runner: Runner,
  found: Map<string, PeerFindings>,
): Promise<void> {
  const { program, processes, leftOut } = await buildPeers(checkout, suites.includes("match"), runner);
  for (const suite of suites) {
    if (program === undefined) {
      found.set(suite, { peers: [], leftOut });
      continue;
    }
    runner.tell(`measuring the peers of ${suite}`);
    const more = suite === "match" ? ["--processes", JSON.stringify(processes)] : [];
    const out = await runner.ask([program, PEER_SUITES[suite], ...LENGTHS[suite], ...more], checkout);
    const findings = JSON.parse(out) as PeerFindings;
    found.set(suite, suite === "match" ? { ...findings, leftOut: [...leftOut, ...findings.leftOut] } : findings);
  }
}
