// `npm run bench`: every suite of bench/, or those named, one after the other so that none disturbs another.

import { readFileSync, readdirSync } from "node:fs";
import { bun, inRoot, native, root } from "./paths.mjs";
import { INTERRUPTED, SetupFailure, run, say } from "./process.mjs";
import { addCargoToPath } from "./tools.mjs";

/**
 * Suites by name, each with the command that runs it: the Rust suites that bench/suites/src/main.rs lists, and every
 * TypeScript file of bench/ whose header says how to run it; other files there are what suites share.
 */
export function findSuites() {
  const suites = new Map();
  const listed = readFileSync(inRoot("bench/suites/src/main.rs"), "utf8").matchAll(
    /\(\s*"(\w+)",\s*"[^"]*",\s*\w+(?:::\w+)*,?\s*\)/g,
  );
  // cargo runs inside ffi/, whose .cargo/config.toml sets the flags of the product: what is measured is what is shipped.
  const cargo = ["cargo", "run", "--release", "--quiet", "--manifest-path", inRoot("bench/Cargo.toml"), "--"];
  for (const [, name] of listed) suites.set(name, { line: [...cargo, name], cwd: native });
  for (const file of readdirSync(inRoot("bench")).filter((name) => name.endsWith(".ts"))) {
    const name = file.slice(0, -3);
    const path = inRoot("bench", file);
    if (readFileSync(path, "utf8").includes(`npm run bench -- ${name}`))
      suites.set(name, { line: [bun, path], cwd: root });
  }
  return suites;
}

/** @param rest names of suites, then options that each of them gets */
export async function runBench(rest) {
  addCargoToPath();
  const suites = findSuites();
  const firstOption = rest.findIndex((word) => word.startsWith("-"));
  const names = firstOption < 0 ? rest : rest.slice(0, firstOption);
  const options = firstOption < 0 ? [] : rest.slice(firstOption);
  const unknown = names.find((name) => !suites.has(name));
  if (unknown !== undefined) {
    throw new SetupFailure(`there is no benchmark "${unknown}"; there are ${[...suites.keys()].join(", ")}`);
  }
  const wanted = names.length > 0 ? new Map(names.map((name) => [name, suites.get(name)])) : suites;
  return runEach(wanted, options);
}

/** One that fails, or that this machine lacks something for, keeps none of the others from running; Ctrl-C is meant for all. */
export async function runEach(suites, options) {
  let status = 0;
  for (const [name, { line, cwd }] of suites) {
    say(`== ${name}`);
    const [command, ...args] = line;
    status = (await run(command, [...args, ...options], { cwd })) || status;
    if (status === INTERRUPTED) break;
  }
  return status;
}
