/** Every subcommand, by name; each is loaded when it is called. */

import type { Entry } from "../core/cli/command.ts";

export const commands: readonly Entry[] = [
  {
    name: "replay",
    summary: "rebuild order books from a feed, and print what is asked of them",
    load: async () => (await import("./replay.ts")).replay,
  },
  {
    name: "feedgen",
    summary: "generate a venue's feed: order flow, matching, ITCH 5.0",
    load: async () => (await import("./feedgen.ts")).feedgen,
  },
  {
    name: "match",
    summary: "match orders: order entry in, execution reports and a feed out",
    load: async () => (await import("./match.ts")).match,
  },
  {
    name: "demo",
    summary: "the whole loop at once: flow, matching, feed, rebuilt books, compared",
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    name: "boot-kernel",
    summary: "boot HFT-Zero, the bare-metal kernel: timeline, self-tests, measurements, verdict",
    load: async () => (await import("./boot-kernel.ts")).bootKernel,
  },
  {
    name: "bench",
    summary: "the latency lab: what this machine does, measured suite by suite",
    load: async () => (await import("./bench.ts")).bench,
  },
  {
    name: "doctor",
    summary: "what this host has and lacks for low latency, with the command that mends it",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "completions",
    summary: "print the completion script of a shell",
    load: async () => (await import("./completions.ts")).completions,
  },
  { name: "man", summary: "print the manual page", hidden: true, load: async () => (await import("./man.ts")).man },
];
