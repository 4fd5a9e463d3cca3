import { expect, test } from "bun:test";
import { palette } from "../../../core/cli/terminal.ts";
import { renderFeedgen, renderOrders } from "../../../core/report/feedgen.ts";
import { renderReplay } from "../../../core/report/replay.ts";

const plain = { boxed: false, paint: palette(false) };

const QUIET = {
  packets: 10_446,
  heartbeats: 0,
  gaps: 0,
  requests: 0,
  recovered: 0,
  lost: 0,
  lostRanges: [],
  duplicates: 0,
  malformed: 0,
  firstMalformed: null,
  foreign: 0,
  overflowed: 0,
  droppedBySystem: 0,
  receiveBufferAsked: 8_388_608,
  receiveBufferGot: 8_388_608,
  joinedAt: 1,
  missedBefore: 0,
};

test("a session in which nothing happened is one line", async () => {
  expect(await renderReplay({ session: QUIET }, plain)).toBe("  packets  10,446\n");
});

test("a session in which nothing came says where to look", async () => {
  expect(await renderReplay({ session: { ...QUIET, packets: 0 } }, plain)).toContain("none came: is somebody sending");
  expect(await renderReplay({ session: { ...QUIET, packets: 0, heartbeats: 3 } }, plain)).not.toContain("none came");
});

test("a session with losses says what was missing and where", async () => {
  const session = {
    ...QUIET,
    gaps: 2,
    requests: 1,
    lost: 1100,
    lostRanges: [
      [5, 1004],
      [2000, 2099],
    ],
    joinedAt: 5001,
    missedBefore: 5000,
    droppedBySystem: 7,
    receiveBufferGot: 212_992,
  };
  expect((await renderReplay({ session }, plain)).split("\n")).toEqual([
    "  packets         10,446",
    "  session         joined at message 5,001, 5,000 before it missed",
    "  gaps            2, 1 request, 1,100 messages lost (5-1,004 2,000-2,099)",
    "  receive buffer  213 kB of 8.39 MB asked for (net.core.rmem_max), 7 packets dropped by the system",
    "",
  ]);
});

test("a sender reports its packets and what was asked for again", async () => {
  const network = { packets: 111, bytes: 160_000, heartbeats: 2, refused: 0 };
  const retransmission = { requests: 98, messages: 1000, unanswered: 0 };
  expect(await renderFeedgen({ network: { ...network, retransmission } }, plain)).toBe(
    "  network         111 packets, 160 kB, 2 heartbeats\n  retransmission  98 requests, 1,000 messages sent again\n",
  );
  expect(await renderFeedgen({ network: { ...network, retransmission: null } }, plain)).not.toContain("retransmission");
});

test("a seed beyond 2^53 comes as text, and a natural rate is not mentioned", async () => {
  const text = await renderFeedgen({ seed: "18446744073709551615", activity: 1 }, plain);
  expect(text).toBe("  flow  seed 18446744073709551615\n");
  expect(await renderFeedgen({ seed: 1, activity: 4 }, plain)).toBe("  flow  seed 1, 4 times its natural rate\n");
});

test("a generator says which build of it ran", async () => {
  expect(await renderFeedgen({ isa: "x86-64-v3" }, plain)).toBe("  built for  x86-64-v3\n");
});

test("written orders are not counted as messages of a feed", async () => {
  const text = await renderOrders({ byType: { A: 3 }, commands: 4, messages: 3 }, plain);
  expect(text).toBe(
    "  orders     4 commands in the native protocol\n  their feed  3 messages, not written\n".replace(
      "orders ",
      "orders  ",
    ),
  );
});

test("one of a kind is not told in the plural", async () => {
  const network = { packets: 1, bytes: 104, heartbeats: 1, refused: 1 };
  expect(await renderFeedgen({ network }, plain)).toBe(
    "  network  1 packet, 104 B, 1 heartbeat, 1 refused by the system\n",
  );
});
