#!/usr/bin/env bun
/**
 * A client of `hftz match --listen native+shm://PATH`: orders from stdin, reports to stdout, in the native binary form.
 * `hftz feedgen --orders --count 1M | bun docs/shm-client.ts PATH > reports.bin`; the layout is in docs/match.md.
 */

import { dlopen, ptr, toArrayBuffer } from "bun:ffi";
import { readSync, writeSync } from "node:fs";

const i32 = "i32" as const;
const libc = dlopen("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  connect: { args: [i32, "ptr", i32], returns: i32 },
  recvmsg: { args: [i32, "ptr", i32], returns: i32 },
  recv: { args: [i32, "ptr", "u64", i32], returns: "i64" },
  send: { args: [i32, "ptr", "u64", i32], returns: "i64" },
  poll: { args: ["ptr", "u64", i32], returns: i32 },
  lseek: { args: [i32, "i64", i32], returns: "i64" },
  mmap: { args: ["ptr", "u64", i32, i32, i32, "i64"], returns: "ptr" },
}).symbols;
const DONT_WAIT = 0x40 | 0x4000;
const MAGIC = "HFTZSHM\x01";

const [path] = Bun.argv.slice(2);
const fail = (why: string): never => {
  process.stderr.write(`shm-client: ${why}\n`);
  process.exit(1);
};
if (path === undefined || path.length > 107) fail("say at which path the exchange listens");

/** Connects and takes the memory that the exchange hands over: its descriptor comes beside eight bytes (SCM_RIGHTS). */
function join(at: string): { socket: number; memory: ArrayBuffer } {
  const socket = libc.socket(1, 1, 0);
  const address = Buffer.alloc(2 + at.length + 1);
  address.writeUInt16LE(1);
  address.write(at, 2);
  if (libc.connect(socket, ptr(address), address.length) !== 0) fail(`nobody listens at ${at}`);
  const [word, control, part, message] = [Buffer.alloc(8), Buffer.alloc(24), Buffer.alloc(16), Buffer.alloc(56)];
  part.writeBigUInt64LE(BigInt(ptr(word)), 0);
  part.writeBigUInt64LE(8n, 8);
  message.writeBigUInt64LE(BigInt(ptr(part)), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(BigInt(ptr(control)), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  const came = libc.recvmsg(socket, ptr(message), 0);
  if (came !== 8 || word.toString("latin1") !== MAGIC) fail("what is handed over there has another layout or version");
  const file = control.readInt32LE(16);
  const bytes = Number(libc.lseek(file, 0, 2));
  const start = libc.mmap(null, bytes, 3, 1, file, 0);
  return { socket, memory: toArrayBuffer(start!, 0, bytes) };
}

const { socket, memory } = join(path!);
const words = new BigUint64Array(memory);
const halves = new Int32Array(memory);
const bytes = new Uint8Array(memory);
const [EXCHANGE_SLEEPS, CLIENT_SLEEPS] = [128 / 4, 256 / 4];

/** A ring of bytes: `tail` is where the next one goes, `head` where the next one is; both only grow. */
function ring(base: number) {
  const [tail, head, first] = [(base + 128) / 8, (base + 256) / 8, base + 384];
  const size = Number(words[base / 8 + 2]);
  /** Takes up to `most` bytes, in one piece of memory each time. */
  const take = (most: number): Uint8Array => {
    const at = Atomics.load(words, head);
    const place = Number(at % BigInt(size));
    const count = Math.min(Number(Atomics.load(words, tail) - at), size - place, most);
    const taken = bytes.slice(first + place, first + place + count);
    if (count > 0) Atomics.store(words, head, at + BigInt(count));
    return taken;
  };
  const put = (from: Uint8Array): number => {
    const at = Atomics.load(words, tail);
    const place = Number(at % BigInt(size));
    const count = Math.min(size - Number(at - Atomics.load(words, head)), size - place, from.length);
    bytes.set(from.subarray(0, count), first + place);
    if (count > 0) Atomics.store(words, tail, at + BigInt(count));
    return count;
  };
  /** The side that fills sends no more. */
  const close = (): void => void Atomics.store(halves, (base + 136) / 4, 2);
  const isClosed = (): boolean => Atomics.load(halves, (base + 136) / 4) === 2;
  const isEmpty = (): boolean => Atomics.load(words, tail) === Atomics.load(words, head);
  return { take, put, close, isClosed, isEmpty };
}

const [orders, reports] = [ring(Number(words[2])), ring(Number(words[3]))];
const knock = (): void => {
  if (Atomics.load(halves, EXCHANGE_SLEEPS) !== 0) libc.send(socket, ptr(new Uint8Array([1])), 1, DONT_WAIT);
};

const [input, scratch, waiting] = [Buffer.alloc(1 << 16), Buffer.alloc(256), new Int32Array(4)];
let [left, isEnded] = [input.subarray(0, 0), false];

/** Waits for orders, reports or room. */
function wait(): void {
  Atomics.store(halves, CLIENT_SLEEPS, 1);
  const isStdinWanted = left.length === 0 && !isEnded;
  // Descriptor and what to wait for (1: something to read), twice; a negative descriptor is nobody.
  waiting.set([socket, 1, isStdinWanted ? 0 : -1, 1]);
  const patience = reports.isEmpty() && !reports.isClosed() ? 50 : 0;
  libc.poll(ptr(waiting), 2, patience);
  Atomics.store(halves, CLIENT_SLEEPS, 0);
  const [ofSocket, ofStdin] = [waiting[1]! >>> 16, waiting[3]! >>> 16];
  if (ofSocket !== 0 && libc.recv(socket, ptr(scratch), scratch.length, DONT_WAIT) === 0n && !reports.isClosed()) {
    fail("the exchange has left");
  }
  if (isStdinWanted && ofStdin !== 0) {
    left = input.subarray(0, readSync(0, input));
    isEnded = left.length === 0;
    if (!isEnded) return;
    orders.close();
    knock();
  }
}

for (;;) {
  const told = reports.take(1 << 16);
  for (let at = 0; at < told.length;) at += writeSync(1, told, at);
  const sent = orders.put(left);
  left = left.subarray(sent);
  if (told.length > 0 || sent > 0) knock();
  else if (reports.isClosed() && reports.isEmpty()) break;
  else wait();
}
