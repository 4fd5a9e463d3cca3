/** Builds the peers in a checkout: the Rust program, exchange-core with Maven, nodejs-order-book with Bun itself. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LeftOut } from "../result.ts";
import { EXCHANGE_CORE, lacking, PROGRAM } from "./tools.ts";

/** A peer in a process of its own, as the Rust program wants it. */
export interface PeerProcess {
  readonly name: string;
  readonly note: string;
  /** Whether it can change an order's price and quantity. */
  readonly modifies: boolean;
  readonly command: readonly string[];
}

/** What building needs of the runner. */
export interface Builder {
  readonly has: (tool: string) => boolean;
  tell(line: string): void;
  run(command: readonly string[], cwd: string): Promise<string | undefined>;
}

export interface Built {
  /** The Rust program; nothing when it cannot be built, and then nothing else is. */
  readonly program: string | undefined;
  readonly processes: readonly PeerProcess[];
  readonly leftOut: readonly LeftOut[];
}

/** `matching`: whether the peers of the match suite are wanted. */
export async function buildPeers(checkout: string, matching: boolean, runner: Builder): Promise<Built> {
  const peers = join(checkout, "bench/peers");
  const nobody = (why: LeftOut): Built => ({ program: undefined, processes: [], leftOut: [why] });
  const lacks = lacking(PROGRAM, runner.has);
  if (lacks !== undefined) return nobody(lacks);
  runner.tell(`building the peers in ${peers} (minutes when it is the first time)`);
  const cargo = ["cargo", "build", "--release", "--locked", "--manifest-path", join(peers, "Cargo.toml")];
  // Inside ffi/, whose .cargo/config.toml sets the flags of the product: what is measured is what is shipped.
  const failed = await runner.run([...cargo, "--target-dir", join(peers, "target")], join(checkout, "ffi"));
  if (failed !== undefined) return nobody({ peer: PROGRAM.peer, why: `they do not build: ${failed}` });
  const program = join(peers, "target/release/hftz-peers");
  if (!matching) return { program, processes: [], leftOut: [] };
  const found = [
    await buildExchangeCore(join(peers, "java"), runner),
    await buildNodeBook(join(peers, "node"), runner),
  ];
  return {
    program,
    processes: found.filter((each): each is PeerProcess => "command" in each),
    leftOut: found.filter((each): each is LeftOut => "why" in each),
  };
}

async function buildExchangeCore(folder: string, runner: Builder): Promise<PeerProcess | LeftOut> {
  const lacks = lacking(EXCHANGE_CORE, runner.has);
  if (lacks !== undefined) return lacks;
  const sources = ["pom.xml", "src/main/java/Driver.java"];
  const failed = await once(folder, sources, "target/built", async () => {
    runner.tell("building exchange-core's driver with Maven");
    return runner.run(["mvn", "-q", "-B", "-f", join(folder, "pom.xml"), "package"], folder);
  });
  if (failed !== undefined) return { peer: EXCHANGE_CORE.peer, why: `its driver does not build: ${failed}` };
  const path = `${join(folder, "target/classes")}:${join(folder, "target/lib")}/*`;
  return {
    name: EXCHANGE_CORE.peer,
    note: "without modifies: it changes a price or a quantity, never both; no risk engine, no disruptor",
    modifies: false,
    command: ["java", "-Xms2g", "-Xmx2g", "-cp", path, "Driver"],
  };
}

async function buildNodeBook(folder: string, runner: Builder): Promise<PeerProcess | LeftOut> {
  const peer = "nodejs-order-book";
  const failed = await once(folder, ["package.json", "bun.lock"], "node_modules/.built", async () => {
    runner.tell(`installing ${peer} from npm`);
    return runner.run([process.execPath, "install", "--frozen-lockfile", "--ignore-scripts"], folder);
  });
  if (failed !== undefined) return { peer, why: `it cannot be installed: ${failed}` };
  const command = [process.execPath, join(folder, "driver.mjs")];
  return { name: peer, note: "the whole workload; run by Bun", modifies: true, command };
}

/** Runs `work` unless it was done for the same sources. */
async function once(
  folder: string,
  sources: readonly string[],
  stamp: string,
  work: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const path = join(folder, stamp);
  const wanted = sources.map((source) => Bun.hash(readFileSync(join(folder, source))).toString(16)).join(" ");
  if (existsSync(path) && readFileSync(path, "utf8") === wanted) return undefined;
  const failed = await work();
  if (failed !== undefined) return failed;
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, wanted);
  return undefined;
}
