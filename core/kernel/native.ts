/** Class N: what the kernel's unprivileged paths cost on this processor, measured by the native library itself. */

import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { driveRun } from "../run/drive.ts";
import type { Metric } from "./protocol.ts";

/** @throws Failure when the counter of this machine cannot be calibrated. */
export async function measureNatively(): Promise<readonly Metric[]> {
  const { status, error, result } = await driveRun({ run: "kernel" }, { mode: "none", label: "" });
  if (status !== EXIT.done) throw new Failure(error ?? "the native measurement failed", { exit: status });
  return result["metrics"] as readonly Metric[];
}
