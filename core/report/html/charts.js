// Charts of the report: uPlot with our scales, colours and number forms. Shares one scope with text.js and page.js.
const COLOURS = ["#2f81f7", "#e5534b", "#2da44e", "#bf8700", "#a371f7", "#1b9aaa", "#d4569e", "#768390"];
// An overlaid run has its ancestor's colour and a dash of its own.
const DASHES = [
  [6, 4],
  [2, 3],
  [10, 3, 2, 3],
];
const MOST_LINES = 6;
const charts = [];
const height = () => (document.documentElement.classList.contains("print") ? 210 : 280);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const nanoseconds = (_, ticks) => ticks.map((tick) => (tick === null ? "" : duration(tick)));
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const isDecade = (tick) => tick > 0 && Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9;
// Powers of ten only, and of these as many as have room: a label or a line at every tick of a logarithm is a smear.
const decades = (plot, ticks, index) => {
  const room = index === 0 ? plot.width / 90 : height() / 30;
  const every = Math.max(1, Math.ceil(ticks.filter(isDecade).length / room));
  return ticks.map((tick) => (isDecade(tick) && Math.round(Math.log10(tick)) % every === 0 ? tick : null));
};
const onlyDecades = (_, ticks) => ticks.map((tick) => (isDecade(tick) ? tick : null));

const axis = ({ log = false, ...more }) => {
  const line = () => ({ stroke: () => css("--line"), width: 1, ...(log && { filter: onlyDecades }) });
  return { stroke: () => css("--faint"), grid: line(), ticks: line(), ...(log && { filter: decades }), ...more };
};
const LOGARITHM = { distr: 3, log: 10 };

const chart = (parent, title, series, data, scales, axes) => {
  const section = make("section", undefined, parent);
  make("h3", title, section);
  const width = () => Math.max(240, section.clientWidth);
  const size = { width: width(), height: height() };
  // On the right half of the longest label, "99.99999999 %" of a thousand million values, centred under the last tick.
  const plot = new uPlot(
    { ...size, series, scales, axes, padding: [12, 52, 0, 0], cursor: { y: false } },
    data,
    section,
  );
  charts.push({ plot, width });
};

const line = (name, index, more = {}) => ({
  label: name,
  stroke: COLOURS[index % COLOURS.length],
  width: 2,
  spanGaps: true,
  points: { show: false },
  value: (_, value) => (value === null ? "-" : duration(value)),
  ...more,
});

const joined = (curves) => uPlot.join(curves.map((points) => [points.map(([x]) => x), points.map(([, y]) => y)]));
const aboveZero = (points) => points.map(([x, y]) => [x, Math.max(1, y)]);

// The lines of this run, and dashed those of each other run that has the same: `pick` gives the points, or undefined.
const overlaid = (runs, names, pick) =>
  runs.flatMap(({ name: runName, run }, number) =>
    names.flatMap((name, index) => {
      const points = pick(run, name);
      if (points === undefined || points.length === 0) return [];
      const dash = number === 0 ? {} : { dash: DASHES[(number - 1) % DASHES.length], width: 1.5 };
      return [{ title: number === 0 ? label(name) : `${label(name)}, ${runName}`, index, points, dash }];
    }),
  );

// Percentile curves: x is 1/(1-p) on a logarithm, so that each nine takes the same room. The last value has half of one above it.
const curve = (buckets) => {
  const total = buckets.reduce((sum, [, , count]) => sum + count, 0);
  let seen = 0;
  return buckets.map(([, highest, count]) => {
    seen += count;
    return [seen === total ? total * 2 : 1 / (1 - seen / total), highest];
  });
};
const NINES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, p9999: 0.9999 };
// A run that was kept as JSON has five points and its largest value.
const summaryCurve = (latency) =>
  Object.entries(NINES)
    .filter(([, p]) => latency.count > 1 / (1 - p))
    .map(([key, p]) => [1 / (1 - p), latency[key]])
    .concat([[Math.max(2, latency.count * 2), latency.max]]);

const drawPercentiles = (parent, suite, runs) => {
  const found = overlaid(runs, Object.keys(runs[0].run.suites[suite].latencies ?? {}), (run, name) => {
    const [buckets, latency] = [run.histograms?.[suite]?.[name], run.suites[suite]?.latencies?.[name]];
    return buckets?.length > 0 ? curve(buckets) : latency?.count > 0 ? summaryCurve(latency) : undefined;
  });
  if (found.length === 0) return;
  // One value in x lies above: a power of ten, which has as many nines.
  const nines = (x) => (100 - 100 / x).toFixed(Math.max(0, Math.round(Math.log10(x)) - 2));
  const percentile = (_, ticks) => ticks.map((x) => (x === null ? "" : x <= 1 ? "0 %" : `${nines(x)} %`));
  chart(
    parent,
    "percentiles",
    [
      { label: "percentile", value: (_, x) => (x === null ? "-" : `${(100 - 100 / x).toFixed(4)} %`) },
      ...found.map(({ title, index, dash }) => line(title, index, dash)),
    ],
    joined(found.map(({ points }) => aboveZero(points))),
    { x: { time: false, ...LOGARITHM }, y: LOGARITHM },
    [axis({ values: percentile, log: true }), axis({ values: nanoseconds, log: true, size: 64 })],
  );
};

