/** A MoldUDP64 receiver that loses packets on purpose and asks the retransmission server for what it lost. */

import { type Socket, createSocket } from "node:dgram";

const HEAD = 20;
const END = 0xffff;

export class LossyReceiver {
  /** By sequence number minus one. */
  readonly messages: (Buffer | undefined)[] = [];
  /** Every packet that came, also those that count as lost. */
  readonly packets: Buffer[] = [];
  lost = 0;
  recovered = 0;
  isOver = false;
  #next = 1;
  #session = Buffer.alloc(10);
  #seed: number;
  #wake: () => void = () => undefined;
  readonly #groupSocket: Socket;
  readonly #asker: Socket;
  readonly #requests: { readonly host: string; readonly port: number };
  readonly #timer: Timer;

  private constructor(seed: number, requestPort: number) {
    this.#seed = seed;
    this.#requests = { host: "127.0.0.1", port: requestPort };
    this.#groupSocket = createSocket({ type: "udp4", reuseAddr: true });
    this.#asker = createSocket("udp4");
    this.#groupSocket.on("message", (packet) => {
      this.packets.push(Buffer.from(packet));
      if (this.#random() < 0.2) this.lost++;
      else this.#take(packet, false);
    });
    this.#asker.on("message", (packet) => {
      this.packets.push(Buffer.from(packet));
      // An answer may get lost as well; then it is asked for again.
      if (this.#random() >= 0.2) this.#take(packet, true);
    });
    this.#timer = setInterval(() => this.#ask(), 20);
  }

  static async join(group: string, port: number, requestPort: number, seed: number): Promise<LossyReceiver> {
    const receiver = new LossyReceiver(seed, requestPort);
    const ready = Promise.withResolvers<void>();
    receiver.#groupSocket.once("error", ready.reject);
    receiver.#groupSocket.bind(port, () => {
      receiver.#groupSocket.addMembership(group, "127.0.0.1");
      ready.resolve();
    });
    await ready.promise;
    return receiver;
  }

  get isWhole(): boolean {
    return this.#next > this.messages.length;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#groupSocket.close();
    this.#asker.close();
  }

  #random(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed >>> 0) / 2 ** 32;
  }

  #take(packet: Buffer, isAnswer: boolean): void {
    packet.copy(this.#session, 0, 0, 10);
    const first = Number(packet.readBigUInt64BE(10));
    const count = packet.readUInt16BE(18);
    // Heartbeats and the end say how far the session is: what is before them and not here was lost.
    if (this.messages.length < first - 1) this.messages.length = first - 1;
    if (count === END) this.isOver = true;
    else {
      let at = HEAD;
      for (let index = first - 1; index < first - 1 + count; index++) {
        const length = packet.readUInt16BE(at);
        if (this.messages[index] === undefined) {
          this.messages[index] = Buffer.from(packet.subarray(at + 2, at + 2 + length));
          if (isAnswer) this.recovered++;
        }
        at += 2 + length;
      }
      if (at !== packet.length) throw new Error("a packet is longer than its blocks");
    }
    while (this.#next <= this.messages.length && this.messages[this.#next - 1] !== undefined) this.#next++;
    this.#wake();
  }

  /** Asks for the first gaps. */
  #ask(): void {
    let from = this.#next - 1;
    for (let gaps = 0; gaps < 16 && from < this.messages.length; gaps++) {
      let end = from;
      while (end < this.messages.length && this.messages[end] === undefined) end++;
      const request = Buffer.alloc(HEAD);
      this.#session.copy(request);
      request.writeBigUInt64BE(BigInt(from + 1), 10);
      request.writeUInt16BE(Math.min(end - from, 1000), 18);
      this.#asker.send(request, this.#requests.port, this.#requests.host);
      while (end < this.messages.length && this.messages[end] !== undefined) end++;
      from = end;
    }
  }
}
