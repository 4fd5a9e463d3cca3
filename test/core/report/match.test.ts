/** The summaries of an exchange and of its journal. */

import { expect, test } from "bun:test";
import { palette } from "../../../core/cli/terminal.ts";
import { renderJournal } from "../../../core/report/journal.ts";
import { renderMatch } from "../../../core/report/match.ts";

const plain = { boxed: false, paint: palette(false) };
const SENT = { packets: 4, bytes: 359, heartbeats: 2, refused: 0, retransmission: null };

test("which build of the engine ran is a line", async () => {
  expect(await renderMatch({ isa: "x86-64-v2" }, plain)).toBe("  built for  x86-64-v2\n");
});

test("one thread without a ring between two is a number", async () => {
  expect(await renderMatch({ ringDepth: { most: 0, slots: 0 }, threads: 1 }, plain)).toBe("  threads  1\n");
});

test("a recovered journal has more records than this run wrote", async () => {
  const journal = { durability: "group", records: 2537, refused: 0, bytes: 16, commits: 0, snapshots: null };
  const recovered = { records: 2536, hash: "32dc835a62dbabc3", overruled: [], report: "journal ./j: kept" };
  expect(await renderMatch({ journal: { ...journal, recovered } }, plain)).toBe(
    "  journal    2,537 records in all, 16 B by this run, durability group\n" +
      "  recovered  2,536 records, state hash 32dc835a62dbabc3\n             journal ./j: kept\n",
  );
  expect(await renderMatch({ journal: { ...journal, records: 1, recovered: null } }, plain)).toBe(
    "  journal  1 record, 16 B, durability group\n",
  );
});

test("what clients and receivers did is a line for each that did something", async () => {
  const text = await renderMatch(
    {
      ringDepth: { most: 3, slots: 2048 },
      threads: 2,
      network: { ...SENT, retransmission: { requests: 1, messages: 7, unanswered: 0 } },
      reportsNetwork: SENT,
      clients: {
        came: 1203,
        most: 300,
        turnedAway: 0,
        cutMalformed: 2,
        cutSlow: 1,
        cutForeign: 0,
        halfMessages: 0,
        datagramsMalformed: 5,
        datagramsDropped: 4,
        reports: 11,
        reportsUnclaimed: 0,
        cutSilent: 6,
        sessions: 1,
        ouchBytesIn: 315,
      },
    },
    plain,
  );
  expect(text.split("\n")).toEqual([
    "  network          4 packets, 359 B, 2 heartbeats",
    "  retransmission   1 request, 7 messages sent again",
    "  reports network  4 packets, 359 B, 2 heartbeats",
    "  clients          1,203, at most 300 at once",
    "  OUCH             1 session, 315 B received",
    "  cut off          2 for messages that are none, 1 for not reading, 6 for saying or reading nothing",
    "  sent             11 reports to native clients",
    "  not taken        5 rests of datagrams that are no messages, 4 datagrams",
    "  threads          2, at most 3 of 2,048 commands waiting between them",
    "",
  ]);
});

test("a journal's replay says what was read and the state it led to", async () => {
  const result = {
    journal: "journal ./j: records 1 to 1200 in 1 segments, 1200 read and checked\ncut: 3 bytes",
    records: 1200,
    firstReport: 1,
    checkpoints: 2,
    reports: 1300,
    trades: 90,
    live: 4,
    hash: "4dfa4cffd1f7979f",
    elapsedNs: 101e6,
  };
  expect((await renderJournal(result, plain)).split("\n")).toEqual([
    "  log          ./j: records 1 to 1200 in 1 segments, 1200 read and checked",
    "               cut: 3 bytes",
    "  records      1,200, 2 checkpoints passed, in 101 ms",
    "  reports      1,300, 90 trades",
    "  live orders  4 at the end",
    "  state hash   4dfa4cffd1f7979f",
    "",
  ]);
  expect(await renderJournal({ ...result, firstReport: 501 }, plain)).toContain("1,300, from number 501 on, 90 trades");
});
