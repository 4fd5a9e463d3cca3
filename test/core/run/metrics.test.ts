import { expect, test } from "bun:test";
import { Exporter, metricsText } from "../../../core/run/metrics.ts";

test("every figure has its help, its type and its base unit", () => {
  const text = metricsText("match", (name) => (name === "latencyP99Ns" ? 1500 : name === "messages" ? 7 : 0));
  expect(text).toContain("# TYPE hftz_match_orders_total counter\nhftz_match_orders_total 7\n");
  expect(text).toContain('hftz_match_latency_seconds{quantile="0.99"} 0.0000015\n');
  // Nothing measured is no measurement of nothing.
  expect(text).toContain('hftz_match_latency_seconds{quantile="0.5"} NaN\n');
  expect(text.endsWith("\n")).toBe(true);
});

test("a place that is none is wrong usage", () => {
  expect(() => new Exporter("match", "9100")).toThrow("is no HOST:PORT");
  expect(() => new Exporter("match", "127.0.0.1:70000")).toThrow("is no HOST:PORT");
});
