/** Conditions of the network that a test waits for instead of sleeping. */

import { createSocket } from "node:dgram";
import { shell } from "./product.ts";

/** Waits until a UDP socket of this network namespace is bound to the port. */
export async function untilBound(port: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (let tries = 0; tries < 500; tries++) {
    if ((await shell(`grep -q ':${hex} ' /proc/net/udp`)).status === 0) return;
    await Bun.sleep(10);
  }
  throw new Error(`nobody bound port ${port}`);
}

/** Waits for a datagram to the multicast group on the loopback interface. */
export async function untilHeard(group: string, port: number): Promise<void> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("message", () => resolve());
  socket.once("error", reject);
  socket.bind(port, () => socket.addMembership(group, "127.0.0.1"));
  const patience = setTimeout(() => reject(new Error(`nobody sent to ${group}:${port}`)), 10_000);
  await promise.finally(() => {
    clearTimeout(patience);
    socket.close();
  });
}
