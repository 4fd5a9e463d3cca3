#!/usr/bin/env bun
/** A small OUCH 4.2 client: logs in, enters one order, prints every message until it is stopped. */

const [place = "127.0.0.1:7001", user = "alice", side = "buy", shares = "100", stock = "SYM00001", price = "1.00"] =
  Bun.argv.slice(2);
const [hostname = "127.0.0.1", port = "7001"] = place.split(":");

const say = (line: string) => void process.stdout.write(`${line}\n`);

const packet = (type: string, payload: Buffer) => {
  const head = Buffer.alloc(3);
  head.writeUInt16BE(payload.length + 1, 0);
  head.write(type, 2, "latin1");
  return Buffer.concat([head, payload]);
};

/** Sequence number 0: only what comes from now on. */
const login = () =>
  packet("L", Buffer.from(user.padEnd(6) + "".padEnd(10) + "".padEnd(10) + "0".padStart(20), "latin1"));

const order = () => {
  const bytes = Buffer.alloc(49, " ");
  const token = Date.now().toString(36).toUpperCase().padEnd(14);
  bytes.write(`O${token}${side === "sell" ? "S" : "B"}`, 0, "latin1");
  bytes.writeUInt32BE(Number(shares), 16);
  bytes.write(stock.padEnd(8), 20, "latin1");
  bytes.writeUInt32BE(Math.round(Number(price) * 10_000), 28);
  bytes.writeUInt32BE(99_998, 32);
  bytes.write("HFTZYPN", 36, "latin1");
  bytes.writeUInt32BE(0, 43);
  bytes.write("NN", 47, "latin1");
  return packet("U", bytes);
};

/** One message as a line. */
const describe = (message: Buffer) => {
  const token = message.toString("latin1", 9, 23).trim();
  const dollars = (at: number) => (message.readUInt32BE(at) / 10_000).toFixed(4);
  switch (message.toString("latin1", 0, 1)) {
    case "S":
      return `system event ${message.toString("latin1", 9, 10)}`;
    case "A":
      return `${token} accepted: ${message.readUInt32BE(24)} at ${dollars(36)}`;
    case "E":
      return `${token} executed: ${message.readUInt32BE(23)} at ${dollars(27)}, match ${message.readBigUInt64BE(32)}`;
    case "C":
      return `${token} canceled: ${message.readUInt32BE(23)}, reason ${message.toString("latin1", 27, 28)}`;
    case "J":
      return `${token} rejected: ${message.toString("latin1", 23, 24)}`;
    default:
      return message.toString("hex");
  }
};

let waiting = Buffer.alloc(0);
const socket = await Bun.connect({
  hostname,
  port: Number(port),
  socket: {
    open: (it) => void it.write(login()),
    data(it, bytes) {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 3 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        const [type, payload] = [waiting.toString("latin1", 2, 3), waiting.subarray(3, end)];
        if (type === "A") it.write(order());
        if (type === "S") say(describe(payload));
        if (type === "J") say(`login rejected: ${payload.toString("latin1")}`);
        waiting = waiting.subarray(end);
      }
    },
    close: () => process.exit(0),
  },
}).catch(() => {
  process.stderr.write(
    `nobody listens at ${hostname}:${port}: hftz match --listen ouch+tcp://${hostname}:${port} would\n`,
  );
  process.exit(1);
});
setInterval(() => socket.write(packet("R", Buffer.alloc(0))), 1000);
