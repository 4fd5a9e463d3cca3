/** The summary of a replay: message types by name with their share, then whatever else the run reported. */

import { renderRows, renderSummary, type SummaryStyle } from "./summary.ts";

/** ITCH 5.0 message types (NASDAQ TotalView-ITCH 5.0, section 4), and how LOBSTER's events come out in them. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
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

export async function renderReplay(result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> {
  const { byType, ...rest } = result;
  const blocks: string[] = [];
  if (typeof byType === "object" && byType !== null) {
    const counts = Object.entries(byType as Record<string, number>).toSorted(([, a], [, b]) => b - a);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const rows = counts.map(([type, count]) => ({
      type,
      message: TYPE_NAMES[type] ?? "",
      count,
      ofAllShare: count / total,
    }));
    if (rows.length > 0) blocks.push(await renderRows(rows, style));
  }
  blocks.push(await renderSummary(rest, style));
  return blocks.join("\n");
}
