#!/usr/bin/env bun
/**
 * What an operator of `hftz match --listen operator+unix://PATH` does most: `operator.ts PATH halt 1` says it, prints what was
 * refused and ends when it is done.
 */

const STATES = { trade: "T", auction: "Q", halt: "H", pause: "P", close: "C" } as const;
const MASS = { cancel: 0, kill: 1, revive: 2 } as const;
const usage =
  "operator.ts PATH trade|auction|halt|pause|close SYMBOL, or operator.ts PATH cancel|kill|revive [ACCOUNT]";

const [path, action = "", number = "0"] = Bun.argv.slice(2);

function message(): Buffer | undefined {
  const bytes = Buffer.alloc(16);
  if (!/^\d{1,5}$/.test(number) || Number(number) > 65_535) return undefined;
  if (Object.hasOwn(STATES, action)) {
    bytes.write(`T${STATES[action as keyof typeof STATES]}`, 0, "latin1");
    bytes.writeUInt16LE(Number(number), 2);
  } else if (Object.hasOwn(MASS, action)) {
    // Everybody's, or one account's.
    bytes.write("K", 0, "latin1");
    bytes.writeUInt8(number === "0" ? 0 : 2, 1);
    bytes.writeUInt16LE(Number(number), 4);
    bytes.writeUInt8(MASS[action as keyof typeof MASS], 6);
  } else {
    return undefined;
  }
  return bytes;
}

const said = message();
if (path === undefined || said === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
let refused = Buffer.alloc(0);
const { promise: over, resolve } = Promise.withResolvers<void>();
await Bun.connect({
  unix: path,
  allowHalfOpen: true,
  socket: {
    open(socket) {
      socket.write(said);
      // The exchange lets go when it has answered.
      socket.shutdown();
    },
    data: (_, bytes) => void (refused = Buffer.concat([refused, bytes])),
    end: (socket) => void socket.end(),
    close: () => resolve(),
    error: (_, error) => process.stderr.write(`${error.message}\n`),
  },
}).catch(() => {
  process.stderr.write(`nobody listens at ${path}: hftz match --listen operator+unix://${path} would\n`);
  process.exit(1);
});
await over;
if (refused.length > 0) {
  process.stderr.write(`refused: reason ${refused.readUInt8(5)}\n`);
  process.exit(1);
}
