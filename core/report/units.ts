/** Numbers as people read them. Exact digits where they matter, three significant ones where they do not. */

/** `12,345,678` */
export function formatCount(value: number): string {
  return Number.isInteger(value) ? grouped(value) : value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1 request`, `2 requests`. */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** `12.30`, `12,345`: a measured value whose unit stands beside it. */
export function formatNumber(value: number): string {
  return value >= 1000 ? formatCount(Math.round(value)) : value.toFixed(2);
}

/** `31.2 M` */
export function formatShort(value: number): string {
  return scaled(value, 1000, ["", " k", " M", " G", " T"]);
}

/** `31.2 M/s` */
export function formatRate(perSecond: number): string {
  return `${formatShort(perSecond)}/s`;
}

/** `1.21 GB` */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1000, [" B", " kB", " MB", " GB", " TB"]);
}

/** `38.2 ns`, `1.25 ms`, `2.5 s`, `4 min 05 s`, `6 h 30 min` */
export function formatDuration(ns: number): string {
  const seconds = ns / 1e9;
  if (seconds < 60) return scaled(ns, 1000, [" ns", " µs", " ms", " s"]);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours === 0) return `${minutes} min ${padded(Math.floor(seconds % 60))} s`;
  return `${hours} h ${padded(minutes % 60)} min`;
}

/** Nanoseconds since midnight as `09:30:00.500000000`: nine digits, so that clocks line up, or none at a full second. */
export function formatClock(ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(padded).join(":");
  const fraction = ns % 1e9;
  return fraction === 0 ? time : `${time}.${String(fraction).padStart(9, "0")}`;
}

/** `24.1 %` */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function padded(value: number): string {
  return String(value).padStart(2, "0");
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let [scaledValue, unit] = [value, 0];
  while (Math.abs(scaledValue) >= step * 0.9995 && unit < units.length - 1) {
    scaledValue /= step;
    unit++;
  }
  const digits = Number.isInteger(scaledValue) && scaledValue < step ? String(scaledValue) : significant(scaledValue);
  return `${digits}${units[unit]!}`;
}

function significant(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}
