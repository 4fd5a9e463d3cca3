/** Memory: pages that are large, stay where they are and are near. */

import { bootWith, type Check, countOfList } from "./host.ts";

const PAGES = [
  [
    "2 MiB pages",
    "hugepages-2048kB",
    "rings and books on them need a five-hundredth of the address translations",
    "sysctl -w vm.nr_hugepages=512",
  ],
  [
    "1 GiB pages",
    "hugepages-1048576kB",
    "the largest books need one translation",
    bootWith("hugepagesz=1G hugepages=2"),
  ],
] as const;

const hugePages: Check = (host) =>
  PAGES.map(([name, folder, why, mend]) => {
    const count = host.number(`sys/kernel/mm/hugepages/${folder}/nr_hugepages`);
    if (count === undefined) return { name, state: "unknown", found: "not offered by this kernel", why };
    if (count === 0) return { name, state: "lacking", found: "none reserved", why, mend };
    return { name, state: "ok", found: `${count} reserved`, why };
  });

const transparent: Check = (host) => {
  const chosen = host.chosen("sys/kernel/mm/transparent_hugepage/enabled");
  const why = "hftz asks for large pages under its books, and gets them where that is allowed";
  const name = "transparent huge pages";
  if (chosen === undefined) return [{ name, state: "unknown", found: "not told", why }];
  if (chosen !== "never") return [{ name, state: "ok", found: chosen, why }];
  return [
    { name, state: "lacking", found: chosen, why, mend: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled" },
  ];
};

const merging: Check = (host) => {
  const run = host.number("sys/kernel/mm/ksm/run");
  const why = "a merged page is copied at the next write to it: a fault in the middle of a run";
  if (run === undefined) return [];
  if (run !== 1) return [{ name: "same-page merging", state: "ok", found: "off", why }];
  return [{ name: "same-page merging", state: "lacking", found: "on", why, mend: "echo 0 > /sys/kernel/mm/ksm/run" }];
};

const swap: Check = (host) => {
  const areas = (host.read("proc/swaps") ?? "").split("\n").slice(1);
  const why = "memory that was swapped out comes back in milliseconds";
  if (areas.length === 0) return [{ name: "swap", state: "ok", found: "none", why }];
  return [{ name: "swap", state: "lacking", found: `${areas.length} in use`, why, mend: "swapoff -a" }];
};

const locked: Check = (host) => {
  const limit = /^Max locked memory\s+(\S+)/m.exec(host.read("proc/self/limits") ?? "")?.[1];
  const why = "memory that is locked is never paged out; a locked ring needs a limit above its size";
  if (limit === undefined) return [];
  if (limit === "unlimited") return [{ name: "locked memory", state: "ok", found: limit, why }];
  return [
    {
      name: "locked memory",
      state: "lacking",
      found: `${limit} bytes`,
      why,
      mend: "ulimit -l unlimited # for good: memlock in /etc/security/limits.conf",
    },
  ];
};

const nodes: Check = (host) => {
  const online = host.read("sys/devices/system/node/online");
  const count = online === undefined ? 1 : countOfList(online);
  const why = "memory of another node is half as fast again; threads that share a ring belong on one";
  return [{ name: "NUMA nodes", state: count === 1 ? "ok" : "note", found: String(count), why }];
};

export const memory: readonly Check[] = [hugePages, transparent, merging, swap, locked, nodes];
