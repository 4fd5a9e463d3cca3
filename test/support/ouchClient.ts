/** An OUCH client over SoupBinTCP that remembers every message it is told, in order. */

import { type Order, type Version, cancel, enter, replace } from "./ouchMessages.ts";

type Socket = Bun.Socket;

export function packet(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt16BE(payload.length + 1, 0);
  head.write(type, 2, "latin1");
  return Buffer.concat([head, payload]);
}

export class OuchClient {
  readonly version: Version;
  /** Sequenced messages, from `first` on. */
  readonly told: Buffer[] = [];
  /** Data outside the numbers. */
  readonly aside: Buffer[] = [];
  /** Every piece of the two streams, as it came and went. */
  readonly wire: { readonly isOurs: boolean; readonly bytes: Buffer }[] = [];
  first = 0;
  heartbeats = 0;
  /** Reason of a refused login. */
  refused = "";
  hasEnded = false;
  isClosed = false;
  #socket: Socket | undefined;
  #waiting = Buffer.alloc(0);
  #unsent: Buffer[] = [];
  #waiters: (() => void)[] = [];
  readonly #beat: Timer;

  private constructor(version: Version) {
    this.version = version;
    this.#beat = setInterval(() => this.#write(packet("R", Buffer.alloc(0))), 1000);
  }

  /** Connects as soon as somebody listens and logs in, asking for the messages from number `from` on; 0 for new ones only. */
  static async logIn(port: number, version: Version, user: string, from: number): Promise<OuchClient> {
    const client = new OuchClient(version);
    const handlers = {
      data: (_: Socket, bytes: Buffer) => client.#take(bytes),
      drain: () => client.#drain(),
      close: () => client.#close(),
      error: () => client.#close(),
    };
    for (let tries = 0; client.#socket === undefined; tries++) {
      try {
        client.#socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: handlers });
      } catch (error) {
        if (tries > 1000) throw error;
        await Bun.sleep(10);
      }
    }
    const blank = " ".repeat(20);
    client.#write(packet("L", Buffer.from(user.padEnd(6) + blank + String(from).padStart(20), "latin1")));
    await client.until(() => client.first > 0 || client.refused !== "" || client.isClosed);
    return client;
  }

  enter(order: Order): void {
    this.say(enter(this.version, order));
  }

  replace(from: number, to: number, shares: number, price: number): void {
    this.say(replace(this.version, from, to, shares, price));
  }

  cancel(number: number, shares = 0): void {
    this.say(cancel(this.version, number, shares));
  }

  /** Sends messages, together. */
  say(...messages: readonly Buffer[]): void {
    this.#write(Buffer.concat(messages.map((message) => packet("U", message))));
  }

  /** Types of what was told, in order. */
  get types(): string {
    return this.told.map((message) => message.toString("latin1", 0, 1)).join("");
  }

  /** Waits until so much was told; the message with that index. */
  async message(index: number): Promise<Buffer> {
    await this.until(() => this.told.length > index || this.isClosed);
    const message = this.told[index];
    if (message === undefined) throw new Error(`closed after ${this.types}`);
    return message;
  }

  /** Waits for something to come until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.push(resolve);
      await promise;
    }
  }

  /** Hangs up without a word. */
  async hangUp(): Promise<void> {
    this.#socket?.terminate();
    await this.until(() => this.isClosed);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #write(bytes: Buffer): void {
    if (this.isClosed || this.#socket === undefined) return;
    if (this.#unsent.length > 0) {
      this.#unsent.push(bytes);
      return;
    }
    const written = this.#socket.write(bytes);
    if (written > 0) this.wire.push({ isOurs: true, bytes: bytes.subarray(0, written) });
    if (written < bytes.length) this.#unsent.push(bytes.subarray(Math.max(written, 0)));
  }

  #drain(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const bytes of unsent) this.#write(bytes);
    this.#wake();
  }

  #close(): void {
    clearInterval(this.#beat);
    this.isClosed = true;
    this.#wake();
  }

  #take(bytes: Buffer): void {
    this.wire.push({ isOurs: false, bytes: Buffer.from(bytes) });
    const all = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    let at = 0;
    while (all.length - at >= 3 && all.length - at >= 2 + all.readUInt16BE(at)) {
      const end = at + 2 + all.readUInt16BE(at);
      this.#heed(all.toString("latin1", at + 2, at + 3), Buffer.from(all.subarray(at + 3, end)));
      at = end;
    }
    this.#waiting = Buffer.from(all.subarray(at));
    this.#wake();
  }

  #heed(type: string, payload: Buffer): void {
    if (type === "A") this.first = Number(payload.toString("latin1", 10, 30));
    else if (type === "J") this.refused = payload.toString("latin1");
    else if (type === "S") this.told.push(payload);
    else if (type === "U") this.aside.push(payload);
    else if (type === "H") this.heartbeats++;
    else if (type === "Z") this.hasEnded = true;
    else throw new Error(`packet of type ${type}`);
  }
}
