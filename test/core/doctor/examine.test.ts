/** The checks of `hftz doctor` against hosts made of files: one that has everything, one that has nothing. */

import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { examine } from "../../../core/doctor/examine.ts";
import { bootWith, countOfList, type Finding, Host } from "../../../core/doctor/host.ts";
import { countStates, renderDoctor } from "../../../core/report/doctor.ts";
import { palette } from "../../../core/cli/terminal.ts";
import { inTemporaryDirectory } from "../../support/product.ts";

const CPU = "sys/devices/system/cpu";

const TUNED: Readonly<Record<string, string>> = {
  "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu constant_tsc nonstop_tsc\n",
  "proc/self/status": "Name:\thftz\nCpus_allowed_list:\t0-7\n",
  "proc/self/limits": "Max locked memory         unlimited            unlimited            bytes\n",
  "proc/version": "Linux version 6.12.1-rt1 (x) #1 SMP PREEMPT_RT",
  "proc/cmdline": "quiet rcu_nocbs=4-7",
  "proc/swaps": "Filename\tType\tSize\n",
  "proc/1/comm": "init",
  "proc/sys/kernel/sched_rt_runtime_us": "-1",
  "proc/sys/kernel/nmi_watchdog": "0",
  "proc/sys/kernel/sched_autogroup_enabled": "0",
  "proc/sys/kernel/numa_balancing": "0",
  "proc/sys/kernel/perf_event_paranoid": "1",
  "proc/sys/net/core/rmem_max": "8388608",
  "proc/sys/net/core/wmem_max": "8388608",
  "proc/sys/net/core/busy_poll": "50",
  "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
  [`${CPU}/cpu0/cpufreq/scaling_governor`]: "performance",
  [`${CPU}/cpu1/cpufreq/scaling_governor`]: "performance",
  [`${CPU}/cpu0/cpuidle/state0/latency`]: "2",
  [`${CPU}/cpu0/cpuidle/state1/latency`]: "400",
  [`${CPU}/cpu0/cpuidle/state1/disable`]: "1",
  [`${CPU}/smt/active`]: "0",
  [`${CPU}/isolated`]: "4-7",
  [`${CPU}/nohz_full`]: "4-7",
  [`${CPU}/vulnerabilities/meltdown`]: "Not affected",
  "sys/devices/system/node/online": "0",
  "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512",
  "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "2",
  "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
  "sys/kernel/mm/ksm/run": "0",
  "sys/block/nvme0n1/queue/scheduler": "[none] mq-deadline",
  "sys/class/nvme/nvme0/model": "x",
  "sys/class/iommu/dmar0/x": "",
  "sys/bus/pci/drivers/vfio-pci/0000:01:00.0/x": "",
  "sys/class/net/eth0/device/x": "",
  "dev/ptp0": "",
  "usr/share/dpdk/x": "",
  "usr/share/spdk/x": "",
};

const UNTUNED: Readonly<Record<string, string>> = {
  ...TUNED,
  "proc/cpuinfo": "flags\t\t: fpu hypervisor\n",
  "proc/self/status": "Cpus_allowed_list:\t0,2\n",
  "proc/self/limits": "Max locked memory         65536                65536                bytes\n",
  "proc/version": "Linux version 6.1.0 (x) #1 SMP PREEMPT_DYNAMIC",
  "proc/cmdline": "quiet",
  "proc/swaps": "Filename\tType\tSize\n/dev/sda2\tpartition\t100\n",
  "proc/1/comm": "irqbalance",
  "proc/sys/kernel/sched_rt_runtime_us": "950000",
  "proc/sys/kernel/nmi_watchdog": "1",
  "proc/sys/kernel/sched_autogroup_enabled": "1",
  "proc/sys/kernel/numa_balancing": "1",
  "proc/sys/kernel/perf_event_paranoid": "2",
  "proc/sys/net/core/rmem_max": "212992",
  "proc/sys/net/core/wmem_max": "212992",
  "proc/sys/net/core/busy_poll": "0",
  "sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet",
  [`${CPU}/cpu1/cpufreq/scaling_governor`]: "powersave",
  [`${CPU}/cpu0/cpuidle/state1/disable`]: "0",
  [`${CPU}/smt/active`]: "1",
  [`${CPU}/isolated`]: "",
  [`${CPU}/nohz_full`]: "(null)",
  [`${CPU}/vulnerabilities/meltdown`]: "Mitigation: PTI",
  "sys/devices/system/node/online": "0-1",
  "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "0",
  "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "0",
  "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]",
  "sys/kernel/mm/ksm/run": "1",
  "sys/block/nvme0n1/queue/scheduler": "none [mq-deadline]",
};

