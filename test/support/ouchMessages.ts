/** OUCH messages as clients write them, written here from the sheets and from nothing of the product. */

export type Version = 42 | 50;

/** A client's name for an order: a number, which 4.2 writes as a token. */
const token = (number: number) => `T${String(number).padStart(13, "0")}`;

export interface Order {
  readonly number: number;
  readonly side: "B" | "S";
  readonly shares: number;
  readonly stock?: string;
  /** In 10^-4. */
  readonly price: number;
  readonly immediate?: boolean;
}

export function enter(version: Version, order: Order): Buffer {
  const { number, side, shares, stock = "SYM00001", price, immediate = false } = order;
  if (version === 42) {
    const bytes = Buffer.alloc(49, " ");
    bytes.write(`O${token(number)}${side}`, 0, "latin1");
    bytes.writeUInt32BE(shares, 16);
    bytes.write(stock, 20, "latin1");
    bytes.writeUInt32BE(price, 28);
    bytes.writeUInt32BE(immediate ? 0 : 99_998, 32);
    bytes.write("HFTZYPN", 36, "latin1");
    bytes.writeUInt32BE(0, 43);
    bytes.write("NN", 47, "latin1");
    return bytes;
  }
  const bytes = Buffer.alloc(47, " ");
  bytes.write("O", 0, "latin1");
  bytes.writeUInt32BE(number, 1);
  bytes.write(side, 5, "latin1");
  bytes.writeUInt32BE(shares, 6);
  bytes.write(stock, 10, "latin1");
  bytes.writeBigUInt64BE(BigInt(price), 18);
  bytes.write(`${immediate ? "3" : "0"}YPNN`, 26, "latin1");
  bytes.write("CLORD", 31, "latin1");
  bytes.writeUInt16BE(0, 45);
  return bytes;
}

/** `shares` is the new total, executed ones included. */
export function replace(version: Version, from: number, to: number, shares: number, price: number): Buffer {
  if (version === 42) {
    const bytes = Buffer.alloc(47, " ");
    bytes.write(`U${token(from)}${token(to)}`, 0, "latin1");
    bytes.writeUInt32BE(shares, 29);
    bytes.writeUInt32BE(price, 33);
    bytes.writeUInt32BE(99_998, 37);
    bytes.write("YN", 41, "latin1");
    bytes.writeUInt32BE(0, 43);
    return bytes;
  }
  const bytes = Buffer.alloc(40, " ");
  bytes.write("U", 0, "latin1");
  bytes.writeUInt32BE(from, 1);
  bytes.writeUInt32BE(to, 5);
  bytes.writeUInt32BE(shares, 9);
  bytes.writeBigUInt64BE(BigInt(price), 13);
  bytes.write("0YN", 21, "latin1");
  bytes.write("CLORD", 24, "latin1");
  bytes.writeUInt16BE(0, 38);
  return bytes;
}

/** `shares` is what shall be left of the total; 0 cancels the rest. */
export function cancel(version: Version, number: number, shares = 0): Buffer {
  const bytes = Buffer.alloc(version === 42 ? 19 : 9);
  bytes.write("X", 0, "latin1");
  if (version === 42) bytes.write(token(number), 1, "latin1");
  else bytes.writeUInt32BE(number, 1);
  bytes.writeUInt32BE(shares, version === 42 ? 15 : 5);
  return bytes;
}

/** The letter why an order was cancelled. */
export function cancelReason(version: Version, message: Buffer): string {
  const at = version === 42 ? 27 : 17;
  return message.toString("latin1", at, at + 1);
}

/** Shares of an executed or cancelled message. */
export const sharesOf = (version: Version, message: Buffer) => message.readUInt32BE(version === 42 ? 23 : 13);
