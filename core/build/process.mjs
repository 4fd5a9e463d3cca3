// Child processes and the one way a set-up step fails: a single line that says what to do.

import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { root } from "./paths.mjs";

export class SetupFailure extends Error {
  constructor(message, hint, status = 1) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

/** The status of what Ctrl-C ended. */
export const INTERRUPTED = 128 + constants.signals.SIGINT;

const ignore = () => {};

/** A step's line on stderr; stdout belongs to the program that runs at the end. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Output of a short command, or undefined when it is missing or fails. */
export function capture(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, ...options });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/**
 * Runs a command to its end with the terminal attached and returns its exit code, 128 + n for signal n. Each complete
 * line of output is also given to `onLine`, when there is one.
 */
export function run(command, args, { cwd = root, env = process.env, onLine, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const watched = onLine !== undefined || quiet;
    const child = spawn(command, args, { cwd, env, stdio: watched ? ["inherit", "pipe", "pipe"] : "inherit" });
    const kept = [];
    if (watched) {
      for (const [stream, out] of [
        [child.stdout, process.stdout],
        [child.stderr, process.stderr],
      ]) {
        let tail = "";
        stream.setEncoding("utf8");
        stream.on("data", (text) => {
          if (quiet) kept.push(text);
          else out.write(text);
          const lines = (tail + text).split("\n");
          tail = lines.pop() ?? "";
          for (const line of lines) onLine?.(line);
        });
        stream.on("end", () => tail !== "" && onLine?.(tail));
      }
    }
    // Ctrl-C reaches the whole foreground group: the child decides how to end, and this process waits for it.
    process.on("SIGINT", ignore);
    child.on("error", (error) => {
      process.off("SIGINT", ignore);
      reject(new SetupFailure(`cannot start ${command}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      process.off("SIGINT", ignore);
      const status = code ?? 128 + (constants.signals[signal] ?? 0);
      if (quiet && status !== 0) process.stderr.write(kept.join(""));
      resolve(status);
    });
  });
}

/** Runs a set-up step; anything but success ends the set-up with the step's name. */
export async function must(what, command, args, options) {
  const status = await run(command, args, options);
  if (status === INTERRUPTED) throw new SetupFailure(`${what} was interrupted`, undefined, status);
  if (status !== 0) throw new SetupFailure(`${what} failed (exit ${status})`);
}
