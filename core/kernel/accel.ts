/**
 * Whether KVM may be used. That /dev/kvm exists says little: nested inside some hypervisors it interprets every instruction of
 * ring 0, thousands of times slower than plain emulation. So it is tried: a short boot that must end well and be fast.
 */

import { accessSync, constants, existsSync } from "node:fs";
import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { boot } from "./machine.ts";
import type { Accel } from "./qemu.ts";

/** A real processor needs one to three cycles for a round of the probe's loop. */
const MOST_CYCLES = 20;
const PROBE_MS = 2000;

export interface Choice {
  readonly accel: Accel;
  /** Why not KVM, for the one line that says what was used instead. */
  readonly why: string | undefined;
}

/** @throws Failure (3) when KVM was asked for and did not pass. */
export async function chooseAccel(wanted: "auto" | Accel, qemu: string, image: string): Promise<Choice> {
  if (wanted === "tcg") return { accel: "tcg", why: undefined };
  const why = absence() ?? (await probe(qemu, image));
  if (why === undefined) return { accel: "kvm", why };
  if (wanted === "kvm")
    throw new Failure(`KVM cannot be used: ${why}`, { exit: EXIT.unavailable, hint: "leave --accel out" });
  return { accel: "tcg", why };
}

function absence(): string | undefined {
  if (!existsSync("/dev/kvm")) return "there is no /dev/kvm";
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/kvm is not ours to open";
  }
  if (existsSync("/sys/module/kvm_pvm")) return "this machine's KVM interprets kernels (kvm_pvm)";
  return undefined;
}

async function probe(qemu: string, image: string): Promise<string | undefined> {
  let cycles = Number.POSITIVE_INFINITY;
  const machine = { memoryMiB: 64, cpus: 1, accel: "kvm", exact: false, boot: { image }, words: ["probe"] } as const;
  const done = await boot(qemu, machine, {
    silenceMs: PROBE_MS,
    onLine: (line) => {
      if (line.kind === "mark" && line.name === "probe") cycles = Number(line.fields["cycles_per_round"]);
    },
  });
  if (done.ending !== "passed") return `a trial boot under KVM ended in ${done.ending}`;
  if (cycles > MOST_CYCLES) return `a trial boot under KVM needed ${cycles} cycles an instruction`;
  return undefined;
}
