// The report's own script: reads the data beside it and draws. Plain DOM and uPlot, no network.
(() => {
  const { run, baseline } = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("report");
  const COLOURS = ["#2f81f7", "#e5534b", "#2da44e", "#bf8700", "#a371f7", "#1b9aaa", "#d4569e", "#768390"];
  const HEIGHT = 280;
  const charts = [];

  const make = (tag, text, parent = main) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

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
  const number = (value) => Number(value.toPrecision(6)).toLocaleString("en-US");
  const label = (key) => key.replace(/([a-z0-9])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
  const shown = (value) =>
    typeof value === "number"
      ? number(value)
      : value === null
        ? "-"
        : typeof value === "object"
          ? Object.entries(value)
              .map(([key, item]) => (Array.isArray(value) ? shown(item) : `${label(key)} ${shown(item)}`))
              .join(", ")
          : String(value);

  const table = (parent, head, rows, text = []) => {
    const element = make("table", undefined, Object.assign(make("div", undefined, parent), { className: "scroll" }));
    const top = make("tr", undefined, make("thead", undefined, element));
    for (const title of head) make("th", title, top);
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

  const axis = (more) => ({
    stroke: () => css("--faint"),
    grid: { stroke: () => css("--line"), width: 1 },
    ticks: { stroke: () => css("--line"), width: 1 },
    ...more,
  });
  const nanoseconds = (_, ticks) => ticks.map((tick) => (tick === null ? "" : duration(tick)));
  // Powers of ten only, and of these as many as have room: a label at every tick of a logarithm is a smear.
  const decades = (plot, ticks, index) => {
    const room = index === 0 ? plot.width / 90 : HEIGHT / 30;
    const isDecade = (tick) => tick > 0 && Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9;
    const every = Math.max(1, Math.ceil(ticks.filter(isDecade).length / room));
    return ticks.map((tick) => (isDecade(tick) && Math.round(Math.log10(tick)) % every === 0 ? tick : null));
  };
  const compact = new Intl.NumberFormat("en-US", { notation: "compact" });

  const chart = (parent, title, series, data, scales, axes) => {
    const section = make("section", undefined, parent);
    make("h3", title, section);
    const width = () => Math.max(260, section.clientWidth);
    const plot = new uPlot(
      { width: width(), height: HEIGHT, series, scales, axes, padding: [12, 36, 0, 0], cursor: { y: false } },
      data,
      section,
    );
    charts.push({ plot, width });
  };

  // Percentile curves: x is 1/(1-p) on a logarithm, so that each nine takes the same room.
  const curve = (buckets) => {
    const total = buckets.reduce((sum, [, , count]) => sum + count, 0);
    let seen = 0;
    return buckets.map(([, highest, count]) => {
      seen += count;
      return [seen === total ? total : 1 / (1 - seen / total), highest];
    });
  };
  const summaryCurve = (latency) =>
    [
      ["p50", 0.5],
      ["p90", 0.9],
      ["p99", 0.99],
      ["p999", 0.999],
      ["p9999", 0.9999],
    ].map(([key, p]) => [1 / (1 - p), latency[key]]);

  const joined = (curves) => {
    const tables = curves.map((points) => [points.map(([x]) => x), points.map(([, y]) => Math.max(1, y))]);
    return uPlot.join(tables);
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

  const drawPercentiles = (parent, suite, histograms) => {
    const names = Object.keys(histograms).filter((name) => histograms[name].length > 0);
    const curves = names.map((name) => curve(histograms[name]));
    const series = names.map((name, index) => line(label(name), index));
    for (const [index, name] of names.entries()) {
      const before = baseline?.suites?.[suite]?.latencies?.[name];
      if (before === undefined) continue;
      curves.push(summaryCurve(before));
      series.push(line(`${label(name)}, baseline`, index, { dash: [6, 4] }));
    }
    if (curves.length === 0) return;
    const percentile = (_, ticks) =>
      ticks.map((x) => (x === null ? "" : x <= 1 ? "0 %" : `${Number((100 - 100 / x).toPrecision(8))} %`));
    chart(
      parent,
      "percentiles",
      [{ label: "percentile", value: (_, x) => (x === null ? "-" : `${(100 - 100 / x).toFixed(4)} %`) }, ...series],
      joined(curves),
      { x: { time: false, distr: 3, log: 10 }, y: { distr: 3, log: 10 } },
      [axis({ values: percentile, filter: decades }), axis({ values: nanoseconds, filter: decades, size: 70 })],
    );
  };

  const drawHistogram = (parent, histograms) => {
    const names = Object.keys(histograms).filter((name) => histograms[name].length > 0);
    if (names.length === 0) return;
    // Counts per decade of value, so that wide and narrow buckets compare.
    const density = ([low, high, count]) => [
      Math.max(1, (low + high) / 2),
      count / Math.max(1e-6, Math.log10((high + 1) / Math.max(1, low))),
    ];
    const tables = names.map((name) => histograms[name].map(density));
    chart(
      parent,
      "histogram (values a decade)",
      [
        { label: "latency", value: (_, x) => (x === null ? "-" : duration(x)) },
        ...names.map((name, index) =>
          line(label(name), index, {
            width: 1,
            fill: `${COLOURS[index % COLOURS.length]}22`,
            value: (_, y) => (y === null ? "-" : number(y)),
          }),
        ),
      ],
      joined(tables),
      { x: { time: false, distr: 3, log: 10 }, y: { distr: 3, log: 10 } },
      [
        axis({ values: nanoseconds, filter: decades }),
        axis({
          filter: decades,
          size: 70,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : compact.format(tick))),
        }),
      ],
    );
  };

  const drawTime = (parent, rows) => {
    if (rows.length === 0) return;
    const seconds = rows.map(({ second }) => second);
    const of = (key) => rows.map(({ latency }) => Math.max(1, latency[key]));
    chart(
      parent,
      "latency over time",
      [{ label: "second" }, line("p50", 0), line("p99", 3), line("max", 1)],
      [seconds, of("p50"), of("p99"), of("max")],
      { x: { time: false }, y: { distr: 3, log: 10 } },
      [axis({ label: "s", labelSize: 20 }), axis({ values: nanoseconds, filter: decades, size: 70 })],
    );
    chart(
      parent,
      "throughput",
      [{ label: "second" }, line("out", 2, { value: (_, y) => (y === null ? "-" : `${number(y)}/s`) })],
      [seconds, rows.map(({ perSec }) => perSec)],
      { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high) * 1.1] } },
      [
        axis({ label: "s", labelSize: 20 }),
        axis({ size: 80, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) }),
      ],
    );
  };

  make("h1", `hftz bench: ${Object.keys(run.suites).join(", ")}`);
  const machine = run.environment;
  make("p", `hftz ${shown(machine.hftz ?? null)} on ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`);
  for (const [name, suite] of Object.entries(run.suites)) {
    make("h2", name);
    const histograms = run.histograms[name] ?? {};
    const grid = Object.assign(make("div"), { className: "charts" });
    drawPercentiles(grid, name, histograms);
    drawHistogram(grid, histograms);
    if (name === "velox") drawTime(grid, run.intervals);
    const { latencies = {}, figures = {}, ...facts } = suite;
    const keys = ["min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"];
    const cells = Object.entries(latencies).map(([latency, found]) =>
      [label(latency)].concat(
        keys.map((key) => duration(found[key])),
        number(found.count),
      ),
    );
    if (cells.length > 0) {
      const drawn = table(
        main,
        ["latency", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "count"],
        cells,
      );
      Object.keys(latencies).forEach((latency, row) => {
        drawn.tBodies[0].rows[row].dataset.latency = `${name}.${latency}`;
        keys.forEach((key, index) => {
          drawn.tBodies[0].rows[row].cells[index + 1].dataset.ns = latencies[latency][key];
        });
      });
    }
    const figured = Object.entries(figures).map(([figure, { median, min, max, unit }]) => [
      figure,
      number(median),
      number(min),
      number(max),
      unit,
    ]);
    if (figured.length > 0) table(main, ["figure", "median", "min", "max", "unit"], figured, [4]);
    const listed = Object.entries(facts).filter(([, value]) => !Array.isArray(value));
    if (listed.length > 0)
      table(
        main,
        ["fact", ""],
        listed.map(([key, value]) => [label(key), shown(value)]),
        [1],
      );
    for (const [, rows] of Object.entries(facts).filter(
      ([, value]) => Array.isArray(value) && value.length > 0 && typeof value[0] === "object",
    )) {
      const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => key !== "hash");
      table(
        main,
        titles.map(label),
        rows.map((row) => titles.map((key) => shown(row[key] ?? null))),
      );
    }
  }
  make("h2", "environment");
  table(
    main,
    ["fact", ""],
    Object.entries(machine).map(([key, value]) => [label(key), shown(value)]),
    [1],
  );

  const redraw = () => {
    for (const { plot, width } of charts) plot.setSize({ width: width(), height: HEIGHT });
  };
  addEventListener("resize", redraw);
  addEventListener("beforeprint", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.documentElement.dataset.charts = charts.length;
})();
