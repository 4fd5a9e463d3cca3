/** The findings of `hftz doctor` for people: a table for each area, then what to do. */

import { renderTable } from "../cli/table.ts";
import { hung, ORDINARY_WIDTH } from "../cli/wrap.ts";
import type { Finding } from "../doctor/host.ts";
import type { SummaryStyle } from "./summary.ts";

const MARKS: Readonly<Record<Finding["state"], string>> = {
  ok: "ok",
  lacking: "lacking",
  unknown: "unknown",
  note: "note",
};
const COLUMNS = ["state", "what", "found"].map((title) => ({ title, align: "left" as const }));

export function countStates(findings: readonly Finding[]): Readonly<Record<Finding["state"], number>> {
  const count = (state: Finding["state"]): number => findings.filter((finding) => finding.state === state).length;
  return { ok: count("ok"), lacking: count("lacking"), unknown: count("unknown"), note: count("note") };
}

export async function renderDoctor(findings: readonly Finding[], style: SummaryStyle): Promise<string> {
  const { paint } = style;
  // Sentences are folded where somebody reads them, commands never: they are to be pasted.
  const width = style.boxed ? ORDINARY_WIDTH : Infinity;
  const blocks: string[] = [];
  for (const [area, group] of Map.groupBy(findings, (finding) => finding.area)) {
    const rows = group.map(({ state, name, found }) => [MARKS[state], name, found]);
    const table = await renderTable(COLUMNS, rows, style.boxed, paint);
    const painted = table.replaceAll(/\blacking\b/g, paint.bad("lacking")).replaceAll(/\bok\b/g, paint.good("ok"));
    blocks.push(`${paint.bold(area)}\n${painted}`);
  }
  const said = (
    heading: string,
    some: readonly Finding[],
    how: (finding: Finding) => readonly (string | undefined)[],
  ) => {
    const lines = some.map((finding) => {
      const parts = how(finding).flatMap((part) => (part === undefined ? [] : [`    ${part}\n`]));
      return `  ${hung(`${paint.accent(finding.name)}: ${finding.why}`, 2, width)}\n${parts.join("")}`;
    });
    if (lines.length > 0) blocks.push(`${paint.bold(heading)}\n${lines.join("")}`);
  };
  const mendable = findings.filter(({ mend }) => mend !== undefined);
  said("to mend, as root; what sysctl and echo set lasts until the next boot", mendable, ({ mend, advice }) => [
    mend,
    advice === undefined ? undefined : `# ${advice}`,
  ]);
  const others = findings.filter(({ mend, advice }) => mend === undefined && advice !== undefined);
  said("what no command mends", others, ({ advice }) => [advice && hung(advice, 4, width)]);
  const { ok, lacking: bad, unknown, note } = countStates(findings);
  blocks.push(`${ok} ok, ${bad} lacking, ${unknown} unknown, ${note} to know\n`);
  return blocks.join("\n");
}
