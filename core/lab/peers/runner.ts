/** Runs other programs for the peers: what they say goes to stderr, what they answer comes back, Ctrl-C ends them. */

import { EXIT } from "../../cli/exit.ts";
import { Failure } from "../../cli/failure.ts";
import { say } from "../../cli/notes.ts";
import { onInterrupt } from "../../run/interrupt.ts";
import type { Builder } from "./build.ts";

export class Runner implements Builder {
  readonly #quiet: boolean;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** Whether there is such a program on the PATH. */
  readonly has = (tool: string): boolean => Bun.which(tool) !== null;

  tell(line: string): void {
    if (!this.#quiet) say(line);
  }

  /** @returns what went wrong, in a line; nothing when all went well. */
  async run(command: readonly string[], cwd: string): Promise<string | undefined> {
    const { status } = await this.#spawn(command, cwd, "ignore");
    return status === 0 ? undefined : `${command[0]} ended with ${status}`;
  }

  /** What it wrote to stdout. @throws Failure when it does not end well. */
  async ask(command: readonly string[], cwd: string): Promise<string> {
    const { status, out } = await this.#spawn(command, cwd, "pipe");
    if (status !== 0) throw new Failure(`the peers could not be measured: ${command[0]} ended with ${status}`);
    return out;
  }

  async #spawn(command: readonly string[], cwd: string, stdout: "ignore" | "pipe") {
    // With this variable the executable, which contains Bun, is Bun.
    const env = { ...process.env, BUN_BE_BUN: "1" };
    const stderr = this.#quiet ? "ignore" : "inherit";
    const child = Bun.spawn([...command], { cwd, env, stdin: "ignore", stdout, stderr });
    let interrupted = false;
    const release = onInterrupt(() => {
      interrupted = true;
      child.kill("SIGTERM");
    });
    try {
      const out = child.stdout instanceof ReadableStream ? await new Response(child.stdout).text() : "";
      const status = await child.exited;
      if (interrupted) throw new Failure("stopped while the peers were at work", { exit: EXIT.interrupted });
      return { status, out };
    } finally {
      release();
    }
  }
}
