// Elements, numbers and tables of the report. Shares one scope with charts.js and page.js.
const main = document.getElementById("report");

const make = (tag, text, parent = main) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
};

const duration = (ns) => {
  if (ns === null || ns === undefined) return "-";
  const units = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
    [1, "ns"],
  ];
  const [size, unit] = units.find(([each]) => Math.abs(ns) >= each) ?? [1, "ns"];
  return `${Number((ns / size).toPrecision(3))} ${unit}`;
};
// What was counted is exact; what was measured is not.
const number = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(6))).toLocaleString("en-US");
// `bytesOut` as "bytes out"; an ending that only names the unit is dropped, because the value shows it.
const label = (key) =>
  (/^[a-z][A-Za-z0-9]*$/.test(key)
    ? key.replace(/(Ns|PerSec|Share)$/, (end) => (end === "PerSec" ? "Rate" : "")) || key
    : key
  ).replace(/([a-z0-9])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
const shown = (key, value) => {
  if (value === null || value === undefined) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    if (key.endsWith("Ns")) return duration(value);
    if (key.endsWith("PerSec")) return `${number(value)}/s`;
    return /[sS]hare/.test(key) ? `${Number((value * 100).toPrecision(3))} %` : number(value);
  }
  if (Array.isArray(value) && value.length === 0) return "none";
  if (Array.isArray(value)) return value.map((item) => shown(key, item)).join(", ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, item]) => `${label(name)} ${shown(name, item)}`)
    .join(", ");
};

const table = (parent, head, rows, text = []) => {
  const element = make("table", undefined, Object.assign(make("div", undefined, parent), { className: "scroll" }));
  const top = make("tr", undefined, make("thead", undefined, element));
  head.forEach((title, index) => {
    const cell = make("th", title, top);
    if (text.includes(index)) cell.className = "text";
  });
  const body = make("tbody", undefined, element);
  for (const row of rows) {
    const line = make("tr", undefined, body);
    row.forEach((cell, index) => {
      const place = make("td", cell, line);
      if (text.includes(index)) place.className = "text";
    });
  }
  return element;
};
const facts = (parent, entries) =>
  table(
    parent,
    ["fact", ""],
    entries.map(([key, value]) => [label(key), shown(key, value)]),
    [1],
  ).classList.add("facts");
