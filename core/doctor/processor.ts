/** The processor: how many, how steady, and who else uses it. */

import { bootWith, type Check, countOfList } from "./host.ts";

const CPU = "sys/devices/system/cpu";
/** Busy threads of the longest pipeline: ingest, book, bundle, flush. */
const BUSY_THREADS = 4;
/** Leaving a deeper sleep than this costs more than most of what hftz measures. */
const MOST_WAKE_US = 10;

const cores: Check = (host) => {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(host.read("proc/self/status") ?? "")?.[1];
  if (list === undefined) return [];
  const count = countOfList(list);
  const why = `a spinning thread wants a core of its own, and there are up to ${BUSY_THREADS} of them`;
  if (count >= BUSY_THREADS) return [{ name: "cores", state: "ok", found: `${count} (${list})`, why }];
  const advice = "use a host with more cores; hftz fuses or yields idle stages and says so in its results";
  return [{ name: "cores", state: "lacking", found: `${count} (${list})`, why, advice }];
};

const virtualMachine: Check = (host) => {
  const isGuest = host.cpuFlags().has("hypervisor");
  const product = [host.read("sys/class/dmi/id/sys_vendor"), host.read("sys/class/dmi/id/product_name")];
  const name = product.filter((part) => part !== undefined && part !== "").join(" ");
  const found = isGuest ? `virtual machine${name === "" ? "" : ` (${name})`}` : "bare metal";
  const why = "a hypervisor takes the processor away without notice: every tail contains that";
  if (!isGuest) return [{ name: "virtualisation", state: "ok", found, why }];
  return [
    {
      name: "virtualisation",
      state: "lacking",
      found,
      why,
      advice: "measure on bare metal, or compare only pairs of one run",
    },
  ];
};

const counter: Check = (host) => {
  const flags = host.cpuFlags();
  const missing = ["constant_tsc", "nonstop_tsc"].filter((flag) => !flags.has(flag));
  const source = host.read("sys/devices/system/clocksource/clocksource0/current_clocksource");
  const why = "timestamps are readings of the counter: it must tick evenly, on all cores, in all sleep states";
  const invariant =
    missing.length === 0
      ? ({ name: "TSC", state: "ok", found: "invariant", why } as const)
      : ({
          name: "TSC",
          state: "lacking",
          found: `no ${missing.join(", ")}`,
          why,
          advice: "use a processor made after 2008",
        } as const);
  const sourceWhy = "clock_gettime is a system call, 20 times slower, with any other source";
  if (source === undefined) return [invariant];
  const mend = "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource";
  if (source === "tsc") return [invariant, { name: "clock source", state: "ok", found: source, why: sourceWhy }];
  return [invariant, { name: "clock source", state: "lacking", found: source, why: sourceWhy, mend }];
};

const governor: Check = (host) => {
  const cpus = host.list(CPU).filter((name) => /^cpu\d+$/.test(name));
  const governors = cpus
    .map((cpu) => host.read(`${CPU}/${cpu}/cpufreq/scaling_governor`))
    .filter((text) => text !== undefined);
  const why = "a clock that is turned down needs microseconds to come back";
  if (governors.length === 0)
    return [{ name: "governor", state: "unknown", found: "no cpufreq: the frequency is not ours to set", why }];
  const found = [...new Set(governors)].join(", ");
  if (found === "performance") return [{ name: "governor", state: "ok", found, why }];
  return [{ name: "governor", state: "lacking", found, why, mend: "cpupower frequency-set -g performance" }];
};

const sleep: Check = (host) => {
  const states = host.list(`${CPU}/cpu0/cpuidle`).map((state) => `${CPU}/cpu0/cpuidle/${state}`);
  const why = "waking from a deep sleep state is the first microseconds of whatever comes after a pause";
  if (states.length === 0) return [{ name: "sleep states", state: "unknown", found: "no cpuidle", why }];
  const allowed = states.filter((state) => host.number(`${state}/disable`) !== 1);
  const slowest = Math.max(0, ...allowed.map((state) => host.number(`${state}/latency`) ?? 0));
  const found = `${slowest} us to wake from the deepest`;
  if (slowest <= MOST_WAKE_US) return [{ name: "sleep states", state: "ok", found, why }];
  return [{ name: "sleep states", state: "lacking", found, why, mend: `cpupower idle-set -D ${MOST_WAKE_US}` }];
};

const siblings: Check = (host) => {
  const active = host.number(`${CPU}/smt/active`);
  const why = "two threads of one core share its caches and ports: each slows the other at random";
  if (active === undefined) return [{ name: "SMT", state: "unknown", found: "not told", why }];
  if (active === 0) return [{ name: "SMT", state: "ok", found: "off, or hidden by the hypervisor", why }];
  return [{ name: "SMT", state: "lacking", found: "on", why, mend: `echo off > /${CPU}/smt/control` }];
};

const isolation: Check = (host) => {
  // The upper half: processor 0 has to stay with the kernel, and the first ones get most interrupts.
  const all = host.list(CPU).filter((name) => /^cpu\d+$/.test(name)).length;
  const half = all < 4 ? String(Math.max(1, all - 1)) : `${all >> 1}-${all - 1}`;
  const boot = (word: string): string => bootWith(`${word}${half}`);
  const lists = [
    {
      name: "isolated cores",
      list: host.read(`${CPU}/isolated`),
      why: "the scheduler puts other work on any core that is not isolated",
      mend: boot("isolcpus=managed_irq,domain,"),
    },
    {
      name: "tickless cores",
      list: host.read(`${CPU}/nohz_full`),
      why: "the timer interrupts a busy thread 250 or 1000 times a second",
      mend: boot("nohz_full="),
    },
    {
      name: "RCU off these cores",
      list: /\brcu_nocbs=(\S+)/.exec(host.read("proc/cmdline") ?? "")?.[1],
      why: "callbacks of the kernel run on the core that caused them",
      mend: boot("rcu_nocbs="),
    },
  ];
  return lists.map(({ name, list, why, mend }) =>
    list === undefined || list === "" || list === "(null)"
      ? { name, state: "lacking", found: "none", why, mend }
      : { name, state: "ok", found: list, why },
  );
};

const mitigations: Check = (host) => {
  const folder = `${CPU}/vulnerabilities`;
  const active = host.list(folder).filter((name) => host.read(`${folder}/${name}`)?.startsWith("Mitigation") === true);
  const why = "each system call and context switch pays for them; hftz's hot loops make none";
  const found = active.length === 0 ? "none active" : `${active.length} active`;
  return [{ name: "mitigations", state: active.length === 0 ? "ok" : "note", found, why }];
};

export const processor: readonly Check[] = [
  cores,
  virtualMachine,
  counter,
  governor,
  sleep,
  siblings,
  isolation,
  mitigations,
];
