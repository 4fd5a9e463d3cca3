/**
 * A million ITCH messages a second through UDP multicast on loopback for ten seconds: what was offered, what arrived, what was
 * lost and asked for again. Run with `npm run bench -- multicast`; `--json` prints one object.
 */

import { cpus, release } from "node:os";
import { join } from "node:path";
import { formatBytes, formatCount, formatDuration, formatRate } from "../core/report/units.ts";

const hftz = join(import.meta.dir, "../dist/hftz");
const GROUP = "udp://239.1.1.1:30871?iface=lo";
const REQUESTS = "127.0.0.1:30872";
const RATE = "1M";
const DURATION = "10s";

interface Sent {
  readonly messages: number;
  readonly messagesPerSec: number;
  readonly dropped: number;
  readonly hash: string;
  readonly lateness: Readonly<Record<"p50Ns" | "p99Ns" | "p999Ns" | "maxNs", number>>;
  readonly network: { readonly packets: number; readonly retransmission: { readonly messages: number } };
}

interface Received {
  readonly messages: number;
  readonly hash: string;
  readonly session: Readonly<
    Record<
      "packets" | "gaps" | "recovered" | "lost" | "droppedBySystem" | "receiveBufferAsked" | "receiveBufferGot",
      number
    >
  >;
}

async function summaryOf<T>(args: readonly string[]): Promise<T> {
  const child = Bun.spawn([hftz, ...args, "--json", "--quiet"], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const [text, status] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (status !== 0) throw new Error(`hftz ${args.join(" ")} ended with ${status}`);
  return JSON.parse(text) as T;
}

// The receiver joins at message 1 and asks for what it missed, so it does not matter who is ready first.
const receiving = summaryOf<Received>(["replay", `${GROUP}&request=${REQUESTS}`, "--hash"]);
const sending = summaryOf<Sent>([
  "feedgen",
  "--rate",
  RATE,
  "--duration",
  DURATION,
  "--to",
  GROUP,
  "--retransmit",
  REQUESTS,
]);
const [sent, received] = await Promise.all([sending, receiving]);

const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, kernel: release() };
const complete = received.session.lost === 0 && received.messages === sent.messages && received.hash === sent.hash;
if (Bun.argv.includes("--json")) {
  console.log(
    JSON.stringify({ suite: "multicast", machine, rate: RATE, duration: DURATION, complete, sent, received }),
  );
} else {
  const { session } = received;
  const { lateness, network } = sent;
  console.log(
    `multicast: ${RATE} messages/s for ${DURATION}; ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`,
  );
  console.log(
    `  sent       ${formatCount(sent.messages)} messages in ${formatCount(network.packets)} packets, ${formatRate(sent.messagesPerSec)}, ${formatCount(sent.dropped)} dropped`,
  );
  console.log(
    `  lateness   p50 ${formatDuration(lateness.p50Ns)}, p99 ${formatDuration(lateness.p99Ns)}, max ${formatDuration(lateness.maxNs)}`,
  );
  console.log(
    `  received   ${formatCount(received.messages)} messages; receive buffer ${formatBytes(session.receiveBufferGot)} of ${formatBytes(session.receiveBufferAsked)} asked`,
  );
  console.log(
    `  loss       ${formatCount(session.droppedBySystem)} packets dropped by the system, ${formatCount(session.gaps)} gaps, ${formatCount(session.recovered)} messages recovered by request, ${formatCount(session.lost)} lost`,
  );
  console.log(`  verdict    ${complete ? "every message arrived, and the books are the same" : "NOT complete"}`);
}
process.exitCode = complete ? 0 : 1;
