// `npm run bench`: every suite of bench/, or those named, one after the other so that none disturbs another.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bun, inRoot } from "./paths.mjs";
import { SetupFailure, run, say } from "./process.mjs";
import { addCargoToPath } from "./tools.mjs";

const HOME = inRoot("bench");

/**
 * A suite is a folder of bench/ with a Cargo.toml, or a TypeScript file there whose header says how to run it; other
 * files are what suites share.
 */
export function findSuites() {
  const suites = new Map();
  for (const entry of readdirSync(HOME, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(HOME, entry.name);
    if (entry.isDirectory() && existsSync(join(path, "Cargo.toml"))) {
      const manifest = join(path, "Cargo.toml");
      suites.set(entry.name, ["cargo", "run", "--release", "--quiet", "--manifest-path", manifest, "--"]);
    } else if (entry.name.endsWith(".ts")) {
      const name = entry.name.slice(0, -3);
      if (readFileSync(path, "utf8").includes(`npm run bench -- ${name}`)) suites.set(name, [bun, path]);
    }
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
  for (const name of names) {
    if (!suites.has(name))
      throw new SetupFailure(`there is no benchmark "${name}"; there are ${[...suites.keys()].join(", ")}`);
  }
  let status = 0;
  for (const name of names.length > 0 ? names : suites.keys()) {
    say(`== ${name}`);
    const [command, ...args] = suites.get(name);
    status = (await run(command, [...args, ...options])) || status;
  }
  return status;
}
