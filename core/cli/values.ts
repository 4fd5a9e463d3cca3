/**
 * Text to values with units. Each reader returns `undefined` for text it does not accept, so that the caller, who knows
 * the flag's name, writes the error. Decimal fractions are shifted as digits, never multiplied as floats: `1.1us` is 1100.
 */

const METRIC = { "": 0, k: 3, K: 3, M: 6, G: 9 } as const;
const DURATION = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 10n ** 9n,
  m: 60n * 10n ** 9n,
  h: 3600n * 10n ** 9n,
} as const;
const BYTES = {
  "": 1n,
  B: 1n,
  kB: 10n ** 3n,
  MB: 10n ** 6n,
  GB: 10n ** 9n,
  TB: 10n ** 12n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
} as const;

/** A whole number: `8`, `200k`, `1.5M`, `1_000_000`. */
export function readCount(text: string): number | undefined {
  const match = /^(\d+(?:_\d+)*)(?:\.(\d+))?([kKMG]?)$/.exec(text);
  if (match === null) return undefined;
  const exponent = METRIC[match[3] as keyof typeof METRIC];
  return whole(scaled(match[1]!.replaceAll("_", ""), match[2] ?? "", 10n ** BigInt(exponent)));
}

/** Messages per second: `200k`, `1M/s`. */
export function readRate(text: string): number | undefined {
  const count = readCount(text.replace(/\/s$/, ""));
  return count === 0 ? undefined : count;
}

/** Nanoseconds: `10s`, `100us`, `1h30m`, `2.5ms`. A bare number has no unit and is refused, except 0. */
export function readDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const part = /(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|m|h)/y;
  let total = 0n;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const value = scaled(match[1]!, match[2] ?? "", DURATION[match[3] as keyof typeof DURATION]);
    if (value === undefined) return undefined;
    total += value;
  }
  return text === "" ? undefined : whole(total);
}

/** Bytes: `64MiB`, `1.5GB`, `4096`. */
export function readBytes(text: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?(B|[kMGT]B|[KMGT]iB)?$/.exec(text);
  if (match === null) return undefined;
  return whole(scaled(match[1]!, match[2] ?? "", BYTES[(match[3] ?? "") as keyof typeof BYTES]));
}

/** Time of day as nanoseconds since midnight: `10:30`, `10:30:00`, `09:30:00.000000001`. */
export function readClock(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return ((hours * 60 + minutes) * 60 + seconds) * 1e9 + Number((match[4] ?? "").padEnd(9, "0"));
}

/** A speed relative to real time: `10x`, `0.5x`, `1`. */
export function readFactor(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)x?$/.exec(text);
  const factor = Number(match?.[1] ?? Number.NaN);
  return factor > 0 && Number.isFinite(factor) ? factor : undefined;
}

/** A decimal that is not negative: `10`, `0.5`, `1k`. */
export function readDecimal(text: string): number | undefined {
  return /^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : readCount(text);
}

/** Stretches of higher rate: `10x,1ms/100ms` is ten times the rate for the first millisecond of every hundred. */
export interface BurstValue {
  readonly factor: number;
  readonly lengthNs: number;
  readonly everyNs: number;
}

export function readBurst(text: string): BurstValue | undefined {
  const match = /^(\d{1,9})x,([^/]+)\/([^/]+)$/.exec(text);
  if (match === null) return undefined;
  const [factor, lengthNs, everyNs] = [Number(match[1]), readDuration(match[2]!), readDuration(match[3]!)];
  return lengthNs === undefined || everyNs === undefined ? undefined : { factor, lengthNs, everyNs };
}

/** An unsigned 64-bit number, decimal or `0x`: a number while JSON keeps it exact, decimal text above. */
export function readSeed(text: string): number | string | undefined {
  if (!/^(\d+|0x[0-9a-fA-F]+)$/.test(text)) return undefined;
  const seed = BigInt(text);
  if (seed >= 1n << 64n) return undefined;
  return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed.toString();
}

/** Yes or no, for places where a flag's presence cannot say it: environment and configuration file. */
export function readSwitch(text: string): boolean | undefined {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)$/i.test(text) ? false : undefined;
}

/** `digits.fraction` times `unit`, exactly, or undefined when it is not whole. */
function scaled(digits: string, fraction: string, unit: bigint): bigint | undefined {
  const shift = 10n ** BigInt(fraction.length);
  const product = BigInt(digits + fraction) * unit;
  return product % shift === 0n ? product / shift : undefined;
}

function whole(value: bigint | undefined): number | undefined {
  return value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}
