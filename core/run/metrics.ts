/** A run's live figures as Prometheus text over HTTP, read from the shared page when somebody asks. */

import { Failure } from "../cli/failure.ts";
import { EXIT } from "../cli/exit.ts";
import { COUNTERS, type CounterName } from "../../ffi/abi.ts";
import type { RunPage } from "../../ffi/page.ts";

interface Metric {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly help: string;
  /** Base unit of one count; nanoseconds become seconds. */
  readonly unit?: number;
}

/** What is shown, by the names and base units that Prometheus asks for. */
const METRICS: Partial<Record<CounterName, Metric>> = {
  messages: { name: "orders_total", kind: "counter", help: "Commands matched, clocks not counted." },
  trades: { name: "trades_total", kind: "counter", help: "Trades made." },
  bytesIn: { name: "input_bytes_total", kind: "counter", help: "Bytes of orders taken in." },
  liveOrders: { name: "live_orders", kind: "gauge", help: "Orders in all books." },
  clients: { name: "clients", kind: "gauge", help: "Clients that are connected." },
  ringDepth: { name: "ring_depth", kind: "gauge", help: "Commands that wait for the matching thread." },
  elapsedNs: { name: "uptime_seconds", kind: "gauge", help: "Time since the run started.", unit: 1e-9 },
};

const QUANTILES = { latencyP50Ns: "0.5", latencyP99Ns: "0.99", latencyP999Ns: "0.999" } as const;

export class Exporter {
  readonly #server: Bun.Server<undefined>;
  #page: RunPage | undefined;

  /** @throws Failure when the place is no HOST:PORT (2) or taken (1). */
  constructor(command: string, place: string) {
    const [, hostname, port] = /^([^:/]+):(\d{1,5})$/.exec(place) ?? [];
    if (hostname === undefined || Number(port) > 65_535)
      throw new Failure(`--metrics "${place}" is no HOST:PORT`, {
        exit: EXIT.usage,
        hint: "for example 127.0.0.1:9100",
      });
    const fetch = (request: Request): Response => {
      if (request.method !== "GET" && request.method !== "HEAD")
        return new Response("only GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
      if (new URL(request.url).pathname !== "/metrics") return new Response("see /metrics\n", { status: 404 });
      const page = this.#page;
      const text = page === undefined ? "" : metricsText(command, (name) => page.counter(name));
      return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
    };
    try {
      this.#server = Bun.serve({ hostname, port: Number(port), fetch });
    } catch (cause) {
      throw new Failure(`cannot serve metrics on ${place}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }

  /** From now on the figures of this run are served, until {@link stop}. */
  readonly watch = (page: RunPage): void => {
    this.#page = page;
  };

  stop(): void {
    this.#page = undefined;
    void this.#server.stop(true);
  }
}

/** Every figure of {@link METRICS}, then the latency from arrival to report as a summary. */
export function metricsText(command: string, read: (name: CounterName) => number): string {
  const lines: string[] = [];
  for (const counter of COUNTERS) {
    const metric = METRICS[counter];
    if (metric === undefined) continue;
    const name = `hftz_${command}_${metric.name}`;
    const value = read(counter) * (metric.unit ?? 1);
    lines.push(`# HELP ${name} ${metric.help}`, `# TYPE ${name} ${metric.kind}`, `${name} ${value}`);
  }
  const latency = `hftz_${command}_latency_seconds`;
  lines.push(`# HELP ${latency} From the arrival of an order to its report.`, `# TYPE ${latency} summary`);
  for (const [counter, quantile] of Object.entries(QUANTILES))
    lines.push(`${latency}{quantile="${quantile}"} ${secondsOrNone(read(counter as CounterName))}`);
  return `${lines.join("\n")}\n`;
}

/** Prometheus draws nothing for NaN, which is what it asks for while nothing was measured. */
function secondsOrNone(ns: number): string {
  return ns === 0 ? "NaN" : String(ns / 1e9);
}
