/** Commands of the native order-entry protocol as plain objects, and their bytes. A field that is left out is 0. */

export interface Command {
  readonly type: "N" | "L" | "C" | "U" | "K" | "T" | "Z";
  /** `B` or `S`; anything else is malformed. */
  readonly side?: string;
  readonly symbol?: number;
  readonly kind?: number;
  readonly tif?: number;
  readonly account?: number;
  readonly id?: number;
  readonly price?: number;
  readonly quantity?: number;
  readonly display?: number;
  readonly trigger?: number;
  readonly expiry?: number;
  readonly minimum?: number;
  readonly selfTrade?: number;
  readonly flags?: number;
  readonly scope?: number;
  /** What a mass cancel does beside: 1 block, 2 unblock. */
  readonly action?: number;
  readonly session?: number;
  readonly state?: string;
  readonly auction?: string;
  readonly time?: number;
}

const BYTES = { N: 32, L: 64, C: 16, U: 32, K: 16, T: 16, Z: 16 } as const;

/** The messages one after the other, as a pipe carries them. */
export function encode(commands: readonly Command[]): Uint8Array {
  const bytes = new Uint8Array(commands.reduce((sum, { type }) => sum + BYTES[type], 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const command of commands) {
    write(view, at, command);
    at += BYTES[command.type];
  }
  return bytes;
}

function write(view: DataView, at: number, c: Command): void {
  const u8 = (offset: number, value = 0): void => view.setUint8(at + offset, value);
  const u16 = (offset: number, value = 0): void => view.setUint16(at + offset, value, true);
  const u32 = (offset: number, value = 0): void => view.setUint32(at + offset, value, true);
  const i64 = (offset: number, value = 0): void => view.setBigInt64(at + offset, BigInt(value), true);
  const letter = (offset: number, value = "\0"): void => u8(offset, value.charCodeAt(0));
  letter(0, c.type);
  u16(2, c.symbol);
  switch (c.type) {
    case "L":
    case "N":
      letter(1, c.side);
      u8(4, c.kind);
      u8(5, c.tif);
      u16(6, c.account);
      i64(8, c.id);
      i64(16, c.price);
      u32(24, c.quantity);
      u32(28, c.display);
      if (c.type === "N") break;
      i64(32, c.trigger);
      i64(40, c.expiry);
      u32(48, c.minimum);
      u8(52, c.selfTrade);
      break;
    case "C":
      u32(4, c.quantity);
      i64(8, c.id);
      break;
    case "U":
      u8(1, c.flags);
      u32(4, c.display);
      i64(8, c.id);
      i64(16, c.price);
      u32(24, c.quantity);
      break;
    case "K":
      u8(1, c.scope);
      u16(4, c.account);
      u8(6, c.action);
      u16(8, c.session);
      break;
    case "T":
      letter(1, c.state);
      letter(4, c.auction);
      i64(8, c.price);
      break;
    default:
      u16(2, 0);
      i64(8, c.time);
  }
}
