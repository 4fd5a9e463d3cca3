/**
 * The C ABI of the native library as TypeScript sees it: its version, its exports and its codes.
 * The Rust twin is `ffi/abi/src/lib.rs`; {@link ./library.ts} checks at load that both were built from one source.
 */

/** Raised with every change of an export's meaning or signature. */
export const ABI_VERSION = 2;

/** First word of every run's page. */
export const PAGE_MAGIC = 0x48_5a_54_47;

/** Size of a run's page in bytes. */
export const PAGE_BYTES = 4096;

/** What a call returns, by value. */
export const CODES = ["ok", "refused", "null", "size", "run", "state", "panic"] as const;
export type Code = (typeof CODES)[number];

/** State of a run as its page tells it. */
export const RUN_STATES = ["opened", "running", "finished"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Live counters of a run, in the order of the page; see `Counter` in `ffi/engine/src/run/page.rs`. */
export const COUNTERS = [
  "messages",
  "bytesIn",
  "bytesTotal",
  "bytesOut",
  "liveOrders",
  "anomalies",
  "lost",
  "goal",
  "latenessNs",
  "elapsedNs",
  "trades",
  "clockNs",
  "ringDepth",
  "latencyP50Ns",
  "latencyP99Ns",
  "latencyP999Ns",
  "clients",
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Signatures for `dlopen`. Buffers travel as typed arrays on every call: a kept `ptr()` goes stale when its storage moves. */
export const EXPORTS = {
  hftz_abi_version: { args: [], returns: "u32" },
  hftz_layout: { args: ["ptr", "u32", "ptr"], returns: "i32" },
  hftz_last_error: { args: ["ptr", "u32"], returns: "u32" },
  hftz_open: { args: ["ptr", "u32", "ptr"], returns: "i32" },
  hftz_start: { args: ["u32"], returns: "i32" },
  hftz_wait: { args: ["u32", "u32"], returns: "i32" },
  hftz_page: { args: ["u32"], returns: "ptr" },
  hftz_stop: { args: ["u32"], returns: "i32" },
  hftz_feed: { args: ["u32", "ptr", "u32", "ptr", "u32", "ptr"], returns: "i32" },
  hftz_result: { args: ["u32", "ptr", "u32", "ptr"], returns: "i32" },
  hftz_close: { args: ["u32"], returns: "i32" },
  hftz_fail: { args: ["u32"], returns: "i32" },
} as const;
