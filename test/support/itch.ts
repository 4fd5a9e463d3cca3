/**
 * ITCH 5.0 messages by hand, for tests that need a feed of a known shape. Field order and widths are from the NASDAQ
 * TotalView-ITCH 5.0 specification, section 4; every integer is big-endian.
 */

type Field = readonly [width: number, value: number | bigint | string];

function message(type: string, ...fields: readonly Field[]): Uint8Array {
  const size = 1 + fields.reduce((sum, [width]) => sum + width, 0);
  const bytes = new Uint8Array(size);
  bytes[0] = type.charCodeAt(0);
  let at = 1;
  for (const [width, value] of fields) {
    if (typeof value === "string") bytes.set(new TextEncoder().encode(value.padEnd(width)), at);
    else for (let i = 0; i < width; i++) bytes[at + i] = Number((BigInt(value) >> BigInt(8 * (width - 1 - i))) & 0xffn);
    at += width;
  }
  return bytes;
}

/** Stock locate, tracking number and timestamp: what every message begins with. */
const header = (locate: number, timeNs: number): readonly Field[] => [
  [2, locate],
  [2, 0],
  [6, timeNs],
];

export type Side = "B" | "S";

export const systemEvent = (timeNs: number, event: string) => message("S", ...header(0, timeNs), [1, event]);

export const directory = (timeNs: number, locate: number, symbol: string) =>
  message(
    "R",
    ...header(locate, timeNs),
    [8, symbol],
    [1, "Q"],
    [1, "N"],
    [4, 100],
    [1, "N"],
    [1, "C"],
    [2, "Z"],
    [1, "P"],
    [1, "N"],
    [1, "N"],
    [1, "1"],
    [1, "N"],
    [4, 0],
    [1, "N"],
  );

export const add = (
  timeNs: number,
  locate: number,
  symbol: string,
  order: number,
  side: Side,
  shares: number,
  price: number,
) => message("A", ...header(locate, timeNs), [8, order], [1, side], [4, shares], [8, symbol], [4, price]);

export const execute = (timeNs: number, locate: number, order: number, shares: number, match: number) =>
  message("E", ...header(locate, timeNs), [8, order], [4, shares], [8, match]);

export const cancel = (timeNs: number, locate: number, order: number, shares: number) =>
  message("X", ...header(locate, timeNs), [8, order], [4, shares]);

export const remove = (timeNs: number, locate: number, order: number) =>
  message("D", ...header(locate, timeNs), [8, order]);

export const replace = (
  timeNs: number,
  locate: number,
  order: number,
  newOrder: number,
  shares: number,
  price: number,
) => message("U", ...header(locate, timeNs), [8, order], [8, newOrder], [4, shares], [4, price]);

/** Records of a two-byte length and a message: a BinaryFILE. */
export function framed(messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(messages.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const each of messages) {
    bytes[at] = each.length >> 8;
    bytes[at + 1] = each.length & 0xff;
    bytes.set(each, at + 2);
    at += 2 + each.length;
  }
  return bytes;
}

const OPEN_NS = 34_200e9;

/** A small day of one symbol, whose books at every step are written out in the tests that use it. */
export const smallDay: readonly Uint8Array[] = [
  systemEvent(OPEN_NS - 2, "O"),
  directory(OPEN_NS - 1, 7, "HFTZ"),
  add(OPEN_NS, 7, "HFTZ", 1, "B", 100, 999_900),
  add(OPEN_NS + 1, 7, "HFTZ", 2, "S", 200, 1_000_100),
  add(OPEN_NS + 2, 7, "HFTZ", 3, "B", 300, 999_900),
  execute(OPEN_NS + 3, 7, 1, 100, 50),
  cancel(OPEN_NS + 4, 7, 2, 50),
  replace(OPEN_NS + 5, 7, 3, 4, 250, 1_000_000),
  remove(OPEN_NS + 6, 7, 2),
  systemEvent(OPEN_NS + 7, "C"),
];
