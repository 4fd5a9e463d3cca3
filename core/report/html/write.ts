/** One page that needs nothing else: style, uPlot, script and data are inside. */

import { writeFileSync } from "node:fs";
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import { Failure } from "../../cli/failure.ts";
import type { Comparison } from "../../lab/baseline.ts";
import type { BenchResult, EarlierRun } from "../../lab/result.ts";
import charts from "./charts.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import page from "./page.js" with { type: "text" };
import text from "./text.js" with { type: "text" };

/** An earlier run under the name that the page gives it. */
export interface Overlay {
  readonly name: string;
  readonly run: EarlierRun;
}

export function writeReport(
  path: string,
  run: BenchResult,
  overlays: readonly Overlay[],
  comparison: Comparison | undefined,
): void {
  try {
    writeFileSync(path, reportPage(run, overlays, comparison));
  } catch (cause) {
    throw new Failure(`cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** With `type: "text"` a module is its own source; the compiler only sees scripts without exports. They share one scope. */
const script = `(() => {\n${[text, charts, page].join("\n")}})();`;

export function reportPage(run: BenchResult, overlays: readonly Overlay[], comparison: Comparison | undefined): string {
  const names = Object.keys(run.suites).join(", ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>hftz bench: ${names}</title>
<link rel="icon" href="data:,">
<style>${uplotStyle}
${style}</style>
</head>
<body>
<main id="report"></main>
<script type="application/json" id="data">${embedded({ run, overlays, comparison: comparison ?? null })}</script>
<script>${closed(uplot)}</script>
<script>${closed(script)}</script>
</body>
</html>
`;
}

/** JSON inside a script element: nothing in it may look like markup. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function closed(code: string): string {
  return code.replaceAll("</script", "<\\/script");
}
