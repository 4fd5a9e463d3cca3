/** The operating system: what may interrupt a busy thread, and what it is allowed to ask for. */

import type { Check } from "./host.ts";

const realTime: Check = (host) => {
  const version = host.read("proc/version") ?? "";
  const release = /^Linux version (\S+)/.exec(version)?.[1] ?? "unknown";
  const why = "a kernel that is preemptible everywhere bounds how long an interrupt can hold a thread up";
  if (host.number("sys/kernel/realtime") === 1 || /PREEMPT_RT/.test(version))
    return [{ name: "real-time kernel", state: "ok", found: release, why }];
  return [
    { name: "real-time kernel", state: "lacking", found: release, why, mend: "apt-get install linux-image-rt-amd64" },
  ];
};

const throttling: Check = (host) => {
  const runtime = host.number("proc/sys/kernel/sched_rt_runtime_us");
  const why = "otherwise a busy FIFO thread is stopped for 50 ms of every second, worse than no priority at all";
  if (runtime === undefined) return [{ name: "real-time throttling", state: "unknown", found: "not told", why }];
  if (runtime === -1) return [{ name: "real-time throttling", state: "ok", found: "off", why }];
  const mend = "sysctl -w kernel.sched_rt_runtime_us=-1";
  return [{ name: "real-time throttling", state: "lacking", found: `${runtime} us of every second`, why, mend }];
};

/** Switches that should be 0, with what each does while it is on. */
const SWITCHES = [
  ["NMI watchdog", "nmi_watchdog", "it interrupts every core, and takes a performance counter"],
  ["NUMA balancing", "numa_balancing", "it unmaps pages to see who touches them: page faults in the middle of a run"],
  [
    "scheduling by session",
    "sched_autogroup_enabled",
    "a priority counts only among the programs of one session: all others get an equal share of the processor",
  ],
] as const;

const switches: Check = (host) =>
  SWITCHES.filter(([, key]) => host.number(`proc/sys/kernel/${key}`) !== undefined).map(([name, key, why]) =>
    host.number(`proc/sys/kernel/${key}`) === 0
      ? { name, state: "ok", found: "off", why }
      : { name, state: "lacking", found: "on", why, mend: `sysctl -w kernel.${key}=0` },
  );

const balancer: Check = (host) => {
  const why = "it moves interrupts onto cores that were kept free";
  const runs = host.list("proc").some((pid) => /^\d+$/.test(pid) && host.read(`proc/${pid}/comm`) === "irqbalance");
  if (!runs) return [{ name: "irqbalance", state: "ok", found: "not running", why }];
  return [{ name: "irqbalance", state: "lacking", found: "running", why, mend: "systemctl disable --now irqbalance" }];
};

const counters: Check = (host) => {
  const level = host.number("proc/sys/kernel/perf_event_paranoid");
  const why = "perf shows where the time goes; hftz itself does not need it";
  if (level === undefined) return [];
  if (level <= 1) return [{ name: "performance counters", state: "ok", found: `perf_event_paranoid ${level}`, why }];
  const mend = "sysctl -w kernel.perf_event_paranoid=1";
  return [{ name: "performance counters", state: "lacking", found: `perf_event_paranoid ${level}`, why, mend }];
};

/** Programs that a command of hftz starts or that its tests ask. */
const PROGRAMS = [
  ["QEMU", "qemu-system-x86_64", "hftz boot-kernel starts it", "qemu-system-x86"],
  [
    "GRUB rescue image",
    "grub-mkrescue",
    "hftz boot-kernel --iso makes its image with it",
    "grub-common grub-pc-bin xorriso mtools",
  ],
  ["tshark", "tshark", "it dissects what hftz sends", "tshark"],
] as const;

const programs: Check = (host) =>
  PROGRAMS.map(([name, program, why, packages]) =>
    host.program(program)
      ? { name, state: "ok", found: program, why }
      : { name, state: "lacking", found: "not installed", why, mend: `apt-get install ${packages}` },
  );

export const kernel: readonly Check[] = [realTime, throttling, switches, balancer, counters, programs];