/** What only the folders of the tuned host say. */
const ABSENT = /^(sys\/class\/(nvme|iommu|net)|sys\/bus|dev|usr)\//;

async function examined(
  files: Readonly<Record<string, string>>,
  programs: readonly string[],
): Promise<readonly Finding[]> {
  return inTemporaryDirectory(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    mkdirSync(join(root, "bin"));
    for (const program of programs) {
      writeFileSync(join(root, "bin", program), "");
      chmodSync(join(root, "bin", program), 0o755);
    }
    if (files["sys/class/net/eth0/device/x"] !== undefined)
      symlinkSync("../../../bus/pci/drivers/mlx5_core", join(root, "sys/class/net/eth0/device/driver"));
    return examine(new Host(root, "/bin"));
  });
}

describe("the doctor", () => {
  test("finds nothing to mend on a tuned host", async () => {
    const findings = await examined(TUNED, ["qemu-system-x86_64", "grub-mkrescue", "tshark"]);
    expect(findings.filter(({ state }) => state === "lacking" || state === "unknown")).toEqual([]);
    expect(findings.find(({ name }) => name === "network cards")?.found).toBe("eth0 (mlx5_core)");
  });

  test("names a remedy for everything an untuned host lacks", async () => {
    const files = Object.fromEntries(Object.entries(UNTUNED).filter(([path]) => !ABSENT.test(path)));
    const findings = await examined(files, []);
    const lacking = findings.filter(({ state }) => state === "lacking");
    expect(lacking.filter(({ mend, advice }) => mend === undefined && advice === undefined)).toEqual([]);
    expect(lacking.filter(({ mend }) => mend === undefined).map(({ name }) => name)).toEqual([
      "cores",
      "virtualisation",
      "TSC",
      "PTP clock",
    ]);
    const tuned = await examined(TUNED, ["qemu-system-x86_64", "grub-mkrescue", "tshark"]);
    const steady = new Set(findings.filter(({ state }) => state === "ok").map(({ name }) => name));
    expect([...steady]).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual(tuned.map(({ name }) => name));
  });

  test("gives remedies that a shell understands", async () => {
    const mends = (await examined(UNTUNED, [])).flatMap(({ mend }) => mend ?? []);
    expect(mends.length).toBeGreaterThan(15);
    for (const mend of mends) {
      const { exitCode } = Bun.spawnSync(["bash", "-n", "-c", mend]);
      expect([mend, exitCode]).toEqual([mend, 0]);
      expect(mend).toMatch(/^(apt-get|cpupower|echo|git|modprobe|sed|swapoff|sysctl|systemctl|ulimit) /);
    }
  });

  test("adds words to the kernel's command line where it stands", async () => {
    await inTemporaryDirectory(async (directory) => {
      const file = join(directory, "grub");
      writeFileSync(file, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="x=1"\n');
      const [edit] = bootWith("isolcpus=4-7").replace("/etc/default/grub", file).split(" && ");
      expect(Bun.spawnSync(["bash", "-c", edit!]).exitCode).toBe(0);
      expect(readFileSync(file, "utf8")).toBe(
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="isolcpus=4-7 x=1"\n',
      );
    });
  });

  test("says unknown where a host tells nothing, and does not fail", async () => {
    const findings = await examined({ "proc/version": "" }, []);
    expect(countStates(findings).unknown).toBeGreaterThan(5);
  });

  test("shows the remedies after the tables", async () => {
    const text = await renderDoctor(await examined(UNTUNED, []), { boxed: false, paint: palette(false) });
    expect(text).toContain("sysctl -w kernel.sched_rt_runtime_us=-1");
    expect(text).toMatch(/\d+ ok, \d+ lacking, \d+ unknown, \d+ to know\n$/);
  });

  test("on a terminal sentences are folded, and commands, which are to be pasted, are not", async () => {
    const findings = await examined(UNTUNED, []);
    const text = await renderDoctor(findings, { boxed: true, paint: palette(false) });
    const commands = findings.flatMap(({ mend }) => (mend === undefined ? [] : [mend]));
    for (const command of commands) expect(text).toContain(`    ${command}\n`);
    const sentences = text.split("\n").filter((line) => /^ {2,4}\w/.test(line) && !commands.includes(line.trim()));
    expect(sentences.filter((line) => line.length > 79)).toEqual([]);
    expect(sentences.length).toBeGreaterThan(commands.length);
  });
});

test("a list of processors is counted with its ranges", () => {
  expect([countOfList("0"), countOfList("2-3,6"), countOfList("0-7"), countOfList("")]).toEqual([1, 3, 8, 0]);
});
