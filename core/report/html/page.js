// The report's own script: reads the data beside it and draws. Plain DOM and uPlot, no network.
const { run, overlays, comparison } = JSON.parse(document.getElementById("data").textContent);
const runs = [{ name: "this run", run }, ...overlays];
const KEYS = ["min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"];

const machineOf = ({ environment: of }) =>
  `hftz ${of.hftz ?? "?"} (${of.commit ?? "?"}) on ${of.cpu ?? "an unknown processor"}, ${of.cores} cores, Linux ${of.kernel}, ` +
  `${of.virtualised ? "virtualised" : "bare metal"}, governor ${of.governor ?? "not told"}, isolated ${of.isolated ?? "none"}, ` +
  `huge pages ${of.hugePages ?? "not told"}`;

const drawLatencies = (suite, latencies) => {
  const rows = Object.entries(latencies).map(([name, found]) =>
    [label(name)].concat(
      KEYS.map((key) => duration(found[key])),
      number(found.count),
    ),
  );
  if (rows.length === 0) return;
  const drawn = table(main, ["latency", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "count"], rows);
  Object.entries(latencies).forEach(([name, found], row) => {
    const line = drawn.tBodies[0].rows[row];
    line.dataset.latency = `${suite}.${name}`;
    KEYS.forEach((key, index) => (line.cells[index + 1].dataset.ns = found[key]));
  });
};

const drawFigures = (figures) => {
  const rows = Object.entries(figures).map(([name, { median, min, max, rounds, unit }]) =>
    [name].concat([median, min, max, rounds].map(number), unit),
  );
  if (rows.length > 0) table(main, ["figure", "median", "min", "max", "rounds", "unit"], rows, [5]);
};

const drawPeers = (peers, leftOut) => {
  const cells = peers.map(({ peer, against, what, ours, theirs, unit, times, note }) => [
    peer,
    against,
    what,
    number(ours),
    number(theirs),
    unit,
    times.median.toFixed(2),
    `${times.min.toFixed(2)} to ${times.max.toFixed(2)}`,
    note ?? "",
  ]);
  if (cells.length > 0) {
    const head = ["peer", "against", "what", "ours", "theirs", "unit", "times as fast", "spread", "note"];
    const drawn = table(main, head, cells, [1, 2, 5, 8]);
    peers.forEach(({ times }, row) => (drawn.tBodies[0].rows[row].dataset.times = times.median));
  }
  for (const { peer, why } of leftOut) make("p", `left out ${peer}: ${why}`).className = "warning";
};

const drawComparison = ({ machines, settings, rows }) => {
  make("h2", "against the baseline");
  const warnings = [
    [machines, "different machines, so no verdict"],
    [settings, "other settings, so no verdict on velox and match"],
  ];
  for (const [lines, text] of warnings)
    if (lines.length > 0) make("p", `${text}: ${lines.join("; ")}`).className = "warning";
  const cells = rows.map(({ what, unit, before, now, ratio, least, most, verdict }) => [
    what,
    verdict,
    ratio.toFixed(2),
    `${least.toFixed(2)} to ${most.toFixed(2)}`,
    number(before),
    number(now),
    unit,
  ]);
  const head = ["what", "verdict", "times as fast", "99 % interval", "before", "now", "unit"];
  const drawn = table(main, head, cells, [1, 6]);
  rows.forEach(({ verdict }, row) => (drawn.tBodies[0].rows[row].dataset.verdict = verdict));
};

make("h1", `hftz bench: ${Object.keys(run.suites).join(", ")}`);
make("p", machineOf(run));
overlays.forEach(({ name, run: other }) => {
  const isSame = ["cpu", "cores", "kernel"].every((key) => other.environment[key] === run.environment[key]);
  const text = `overlaid, dashed: ${name}, ${machineOf(other)}${isSame ? "" : "; another machine"}`;
  make("p", text).className = isSame ? "" : "warning";
});
if (comparison !== null) drawComparison(comparison);

for (const [name, suite] of Object.entries(run.suites)) {
  make("h2", name);
  const grid = Object.assign(make("div"), { className: "charts" });
  drawPercentiles(grid, name, runs);
  drawHistogram(grid, name, runs);
  drawTime(grid, name, runs);
  drawSpeeds(grid, name, runs);
  const { latencies = {}, figures = {}, peers = [], leftOut = [], ...others } = suite;
  drawLatencies(name, latencies);
  drawFigures(figures);
  drawPeers(peers, leftOut);
  const isTable = ([, value]) => Array.isArray(value) && value.length > 0 && typeof value[0] === "object";
  const entries = Object.entries(others);
  const plain = entries.filter((entry) => !isTable(entry));
  if (plain.length > 0) facts(main, plain);
  for (const [, rows] of entries.filter(isTable)) {
    const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => key !== "hash");
    table(
      main,
      titles.map(label),
      rows.map((row) => titles.map((key) => shown(key, row[key]))),
    );
  }
}
make("h2", "environment");
facts(main, Object.entries(run.environment));

addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
// Paper is white and narrow, and the canvases are drawn before it is known: the class stands for the medium.
const print = (isOn) => () => {
  document.documentElement.classList.toggle("print", isOn);
  redraw();
};
addEventListener("beforeprint", print(true));
addEventListener("afterprint", print(false));
// A grid gives its first chart all of its width until the next one comes.
redraw();
document.documentElement.dataset.charts = charts.length;
