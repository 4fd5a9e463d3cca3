/** `hftz boot-kernel`: HFT-Zero, booted in QEMU, watched, tested and measured. */

import { type Invocation, defineCommand, runFlags } from "../core/cli/command.ts";
import { EXIT } from "../core/cli/exit.ts";
import { misuse } from "../core/cli/failure.ts";
import * as flag from "../core/cli/flags.ts";
import { writeErr, writeOut } from "../core/cli/output.ts";
import { isTerminal, palette, wantsColor } from "../core/cli/terminal.ts";
import { version } from "../core/cli/version.ts";
import type { Ending } from "../core/kernel/machine.ts";
import { type BootOutcome, type BootSettings, runBoot, runShell } from "../core/kernel/session.ts";
import { ENDINGS, renderBoot } from "../core/report/kernel.ts";

const WHAT = "What to do";
const MACHINE = "The machine";

const flags = {
  test: flag.text({ placeholder: "PATTERN", summary: "only these tests, as mem/* or cpu/fault/*,smp/*", group: WHAT }),
  bench: flag.toggle({ summary: "only the measurements, unless --test is given too", group: WHAT }),
  exact: flag.toggle({ summary: "count instructions instead of time: the same figures on every machine", group: WHAT }),
  itch: flag.file({ summary: "hand over a raw ITCH file of up to 1 GiB and print the hash of its books", group: WHAT }),
  shell: flag.toggle({ summary: "a console on the running kernel", group: WHAT }),
  append: flag.text({ placeholder: "WORDS", summary: "further words for the kernel, as die=panic", group: WHAT }),
  iso: flag.toggle({ summary: "boot by GRUB from an ISO instead of directly", group: MACHINE }),
  memory: flag.bytes({ summary: "memory of the machine; 256 MiB, or what --itch needs", group: MACHINE }),
  cpus: flag.within(1, 16)({ summary: "processors; 2, or 1 with --exact", group: MACHINE }),
  accel: flag.oneOf(["auto", "tcg", "kvm"])({
    summary: "emulation, or KVM when a short trial boot shows that it is a real one",
    fallback: "auto",
    group: MACHINE,
  }),
  qemu: flag.file({ summary: "the QEMU to use, else HFTZ_QEMU or qemu-system-x86_64 on the PATH", group: MACHINE }),
  kernel: flag.file({ summary: "another kernel image than the one inside hftz", group: MACHINE }),
  timeout: flag.duration({
    summary: "stop a machine that says nothing for this long",
    fallback: "60s",
    group: MACHINE,
  }),
  ...runFlags,
} as const;

type Values = Invocation<typeof flags>["values"];

/** A verdict the kernel reached is a check; everything else is a run that failed. */
const EXITS: Readonly<Record<Ending, number>> = {
  passed: EXIT.done,
  failed: EXIT.differs,
  panic: EXIT.failed,
  fault: EXIT.failed,
  "triple-fault": EXIT.failed,
  hang: EXIT.failed,
  qemu: EXIT.failed,
  interrupted: EXIT.interrupted,
};

export const bootKernel = defineCommand({
  name: "boot-kernel",
  summary: "boot HFT-Zero, the bare-metal kernel: timeline, self-tests, measurements, verdict",
  details: [
    "Starts the kernel that is inside hftz in QEMU, shows its boot phase by phase, runs its own tests and measurements in it, and ends with a verdict. Exit code 0 when all passed, 4 when a test failed, 1 when the kernel or QEMU ended otherwise, 3 without QEMU.",
    "Every figure carries its class: I instructions (exact), N nanoseconds of the same source on this processor, E emulated (no claim about hardware), K under a KVM that passed a trial boot.",
  ],
  operands: [],
  flags,
  examples: [
    { line: "hftz boot-kernel", about: "boot, self-tests, measurements" },
    { line: "hftz boot-kernel --test 'mem/*'", about: "a part of the tests" },
    { line: "hftz boot-kernel --bench --exact", about: "instruction counts, the same bit for bit every time" },
    { line: "hftz boot-kernel --iso", about: "through GRUB and Multiboot2" },
    { line: "hftz feedgen --count 100k > day.itch", about: "a feed for it" },
    { line: "hftz boot-kernel --itch day.itch", about: "books rebuilt on bare metal; compare with hftz replay --hash" },
    { line: "hftz boot-kernel --shell", about: "look around; exit ends it" },
  ],
  async run({ values, settings }) {
    const wanted = settingsOf(values);
    if (values.shell) {
      if (values.json) throw misuse("--shell is a conversation: there is no --json of it");
      return EXITS[await runShell(wanted)];
    }
    const outcome = await runBoot(wanted);
    if (outcome.choice.why !== undefined && !values.quiet) writeErr(`emulating: ${outcome.choice.why}\n`);
    if (values.json) writeOut(`${JSON.stringify(jsonOf(outcome, settings))}\n`);
    else {
      const style = { boxed: isTerminal(1), paint: palette(wantsColor(1)) };
      writeOut(await renderBoot(outcome.boot, outcome.record, outcome.facts, style));
    }
    return EXITS[outcome.boot.ending];
  },
});

function settingsOf(values: Values): BootSettings {
  if (values.exact && values.accel === "kvm")
    throw misuse("--exact counts what the emulator executes: not with --accel kvm");
  if (values.exact && (values.cpus ?? 1) > 1) throw misuse("--exact counts on one processor");
  if (values.memory !== undefined && values.memory < 32 * 1024 * 1024) throw misuse("the kernel needs 32 MiB");
  const { timeout, json: _json, ...rest } = values;
  return { ...rest, silenceMs: timeout / 1e6 };
}

function jsonOf(
  { boot, record, facts }: BootOutcome,
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const status = EXITS[boot.ending];
  const feed = record.feed === undefined ? undefined : { ...record.feed, error: record.feedError?.["message"] };
  return {
    command: "boot-kernel",
    version,
    status,
    ...(status !== EXIT.done && { error: boot.complaint === "" ? ENDINGS[boot.ending] : boot.complaint }),
    settings,
    ...facts,
    bootMs: boot.bannerMs,
    elapsedMs: boot.elapsedMs,
    info: record.info,
    phases: record.phases(),
    tests: record.tests(),
    failures: record.failures,
    metrics: record.metrics,
    feed,
    lastWords: boot.lastWords,
    verdict: boot.ending,
  };
}
