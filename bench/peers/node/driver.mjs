// nodejs-order-book on the messages of a file; the protocol and the file are those of src/matching/process.rs.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { OrderBook } from "nodejs-order-book";

const RECORD = 24;

/** Messages as the library's own argument objects, made before the clock starts. */
function read(path) {
  const bytes = readFileSync(path);
  return Array.from({ length: bytes.length / RECORD }, (_, index) => {
    const at = index * RECORD;
    const [id, price, size] = [
      String(bytes.readBigUInt64LE(at)),
      Number(bytes.readBigInt64LE(at + 8)),
      bytes.readUInt32LE(at + 16),
    ];
    const kind = bytes[at + 20];
    if (kind === 1) return { kind, id };
    if (kind === 2) return { kind, id, update: { price, size } };
    const side = bytes[at + 21] === 0 ? "buy" : "sell";
    const timeInForce = bytes[at + 22] === 0 ? "GTC" : "IOC";
    return { kind, id, order: { id, side, price, size, timeInForce } };
  });
}

/** A response lists the makers it emptied, then the one it touched; the taker is among them when it is complete itself. */
function count(response, id, traded) {
  for (const order of response.done) {
    if (order.id === id) continue;
    traded.trades += 1;
    traded.shares += order.size;
  }
  if (response.partial !== null && response.partial.id !== id) {
    traded.trades += 1;
    traded.shares += response.partialQuantityProcessed;
  }
}

function run(messages) {
  const book = new OrderBook();
  const traded = { trades: 0, shares: 0 };
  const start = process.hrtime.bigint();
  for (const message of messages) {
    if (message.kind === 0) count(book.limit(message.order), message.id, traded);
    else if (message.kind === 1) book.cancel(message.id);
    else count(book.modify(message.id, message.update), message.id, traded);
  }
  return { ns: Number(process.hrtime.bigint() - start), ...traded };
}

let messages = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith("load ")) {
    messages = read(line.slice("load ".length));
    process.stdout.write("loaded\n");
  } else {
    process.stdout.write(`${JSON.stringify(run(messages))}\n`);
  }
}
