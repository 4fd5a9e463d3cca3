/** Flags of the Velox pipeline as the native run wants them. */

import { misuse } from "../cli/failure.ts";
import { flagName } from "../cli/flags.ts";
import { type BurstValue, readBurst, readCount } from "../cli/values.ts";

export interface VeloxFlags {
  readonly rate: number | undefined;
  readonly duration: number | undefined;
  readonly maxBundle: number | undefined;
  readonly window: number | undefined;
  readonly ring: readonly string[];
  readonly topology: string | undefined;
  readonly idle: string | undefined;
  readonly cpus: string | undefined;
  readonly burst: string | undefined;
  readonly chaos: number | string | undefined;
  readonly seed: number | string | undefined;
  readonly shm: string | undefined;
  readonly ingressOnly: boolean;
  readonly downstreamOnly: boolean;
}

const KEYS = [
  "rate",
  "duration",
  "maxBundle",
  "window",
  "ring",
  "topology",
  "idle",
  "cpus",
  "burst",
  "chaos",
  "seed",
  "shm",
  "ingressOnly",
  "downstreamOnly",
] as const satisfies readonly (keyof VeloxFlags)[];

export interface Half {
  readonly role: "ingress" | "downstream";
  /** Name of the shared memory. */
  readonly shm: string;
}

/** The command that runs the other half. */
export function otherHalf({ role, shm }: Half): string {
  return `hftz bench velox --${role === "ingress" ? "downstream" : "ingress"}-only --shm ${shm}`;
}

/** What each half is told: the other's settings would say nothing here. */
const INGRESS_SAYS = ["rate", "duration", "burst", "seed"] as const;
const DOWNSTREAM_SAYS = ["maxBundle", "window", "ring"] as const;

/** The first flag of the pipeline that was given, as typed; of those in `typed`, if it is there. */
export function givenVelox(flags: VeloxFlags, typed?: ReadonlySet<string>): string | undefined {
  const key = KEYS.find((each) => isGiven(flags, each) && typed?.has(each) !== false);
  return key === undefined ? undefined : flagName(key);
}

function isGiven(flags: VeloxFlags, key: (typeof KEYS)[number]): boolean {
  const value = flags[key];
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/**
 * Which half of the pipeline runs here; undefined for the whole.
 *
 * @throws Failure when the flags of halves do not fit together.
 */
export function veloxHalf(flags: VeloxFlags): Half | undefined {
  const { shm, ingressOnly, downstreamOnly } = flags;
  if (ingressOnly && downstreamOnly) throw misuse("--ingress-only and --downstream-only are two processes");
  if (shm === undefined) {
    if (!ingressOnly && !downstreamOnly) return undefined;
    throw misuse(`--${ingressOnly ? "ingress" : "downstream"}-only needs --shm NAME, the memory that joins the halves`);
  }
  if (!ingressOnly && !downstreamOnly)
    throw misuse("--shm joins two processes: give one --ingress-only, the other --downstream-only");
  const role = ingressOnly ? "ingress" : "downstream";
  const foreign = (ingressOnly ? DOWNSTREAM_SAYS : INGRESS_SAYS).find((key) => isGiven(flags, key));
  if (foreign !== undefined)
    throw misuse(`--${flagName(foreign)} is a setting of the ${ingressOnly ? "downstream" : "ingress"} half`);
  return { role, shm };
}

/** @returns undefined when nothing was given. */
export function veloxConfig(flags: VeloxFlags): Readonly<Record<string, unknown>> | undefined {
  if (givenVelox(flags) === undefined) return undefined;
  return {
    rate: flags.rate,
    durationNs: flags.duration,
    maxBundle: flags.maxBundle,
    windowNs: flags.window,
    rings: flags.ring.length === 0 ? undefined : flags.ring.map(readSize),
    topology: flags.topology,
    idle: flags.idle,
    cpus: flags.cpus === undefined ? undefined : readCpus(flags.cpus),
    burst: flags.burst === undefined ? undefined : burstOf(flags.burst),
    chaos: asNumber("chaos", flags.chaos),
    seed: asNumber("seed", flags.seed),
    half: veloxHalf(flags),
  };
}

function readSize(text: string): number {
  const size = readCount(text);
  if (size === undefined) throw misuse(`--ring "${text}" is not a number of items`);
  return size;
}

/** `2-5,7` */
export function readCpus(text: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || last < first || last > 1023)
      throw misuse(`--cpus "${text}" is not a list of processors such as 2-5 or 1,3`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** `10x,1ms/100ms` */
function burstOf(text: string): BurstValue {
  const burst = readBurst(text);
  if (burst === undefined) throw misuse(`--burst "${text}" is not FACTORx,TIME/EVERY such as 10x,1ms/100ms`);
  return burst;
}

/** JSON carries whole numbers exactly up to 2^53. */
function asNumber(name: string, value: number | string | undefined): number | undefined {
  if (typeof value === "string") throw misuse(`--${name} is at most ${Number.MAX_SAFE_INTEGER}`);
  return value;
}
