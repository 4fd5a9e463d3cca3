/** Result keys as people read them: a label from the name, a unit from its ending. */

import { formatBytes, formatClock, formatCount, formatDuration, formatRate, formatShare } from "./units.ts";

/** `bytesOut` as `bytes out`; an ending that only names the unit is dropped, because the value shows it. */
export function labelOf(key: string): string {
  const bare = key.replace(/(ClockNs|Ns|PerSec|Share)$/, (ending) => (ending === "PerSec" ? "Rate" : "")) || key;
  return bare.replaceAll(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

/** A value with the unit that its key's ending tells: `...ClockNs`, `...Ns`, `...Bytes`, `...PerSec`, `...Share`, `share...`, `price`. */
export function valueText(key: string, value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  if (/clockNs$/i.test(key)) return formatClock(value);
  if (key.endsWith("Ns")) return formatDuration(value);
  if (key === "bytesPerSec") return `${formatBytes(value)}/s`;
  if (/^bytes|Bytes$/.test(key)) return formatBytes(value);
  if (key.endsWith("PerSec")) return formatRate(value);
  if (/Share$|^share[A-Z]/.test(key)) return formatShare(value);
  if (/price$/i.test(key)) return (value / 1e4).toFixed(4);
  return formatCount(value);
}

export function isNumeric(value: unknown): boolean {
  return typeof value === "number";
}
