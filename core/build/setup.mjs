// The door of `npm start`, `npm test` and every other script: brings a bare clone to a built product, then does the task.
// Plain Node without dependencies, because it runs before Bun exists.

import { whileLocked } from "./lock.mjs";
import { binary } from "./paths.mjs";
import { SetupFailure, run, say } from "./process.mjs";
import { checkPlatform } from "./tools.mjs";

async function prepare() {
  checkPlatform();
  const { installPackages } = await import("./packages.mjs");
  await whileLocked(installPackages);
}

async function build() {
  await prepare();
  const { buildNative } = await import("./native.mjs");
  const { buildKernel } = await import("./kernel.mjs");
  const { buildBinary } = await import("./binary.mjs");
  await whileLocked(async () => {
    await buildNative();
    await buildKernel();
    await buildBinary();
  });
}

async function test(rest) {
  await prepare();
  const { buildSuitesAhead, runSuites } = await import("./suites.mjs");
  const built = buildSuitesAhead(rest);
  await build();
  return runSuites(rest, built);
}

const TASKS = {
  build,
  start: async (rest) => {
    await build();
    return run(binary, ["demo", ...rest]);
  },
  test,
  "test:long": (rest) => test(["--long", ...rest]),
  bench: async (rest) => {
    await build();
    return (await import("./bench.mjs")).runBench(rest);
  },
  check: async () => {
    await prepare();
    return (await import("./check.mjs")).runChecks();
  },
  package: async () => {
    await build();
    return (await import("./release.mjs")).packRelease();
  },
};

const [name = "build", ...rest] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
if (task === undefined) {
  say(`setup: no task "${name}"; there are ${Object.keys(TASKS).join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = (await task(rest)) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    say(`setup: ${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`);
    process.exitCode = error.status;
  }
}
