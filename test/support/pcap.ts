/** Captures of what a test sent and heard, for tshark: Ethernet, IPv4 and UDP or TCP around each payload, checksums left empty. */

export interface Said {
  readonly payload: Buffer;
  readonly from: number;
  readonly to: number;
}

const UDP = 17;
const TCP = 6;

function frame(protocol: number, transport: Buffer, payload: Buffer): Buffer {
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(ip.length + transport.length + payload.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(protocol, 9);
  ip.writeUInt32BE(0x7f00_0001, 12);
  ip.writeUInt32BE(0x7f00_0001, 16);
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(0x0800, 12);
  return Buffer.concat([ethernet, ip, transport, payload]);
}

function datagram({ payload, from, to }: Said): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt16BE(8 + payload.length, 4);
  return frame(UDP, head, payload);
}

function file(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2_c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.flatMap((bytes, index) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(index, 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    return [head, bytes];
  });
  return Buffer.concat([header, ...records]);
}

export const udpCapture = (said: readonly Said[]) => file(said.map(datagram));

/** One connection; each direction is a stream without gaps. */
export function tcpCapture(said: readonly Said[]): Buffer {
  const sent = new Map<number, number>();
  const frames = said.map(({ payload, from, to }) => {
    const head = Buffer.alloc(20);
    const before = sent.get(from) ?? 0;
    head.writeUInt16BE(from, 0);
    head.writeUInt16BE(to, 2);
    head.writeUInt32BE(1 + before, 4);
    head.writeUInt32BE(1 + (sent.get(to) ?? 0), 8);
    // Five words of header, acknowledged and pushed.
    head.writeUInt16BE(0x5018, 12);
    head.writeUInt16BE(0xffff, 14);
    sent.set(from, before + payload.length);
    return frame(TCP, head, payload);
  });
  return file(frames);
}
