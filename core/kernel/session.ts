/** What `hftz boot-kernel` does, from its settings to its outcome. */

import { statSync } from "node:fs";
import { misuse } from "../cli/failure.ts";
import type { BootFacts } from "../report/kernel.ts";
import { onInterrupt } from "../run/interrupt.ts";
import { type Choice, chooseAccel } from "./accel.ts";
import { withImage } from "./image.ts";
import { makeIso } from "./iso.ts";
import { LiveBoot } from "./live.ts";
import { converse } from "./converse.ts";
import { type Boot, boot, type Ending, endingOf } from "./machine.ts";
import { measureNatively } from "./native.ts";
import { argumentsOf, findQboot, findQemu, type Machine } from "./qemu.ts";
import { BootRecord } from "./record.ts";

const MIB = 1 << 20;
const DEFAULT_MIB = 256;
const MOST_ITCH = 1 << 30;

export interface BootSettings {
  readonly test: string | undefined;
  readonly bench: boolean;
  readonly exact: boolean;
  readonly iso: boolean;
  readonly itch: string | undefined;
  readonly memory: number | undefined;
  readonly cpus: number | undefined;
  readonly accel: "auto" | "tcg" | "kvm";
  readonly qemu: string | undefined;
  readonly kernel: string | undefined;
  readonly append: string | undefined;
  readonly shell: boolean;
  readonly silenceMs: number;
  readonly quiet: boolean;
}

export interface BootOutcome {
  readonly boot: Boot;
  readonly record: BootRecord;
  readonly facts: BootFacts;
  readonly choice: Choice;
}

export async function runBoot(settings: BootSettings): Promise<BootOutcome> {
  const outcome = await bootAndListen(settings);
  // Nanoseconds differ from run to run, and what --exact shows does not.
  const natively = measures(settings) && !settings.exact && outcome.boot.ending === "passed";
  if (natively) outcome.record.metrics.push(...(await measureNatively()));
  return outcome;
}

async function bootAndListen(settings: BootSettings): Promise<BootOutcome> {
  return withMachine(settings, wordsOf(settings), async (qemu, machine, choice) => {
    const record = new BootRecord();
    const live = new LiveBoot(settings.quiet);
    let interrupt = (): void => {};
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve));
    const release = onInterrupt(interrupt);
    try {
      const onLine: NonNullable<Parameters<typeof boot>[2]["onLine"]> = (line, atMs) => {
        record.take(line);
        live.update(record, atMs);
      };
      const done = await boot(qemu, machine, { silenceMs: settings.silenceMs, onLine, interrupted });
      const { accel, exact, memoryMiB, cpus } = machine;
      return { boot: done, record, facts: { accel, exact, memoryMiB, cpus, firmware: firmwareOf(machine) }, choice };
    } finally {
      live.end();
      release();
    }
  });
}

/** A console on the running kernel. @returns how it ended */
export async function runShell(settings: BootSettings): Promise<Ending> {
  return withMachine(settings, wordsOf(settings), async (qemu, machine) => {
    const release = onInterrupt(() => child.kill("SIGTERM"));
    const child = converse(qemu, argumentsOf(machine));
    const status = await child.exited;
    release();
    return endingOf(status, true);
  });
}

async function withMachine<T>(
  settings: BootSettings,
  words: readonly string[],
  work: (qemu: string, machine: Machine, choice: Choice) => Promise<T>,
): Promise<T> {
  const qemu = findQemu(settings.qemu);
  return withImage(settings.kernel, async (image, folder) => {
    // Counting instructions is the emulator's own; an ISO of a probed kernel is probed by that kernel.
    const wanted = settings.exact ? "tcg" : settings.accel;
    const choice = await chooseAccel(wanted, qemu, image);
    const said = [...words, `class=${settings.exact ? "I" : choice.accel === "kvm" ? "K" : "E"}`];
    const machine: Machine = {
      memoryMiB: memoryFor(settings),
      cpus: settings.cpus ?? (settings.exact ? 1 : 2),
      accel: choice.accel,
      exact: settings.exact,
      boot: settings.iso ? { iso: await makeIso(folder, image, said, settings.itch) } : { image },
      firmware: findQboot(qemu),
      module: settings.itch,
      words: said,
    };
    return work(qemu, machine, choice);
  });
}

function firmwareOf({ boot: source, firmware }: Machine): string {
  return firmware === undefined || "iso" in source ? "SeaBIOS" : "qboot";
}

type Asked = Pick<BootSettings, "test" | "bench" | "itch" | "append" | "shell">;

function asksNothing({ test, bench, itch, append, shell }: Asked): boolean {
  return test === undefined && !bench && itch === undefined && append === undefined && !shell;
}

function measures(settings: Asked): boolean {
  return settings.bench || asksNothing(settings);
}

/** Everything, when nothing in particular was asked for. */
export function wordsOf(settings: Asked & Pick<BootSettings, "exact">): readonly string[] {
  const { test, exact, itch, append, shell } = settings;
  const words = exact ? ["exact"] : [];
  if (asksNothing(settings) || test !== undefined) words.push(`test=${test ?? "*"}`);
  if (measures(settings)) words.push("bench=*");
  if (itch !== undefined) words.push("feed");
  if (append !== undefined) words.push(append);
  if (shell) words.push("shell");
  return words;
}

/** The file, twice its size for the books (a day's live orders need far less), and the kernel's own. */
export function memoryFor({ memory, itch }: Pick<BootSettings, "memory" | "itch">): number {
  const asked = memory === undefined ? undefined : Math.floor(memory / MIB);
  if (itch === undefined) return asked ?? DEFAULT_MIB;
  const size = statSync(itch, { throwIfNoEntry: false });
  if (size === undefined || !size.isFile()) throw misuse(`${itch} is not a file`, "give a raw ITCH file, not a pipe");
  if (size.size > MOST_ITCH) throw misuse(`${itch} is larger than the 1 GiB that can be handed over at boot`);
  if (size.size === 0) throw misuse(`${itch} is empty`);
  return asked ?? DEFAULT_MIB + Math.ceil((size.size * 3) / MIB);
}
