/** What each peer needs on the machine, and the line that says what is missing. */

import type { LeftOut } from "../result.ts";

/** Suites of hftz that have peers, and what the program in bench/peers calls them. */
export const PEER_SUITES = { clock: "recording", ring: "ring", match: "match" } as const;

export type PeerSuite = keyof typeof PEER_SUITES;

interface Need {
  readonly peer: string;
  readonly suites: readonly PeerSuite[];
  readonly tools: readonly string[];
  readonly mend: string;
}

/** In the Rust program are all that is compiled, and the clock that times the others. */
export const PROGRAM: Need = {
  peer: "all peers",
  suites: ["clock", "ring", "match"],
  tools: ["cargo", "cc"],
  mend: "install Rust with rustup (https://rustup.rs) and a C compiler: apt-get install build-essential",
};

export const EXCHANGE_CORE: Need = {
  peer: "exchange-core",
  suites: ["match"],
  tools: ["java", "javac", "mvn"],
  mend: "install a JDK and Maven: apt-get install default-jdk-headless maven",
};

/** What keeps a peer from being measured; nothing when all is there. `has` looks for a program. */
export function lacking(need: Need, has: (tool: string) => boolean): LeftOut | undefined {
  const missing = need.tools.filter((tool) => !has(tool));
  return missing.length === 0 ? undefined : { peer: need.peer, why: `no ${missing.join(", no ")}; ${need.mend}` };
}
