/** One boot: a QEMU that is started, listened to, watched and, when it must, ended - that child and nothing else. */

import { type Line, LineSplitter, parseLine } from "./protocol.ts";
import { argumentsOf, type Machine } from "./qemu.ts";

/**
 * How a boot ended. `passed` and `failed` are the kernel's own verdict; `panic` and `fault` too, by its last words; a `triple-fault` has none; a
 * `hang` said nothing for too long; `qemu` means that the emulator itself gave up.
 */
export type Ending = "passed" | "failed" | "panic" | "fault" | "triple-fault" | "hang" | "qemu" | "interrupted";

/** What isa-debug-exit makes of the kernel's codes (`ffi/kernel/src/bare/dev/exit.rs`). */
const ENDINGS: Readonly<Record<number, Ending>> = { 33: "passed", 35: "failed", 253: "fault", 255: "panic" };

export interface Boot {
  readonly ending: Ending;
  /** Milliseconds from the start of QEMU's process to the kernel's first line; undefined when none came. */
  readonly bannerMs: number | undefined;
  readonly elapsedMs: number;
  /** QEMU's own words, if it had any. */
  readonly complaint: string;
  /** Everything from a fault's or panic's line on. */
  readonly lastWords: readonly string[];
}

export interface Watch {
  /** Milliseconds without a line after which the machine counts as hung. */
  readonly silenceMs: number;
  readonly onLine?: (line: Line, atMs: number) => void;
  /** Ends the machine early when it resolves. */
  readonly interrupted?: Promise<void>;
}

export async function boot(qemu: string, machine: Machine, watch: Watch): Promise<Boot> {
  const began = Bun.nanoseconds();
  const sinceMs = (): number => (Bun.nanoseconds() - began) / 1e6;
  const child = Bun.spawn([qemu, ...argumentsOf(machine)], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let ended: Ending | undefined;
  const end = (why: Ending): void => {
    ended ??= why;
    child.kill("SIGKILL");
  };
  let silence = setTimeout(() => end("hang"), watch.silenceMs);
  void watch.interrupted?.then(() => end("interrupted"));

  let bannerMs: number | undefined;
  const lastWords: string[] = [];
  const hear = (text: string): void => {
    clearTimeout(silence);
    silence = setTimeout(() => end("hang"), watch.silenceMs);
    if (lastWords.length > 0 || /^@(panic|fault) /.test(text)) lastWords.push(text);
    const line = parseLine(text);
    if (line === undefined) return;
    if (line.kind === "banner") bannerMs ??= sinceMs();
    watch.onLine?.(line, sinceMs());
  };
  const splitter = new LineSplitter();
  const complaint = new Response(child.stderr).text();
  for await (const bytes of child.stdout) for (const line of splitter.push(bytes)) hear(line);
  if (splitter.rest() !== "") hear(splitter.rest());
  const status = await child.exited;
  clearTimeout(silence);
  return {
    ending: ended ?? endingOf(status, bannerMs !== undefined),
    bannerMs,
    elapsedMs: sinceMs(),
    complaint: (await complaint).trim(),
    lastWords,
  };
}

/** Exit 0 is what `-no-reboot` makes of a reset, and nothing but a triple fault resets a kernel that has spoken. */
export function endingOf(status: number, spoke: boolean): Ending {
  return ENDINGS[status] ?? (status === 0 && spoke ? "triple-fault" : "qemu");
}
