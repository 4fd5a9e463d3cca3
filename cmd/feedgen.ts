/** `hftz feedgen`: a synthetic venue whose feed is consistent with its books. */

import { defineCommand, runFlags } from "../core/cli/command.ts";
import { misuse } from "../core/cli/failure.ts";
import type { ValuesOf } from "../core/cli/flags.ts";
import * as flag from "../core/cli/flags.ts";
import { refuseStray } from "../core/cli/stray.ts";
import { isTerminal } from "../core/cli/terminal.ts";
import { renderFeedgen, renderOrders } from "../core/report/feedgen.ts";
import { renderValidation } from "../core/report/validation.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

/** Without `--count` and `--duration`, so that a pipe into another command ends. */
const DEFAULT_COUNT = 1_000_000;

const flags = {
  symbols: flag.within(
    1,
    65_535,
  )({ summary: "number of symbols, named SYM00001 and up", fallback: "8", group: "Flow" }),
  count: flag.count({ summary: "messages to write; 1M when --duration is not given either", group: "Flow" }),
  duration: flag.duration({ summary: "how long to write", group: "Flow" }),
  rate: flag.rate({
    summary: "messages per second on an absolute schedule; as fast as possible without it",
    group: "Flow",
  }),
  seed: flag.seed({ summary: "same seed, same bytes", fallback: "1", group: "Flow" }),
  model: flag.oneOf(["zi", "poisson", "hawkes"])({
    summary:
      "order flow model: zero intelligence, Poisson arrivals, or Hawkes: arrivals that cause others (default zi)",
    group: "Flow",
  }),
  mu: flag.decimal({
    summary: "Hawkes: arrivals that nothing caused, per second and symbol (default 10)",
    group: "Flow",
  }),
  alpha: flag.decimal({
    summary: "Hawkes: what an arrival adds to the rate of its symbol, below --beta (default 80)",
    group: "Flow",
  }),
  beta: flag.decimal({ summary: "Hawkes: how fast that fades, per second (default 100)", group: "Flow" }),
  burst: flag.burst({
    summary: "bursts, such as 10x,1ms/100ms: ten times the rate for 1 ms every 100 ms, in model time and of --rate",
    group: "Flow",
  }),
  sizes: flag.oneOf(["mixture", "unit"])({
    summary: "order sizes: round lots with a tail, or always one lot",
    fallback: "mixture",
    group: "Flow",
  }),
  pure: flag.toggle({
    summary: "the bare model, without the replaces and reserve orders that a feed should contain",
    group: "Flow",
  }),
  validate: flag.toggle({
    summary: "write nothing; run each model, or --model, and hold what it gives against its theory",
    group: "Flow",
  }),
  orders: flag.toggle({
    summary: "write the order-entry side of the same flow in the native protocol",
    group: "Output",
  }),
  to: flag.place({
    summary: "- for stdout, a file, a file.pcap, or udp://GROUP:PORT?iface=NAME",
    fallback: "-",
    group: "Output",
  }),
  retransmit: flag.text({
    placeholder: "HOST:PORT",
    summary: "answer MoldUDP64 requests for lost packets here",
    group: "Output",
  }),
  mtu: flag.within(
    576,
    65_535,
  )({ placeholder: "BYTES", summary: "largest packet, IP header included", fallback: "1500", group: "Output" }),
  heartbeat: flag.duration({ summary: "silence after which a heartbeat is sent", fallback: "1s", group: "Output" }),
  store: flag.bytes({ summary: "past messages that can be asked for again", fallback: "256MiB", group: "Output" }),
  ...runFlags,
} as const;

