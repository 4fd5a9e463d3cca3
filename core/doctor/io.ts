/** Network and disks: buffers, cards, and what a bypass of the kernel would need. */

import { bootWith, type Check } from "./host.ts";

const MIB = 1 << 20;
/** A burst of a feed at a million messages a second, for the tenth of a second that a reader may be away. */
const BUFFER = 8 * MIB;
const VFIO = "sys/bus/pci/drivers/vfio-pci";
const PCI_ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/;

const buffers: Check = (host) =>
  (["rmem_max", "wmem_max"] as const).map((key) => {
    const bytes = host.number(`proc/sys/net/core/${key}`);
    const name = key === "rmem_max" ? "receive buffer" : "send buffer";
    const why = "what does not fit while the reader is away is lost, and has to be requested again";
    if (bytes === undefined) return { name, state: "unknown", found: "not told", why };
    const found = `${bytes} bytes at most`;
    if (bytes >= BUFFER) return { name, state: "ok", found, why };
    return { name, state: "lacking", found, why, mend: `sysctl -w net.core.${key}=${BUFFER}` };
  });

const polling: Check = (host) => {
  const busy = host.number("proc/sys/net/core/busy_poll");
  const why = "a socket that polls its card sees a packet an interrupt earlier";
  if (busy === undefined) return [];
  if (busy > 0) return [{ name: "busy polling", state: "ok", found: `${busy} us`, why }];
  return [
    {
      name: "busy polling",
      state: "lacking",
      found: "off",
      why,
      mend: "sysctl -w net.core.busy_poll=50 net.core.busy_read=50",
    },
  ];
};

const cards: Check = (host) => {
  const names = host.list("sys/class/net").filter((name) => host.has(`sys/class/net/${name}/device`));
  const found = names.map((name) => `${name} (${host.link(`sys/class/net/${name}/device/driver`) ?? "no driver"})`);
  const why = "figures over loopback are of the kernel's network code, not of a wire";
  if (found.length === 0) return [{ name: "network cards", state: "note", found: "none: loopback only", why }];
  return [{ name: "network cards", state: "note", found: found.join(", "), why }];
};

const time: Check = (host) => {
  const clocks = host.list("dev").filter((name) => /^ptp\d+$/.test(name));
  const why = "without one, timestamps of two hosts cannot be compared";
  if (clocks.length > 0) return [{ name: "PTP clock", state: "ok", found: clocks.join(", "), why }];
  return [
    {
      name: "PTP clock",
      state: "lacking",
      found: "none",
      why,
      advice: "use a card with hardware timestamps and linuxptp",
    },
  ];
};

const bypass: Check = (host) => {
  const bound = host.list(VFIO).filter((name) => PCI_ADDRESS.test(name));
  const groups = host.list("sys/class/iommu");
  const dpdk = host.program("dpdk-testpmd") || host.has("usr/share/dpdk") || host.has("usr/local/share/dpdk");
  const spdk = host.program("spdk_tgt") || host.has("usr/share/spdk") || host.has("usr/local/share/spdk");
  return [
    groups.length > 0
      ? { name: "IOMMU", state: "ok", found: `${groups.length}`, why: "it lets a program own a card safely" }
      : {
          name: "IOMMU",
          state: "lacking",
          found: "none",
          why: "it lets a program own a card safely",
          mend: bootWith(/AuthenticAMD/.test(host.read("proc/cpuinfo") ?? "") ? "amd_iommu=on" : "intel_iommu=on"),
          advice: "it may have to be switched on in the firmware first, or by the hypervisor",
        },
    bound.length > 0
      ? { name: "cards bound to vfio-pci", state: "ok", found: bound.join(", "), why: "DPDK and SPDK take such cards" }
      : {
          name: "cards bound to vfio-pci",
          state: "lacking",
          found: "none",
          why: "DPDK and SPDK take such cards",
          mend: "modprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci ADDRESS",
        },
    dpdk
      ? { name: "DPDK", state: "ok", found: "installed", why: "packets without the kernel" }
      : {
          name: "DPDK",
          state: "lacking",
          found: "not installed",
          why: "packets without the kernel",
          mend: "apt-get install dpdk",
        },
    spdk
      ? { name: "SPDK", state: "ok", found: "installed", why: "disks without the kernel" }
      : {
          name: "SPDK",
          state: "lacking",
          found: "not installed",
          why: "disks without the kernel",
          mend: "git clone --recursive https://github.com/spdk/spdk && cd spdk && scripts/pkgdep.sh && ./configure && make",
        },
  ];
};

const disks: Check = (host) => {
  const drives = host.list("sys/block").filter((name) => /^(nvme|sd|vd)/.test(name));
  return drives.map((name) => {
    const scheduler =
      host.chosen(`sys/block/${name}/queue/scheduler`) ?? host.read(`sys/block/${name}/queue/scheduler`);
    const why = "a log is written in order: a scheduler can only delay it";
    if (scheduler === undefined || scheduler === "none")
      return { name: `disk ${name}`, state: "ok", found: `scheduler ${scheduler ?? "none"}`, why };
    const mend = `echo none > /sys/block/${name}/queue/scheduler`;
    return { name: `disk ${name}`, state: "lacking", found: `scheduler ${scheduler}`, why, mend };
  });
};

const nvme: Check = (host) => {
  const drives = host.list("sys/class/nvme");
  const why =
    "a durable commit on an NVMe drive with power-loss protection is tens of microseconds, elsewhere milliseconds";
  if (drives.length > 0) return [{ name: "NVMe", state: "ok", found: drives.join(", "), why }];
  return [{ name: "NVMe", state: "note", found: "none", why }];
};

export const network: readonly Check[] = [buffers, polling, cards, time];
export const storage: readonly Check[] = [nvme, disks];
export const kernelBypass: readonly Check[] = [bypass];
