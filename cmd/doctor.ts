/** `hftz doctor`: what this host has and lacks for low latency, and the command that mends it. */

import { defineCommand, runFlags } from "../core/cli/command.ts";
import { EXIT } from "../core/cli/exit.ts";
import { writeOut } from "../core/cli/output.ts";
import { isTerminal, palette, wantsColor } from "../core/cli/terminal.ts";
import { version } from "../core/cli/version.ts";
import { examine } from "../core/doctor/examine.ts";
import { countStates, renderDoctor } from "../core/report/doctor.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "what this host has and lacks for low latency, with the command that mends it",
  details: [
    "Only reads: nothing on the host is changed. Most of what it names matters for tails, not for medians; hftz works without any of it.",
  ],
  operands: [],
  flags: { json: runFlags.json },
  examples: [
    { line: "hftz doctor", about: "a table for each area, then what to do" },
    {
      line: 'hftz doctor --json | python3 -c \'import json,sys; [print(f["mend"]) for f in json.load(sys.stdin)["findings"] if "mend" in f]\'',
      about: "the commands alone",
    },
  ],
  async run({ values }) {
    const findings = examine();
    if (values.json) {
      const counts = countStates(findings);
      writeOut(`${JSON.stringify({ command: "doctor", version, status: EXIT.done, counts, findings })}\n`);
    } else {
      writeOut(await renderDoctor(findings, { boxed: isTerminal(1), paint: palette(wantsColor(1)) }));
    }
    return EXIT.done;
  },
});
