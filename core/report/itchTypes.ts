/** Counts by message type, with the types' names. */

import { renderRows, type SummaryStyle } from "./summary.ts";

/** ITCH 5.0 message types (NASDAQ TotalView-ITCH 5.0, section 4); LOBSTER's events are counted under these too. */
const ITCH_TYPES: Readonly<Record<string, string>> = {
  S: "system event",
  R: "stock directory",
  H: "stock trading action",
  Y: "Reg SHO restriction",
  L: "market participant position",
  V: "market-wide breaker decline levels",
  W: "market-wide breaker status",
  K: "IPO quoting period",
  J: "LULD auction collar",
  h: "operational halt",
  A: "add order",
  F: "add order with MPID",
  E: "order executed",
  C: "order executed with price",
  X: "order cancel",
  D: "order delete",
  U: "order replace",
  P: "trade",
  Q: "cross trade",
  B: "broken trade",
  I: "net order imbalance",
  N: "retail price improvement",
  O: "direct listing with capital raise",
};

export type TypeCounts = Readonly<Record<string, number>>;

export function isTypeCounts(value: unknown): value is TypeCounts {
  return (
    typeof value === "object" && value !== null && Object.values(value).every((count) => typeof count === "number")
  );
}

/** Type, name, count and share, most frequent first; nothing when there are none. */
export async function renderTypes(byType: TypeCounts, style: SummaryStyle): Promise<string> {
  const counts = Object.entries(byType).toSorted(([, a], [, b]) => b - a);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const rows = counts.map(([type, count]) => ({
    type,
    message: ITCH_TYPES[type] ?? "",
    count,
    ofAllShare: count / total,
  }));
  return rows.length === 0 ? "" : renderRows(rows, style);
}