const drawHistogram = (parent, suite, runs) => {
  // Counts per decade of value, so that wide and narrow buckets compare.
  const density = ([low, high, count]) => [
    Math.max(1, (low + high) / 2),
    count / Math.max(1e-6, Math.log10((high + 1) / Math.max(1, low))),
  ];
  const found = overlaid(runs, Object.keys(runs[0].run.histograms[suite] ?? {}), (run, name) =>
    run.histograms?.[suite]?.[name]?.map(density),
  );
  if (found.length === 0) return;
  const count = (_, y) => (y === null ? "-" : number(y));
  const filled = (index) => ({ fill: `${COLOURS[index % COLOURS.length]}22` });
  chart(
    parent,
    "histogram (values a decade)",
    [
      { label: "latency", value: (_, x) => (x === null ? "-" : duration(x)) },
      ...found.map(({ title, index, dash }) =>
        line(title, index, { width: 1, value: count, ...(dash.dash ? dash : filled(index)) }),
      ),
    ],
    joined(found.map(({ points }) => aboveZero(points))),
    { x: { time: false, ...LOGARITHM }, y: LOGARITHM },
    [
      axis({ values: nanoseconds, log: true }),
      axis({ log: true, size: 64, values: (_, ticks) => ticks.map((y) => (y === null ? "" : compact.format(y))) }),
    ],
  );
};

// The first timeline of a suite is its headline: what counts from the intended time.
const drawTime = (parent, suite, runs) => {
  const headline = Object.keys(runs[0].run.timelines[suite] ?? {})[0];
  const rowsOf = (run) => run.timelines?.[suite]?.[headline] ?? [];
  if (headline === undefined || rowsOf(runs[0].run).length < 2) return;
  const latencies = overlaid(runs, ["p50", "p99", "max"], (run, key) =>
    rowsOf(run)
      .filter(({ latency }) => latency.count > 0)
      .map(({ second, latency }) => [second, latency[key]]),
  );
  chart(
    parent,
    `${label(headline)} over time`,
    [{ label: "second" }, ...latencies.map(({ title, index, dash }) => line(title, [0, 3, 1][index], dash))],
    joined(latencies.map(({ points }) => aboveZero(points))),
    { x: { time: false }, y: LOGARITHM },
    [axis({ label: "s", labelSize: 18 }), axis({ values: nanoseconds, log: true, size: 64 })],
  );
  const rates = overlaid(runs, ["out"], (run) => rowsOf(run).map(({ second, perSec }) => [second, perSec]));
  drawRates(parent, "throughput over time", "s", "a second", rates);
};

const drawRates = (parent, title, across, unit, found) =>
  chart(
    parent,
    title,
    [
      { label: across === "s" ? "second" : across },
      ...found.map((each) =>
        line(each.title, each.index, { ...each.dash, value: (_, y) => (y === null ? "-" : `${number(y)} ${unit}`) }),
      ),
    ],
    joined(found.map(({ points }) => points)),
    { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1e-9, high) * 1.1] } },
    [
      axis({ label: across, labelSize: 18, ...(across !== "s" && { incrs: [1, 2, 5, 10, 20, 50, 100] }) }),
      axis({ size: 64, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) }),
    ],
  );

// Speeds round by round: of what is measured as a speed, and of what is measured as the cost of a message.
const drawSpeeds = (parent, suite, runs) => {
  const speed = ({ unit, samples = [] }) => (unit.startsWith("ns a message") ? samples.map((ns) => 1e3 / ns) : samples);
  const groups = new Map();
  for (const [name, figure] of Object.entries(runs[0].run.suites[suite].figures ?? {})) {
    const unit = figure.unit.startsWith("ns a message") ? "M messages/s" : figure.unit;
    if (!/\/s$|per second$/.test(unit) || (figure.samples ?? []).length < 2 || / each /.test(name)) continue;
    const at = name.lastIndexOf(": ");
    const group = at < 0 ? "throughput" : name.slice(0, at);
    const key = `${group}, ${unit}`;
    groups.set(key, [...(groups.get(key) ?? []), { name, unit, short: at < 0 ? name : name.slice(at + 2) }]);
  }
  for (const [title, members] of groups) {
    for (let first = 0; first < members.length; first += MOST_LINES) {
      const some = members.slice(first, first + MOST_LINES);
      const found = overlaid(
        runs,
        some.map(({ short }) => short),
        (run, short) => {
          const { name } = some.find((member) => member.short === short);
          const figure = run.suites[suite]?.figures?.[name];
          return figure === undefined ? undefined : speed(figure).map((value, round) => [round + 1, value]);
        },
      );
      drawRates(parent, title, "round", some[0].unit, found);
    }
  }
};

const redraw = () => {
  for (const { plot, width } of charts) {
    plot.setSize({ width: width(), height: height() });
    // The colours may have changed and the size not.
    plot.redraw(false, true);
  }
};