export const feedgen = defineCommand({
  name: "feedgen",
  summary: "generate a venue's feed: order flow, matching, ITCH 5.0",
  details: [
    "Seeded order flow goes through a matching engine and comes out as ITCH 5.0 that is consistent with its books: symbol directory, system events, trading states, adds, executions, cancels, replaces. Timestamps are model time, so neither the rate nor the machine changes the bytes.",
  ],
  operands: [],
  flags,
  examples: [
    { line: "hftz feedgen --count 2M > day.itch", about: "two million messages into a file" },
    { line: "hftz feedgen | hftz replay -", about: "generate and rebuild" },
    { line: "hftz feedgen --count 100k --to feed.pcap", about: "a capture that tshark and Wireshark read" },
    {
      line: "hftz feedgen --model hawkes --mu 10 --alpha 80 --beta 100 --count 100k > bunched.itch",
      about: "orders that cause orders: each 0.8 others on average",
    },
    {
      line: "hftz feedgen --rate 50k --burst 10x,1ms/100ms --duration 1s > bursts.itch",
      about: "half a million messages a second in the first millisecond of every hundred",
    },
    {
      line: "hftz feedgen --validate --model poisson",
      about: "measured against expected; without --model all three, some ten seconds",
    },
    {
      line: "hftz feedgen --rate 100k --duration 2s --to 'udp://239.1.1.1:30001?iface=lo'",
      about: "MoldUDP64 multicast at a steady rate",
    },
  ],
  async run({ values, typed, settings }) {
    if (values.validate) return validate(values, settings);
    const toStdout = values.to === "-";
    if (toStdout && isTerminal(1))
      throw misuse(
        "stdout is a terminal: a feed is binary",
        "redirect it (hftz feedgen > day.itch) or pipe it on (hftz feedgen | hftz replay -)",
      );
    if (values.retransmit !== undefined && !values.to.startsWith("udp://"))
      throw misuse("--retransmit goes with --to udp://...: a file loses no packets");
    if (!values.to.startsWith("udp://")) {
      refuseStray(typed, ["heartbeat"], "goes with --to udp://...: a file has no silence");
      if (!values.to.endsWith(".pcap")) refuseStray(typed, ["mtu"], "goes with packets: --to udp://... or a file.pcap");
    }
    if (values.retransmit === undefined && !values.to.includes("request="))
      refuseStray(typed, ["store"], "goes with --retransmit: without it nobody can ask");
    const model = values.model ?? "zi";
    const config = {
      run: "feedgen",
      symbols: values.symbols,
      count: values.count ?? (values.duration === undefined ? DEFAULT_COUNT : undefined),
      rate: values.rate,
      durationNs: values.duration,
      seed: values.seed,
      model,
      mu: values.mu,
      alpha: values.alpha,
      beta: values.beta,
      burst: values.burst,
      to: values.to,
      orders: values.orders,
      retransmit: values.retransmit,
      mtu: values.mtu,
      sizes: values.sizes,
      pure: values.pure,
      heartbeatNs: values.heartbeat,
      storeBytes: values.store,
    };
    const how = {
      command: "feedgen",
      settings: { ...settings, model },
      json: values.json,
      quiet: values.quiet,
      dataOnStdout: toStdout,
      render: values.orders ? renderOrders : renderFeedgen,
    };
    return presentOutcome(await driveRun(config, progressFor(how)), how);
  },
});

/** Flags that a validation reads; whatever else was given has no meaning there. */
const OF_VALIDATION = new Set(["validate", "model", "seed", "mu", "alpha", "beta", "json", "quiet"]);

async function validate(values: ValuesOf<typeof flags>, settings: Readonly<Record<string, unknown>>): Promise<number> {
  for (const [key, { fallback, read }] of Object.entries<flag.Flag>(flags)) {
    const value: unknown = values[key as keyof typeof values];
    const given = value !== undefined && value !== false && value !== read(fallback ?? "");
    if (given && !OF_VALIDATION.has(key))
      throw misuse(`--${flag.flagName(key)} does not go with --validate: nothing is written`);
  }
  const { model, seed, mu, alpha, beta } = values;
  const asked = { models: model === undefined ? [] : [model], seed, mu, alpha, beta };
  const how = {
    command: "feedgen",
    settings,
    json: values.json,
    quiet: values.quiet,
    dataOnStdout: false,
    render: renderValidation,
  };
  const progress = { ...progressFor(how), counts: "models" } as const;
  return presentOutcome(await driveRun({ run: "feedgen", validate: asked }, progress), how);
}
