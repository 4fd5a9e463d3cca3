/** One page that needs nothing else: style, uPlot, script and data are inside. */

import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import { Failure } from "../../cli/failure.ts";
import type { BenchResult, LabRun } from "../../lab/result.ts";
import style from "./page.css" with { type: "text" };
import page from "./page.js" with { type: "text" };

/** Before anything is measured. @throws Failure when the directory cannot be written. */
export function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new Failure(`cannot write ${path}: its directory is not there or not writable`);
  }
}

export function writeReport(path: string, run: BenchResult, baseline: LabRun | undefined): void {
  try {
    writeFileSync(path, reportPage(run, baseline));
  } catch (cause) {
    throw new Failure(`cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** With `type: "text"` the module is its own source; the compiler only sees a script without exports. */
const script = page as unknown as string;

export function reportPage(run: BenchResult, baseline: LabRun | undefined): string {
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
<script type="application/json" id="data">${embedded({ run, baseline: baseline ?? null })}</script>
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
