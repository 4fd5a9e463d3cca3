/** The shape of a lab run, as native code gives it and `--json` prints it. */

export interface Latency {
  readonly unit: "ns";
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
  readonly mean: number;
}

export interface Figure {
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  /** One a round, or one a slice of time; absent in files of older versions. */
  readonly samples?: readonly number[];
}

/** Ours and a peer in the same rounds; `ours` and `theirs` are medians. */
export interface PeerRow {
  readonly peer: string;
  readonly against: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number;
  /** How many times as fast as the peer ours was, of the ratios of the rounds. */
  readonly times: { readonly median: number; readonly min: number; readonly max: number; readonly rounds: number };
  readonly note?: string;
}

export interface LeftOut {
  readonly peer: string;
  readonly why: string;
}

export interface Suite {
  readonly figures?: Readonly<Record<string, Figure>>;
  readonly latencies?: Readonly<Record<string, Latency>>;
  readonly peers?: readonly PeerRow[];
  readonly leftOut?: readonly LeftOut[];
  readonly [fact: string]: unknown;
}

export type Suites = Readonly<Record<string, Suite>>;
export type Environment = Readonly<Record<string, unknown>>;

/** Lowest and highest value in nanoseconds, and how many lie between. */
export type Bucket = readonly [number, number, number];
export type Histograms = Readonly<Record<string, Readonly<Record<string, readonly Bucket[]>>>>;

/** What came in a stretch of time. */
export interface TimeRow {
  readonly second: number;
  readonly perSec: number;
  readonly latency: Latency;
}

export type Timelines = Readonly<Record<string, Readonly<Record<string, readonly TimeRow[]>>>>;
export type Settings = Readonly<Record<string, unknown>>;

export interface LabRun {
  readonly environment: Environment;
  readonly suites: Suites;
}

export interface BenchResult extends LabRun {
  readonly histograms: Histograms;
  readonly timelines: Timelines;
}

/** A run that was kept: `--json` has no histograms and no timelines, a page has. */
export interface EarlierRun extends LabRun {
  readonly settings?: Settings;
  readonly histograms?: Histograms;
  readonly timelines?: Timelines;
}
