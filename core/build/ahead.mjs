// Rust's suites are built while others run: most of a test run is building, and the rest would leave a processor idle most of the time.

import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { native } from "./paths.mjs";

/** The suites that run have the processors first: builds take what they leave. */
const NICE = 18;

/**
 * Begins to build the suites `{name, args, env}` of cargo, one after the other, without a word: what fails fails again, in words, when its
 * suite is run.
 *
 * @returns {(name: string) => Promise<void>} waits until the build of a suite has ended
 */
export function buildAhead(suites, around) {
  const ended = new Map();
  let last = Promise.resolve();
  let current;
  let isLeft = false;
  for (const { name, args, env } of suites) {
    const words = buildOnly(args);
    if (words === undefined) continue;
    last = last.then(() => {
      if (isLeft) return undefined;
      return new Promise((resolve) => {
        current = spawn("cargo", words, { cwd: native, env: { ...around, ...env }, stdio: "ignore" });
        lower(current.pid);
        current.once("error", () => resolve());
        current.once("close", (_, signal) => {
          isLeft ||= signal !== null;
          resolve();
        });
      });
    });
    ended.set(name, last);
  }
  // Whoever leaves leaves no build behind; Ctrl-C has reached the one that runs, and no other is begun.
  process.once("exit", () => {
    isLeft = true;
    current?.kill();
  });
  return (name) => ended.get(name) ?? Promise.resolve();
}

/** The words of cargo that build and do not run; undefined where it has none. */
export function buildOnly(args) {
  if (args[0] === "check") return args;
  if (args[0] !== "test") return undefined;
  const end = args.indexOf("--");
  return [...args.slice(0, end < 0 ? args.length : end), "--no-run"];
}

function lower(pid) {
  try {
    if (pid !== undefined) setPriority(pid, NICE);
  } catch {
    // It has ended already, or the system does not let us: then it competes.
  }
}
