/** How `hftz` behaves as a part of a shell: pipes that end, disks that are full, files that cannot be read, Ctrl-C. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add, directory, framed, remove, smallDay } from "../support/itch.ts";
import { binary, hftz, shell } from "../support/product.ts";

let folder = "";
let day = "";
let long = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-streams-"));
  day = join(folder, "day.itch");
  writeFileSync(day, framed(smallDay));
  long = join(folder, "long.itch");
  writeFileSync(long, longDay());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Two hundred thousand messages whose text is far larger than any pipe. */
function longDay(): Uint8Array {
  const open = 34_200e9;
  const messages = [directory(open, 7, "HFTZ")];
  for (let i = 1; i <= 1000; i++)
    messages.push(add(open + i, 7, "HFTZ", i, "B", 100, 10_000 + i), remove(open + i, 7, i));
  const once = framed(messages);
  const all = new Uint8Array(once.length * 100);
  for (let i = 0; i < 100; i++) all.set(once, i * once.length);
  return all;
}

describe("a reader that goes away", () => {
  test("ends the run with 141 and without a word", async () => {
    const { out, err } = await shell(`hftz replay ${long} --messages | head -2 | wc -l; echo \${PIPESTATUS[0]}`);
    expect(err).toBe("");
    expect(out).toBe("2\n141\n");
  });

  test("also when it never read", async () => {
    const { out, err } = await shell(`hftz replay ${long} --bbo | true; echo \${PIPESTATUS[0]}`);
    expect({ out, err }).toEqual({ out: "141\n", err: "" });
  });

  test("also when only the summary was for it", async () => {
    const { out, err } = await shell(`hftz replay ${long} | true; echo \${PIPESTATUS[0]}`);
    expect({ out, err }).toEqual({ out: "141\n", err: "" });
  });
});

describe("a disk that is full", () => {
  test("fails a run that prints data", async () => {
    const { status, err } = await shell(`hftz replay ${long} --bbo > /dev/full`);
    expect(status).toBe(1);
    expect(err).toMatch(/No space left on device/i);
  });

  test("fails a run that prints its summary", async () => {
    const { status, err } = await shell(`hftz replay ${day} > /dev/full`);
    expect(status).toBe(1);
    expect(err).toContain("cannot write to standard output: no space left on the device");
  });

  test("fails even --help and --version", async () => {
    for (const flag of ["--help", "--version"]) {
      const { status, err } = await shell(`hftz ${flag} > /dev/full`);
      expect(status).toBe(1);
      expect(err).toBe("hftz: cannot write to standard output: no space left on the device\n");
    }
  });

  test("on stderr changes nothing", async () => {
    const { status, out } = await shell(`hftz replay ${day} --bbo 2> /dev/full`);
    expect(status).toBe(0);
    expect(out).toContain("time_ns,symbol");
  });
});

describe("closed standard streams", () => {
  test.each(["replay -", "match --reports none"])("stdin: %s fails and says so", async (words) => {
    const { status, out, err } = await shell(`hftz ${words} <&-`);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toStartWith("hftz: standard input is closed\n");
  });

  test("stdout: the run fails, nothing is lost silently", async () => {
    const { status, err } = await shell(`hftz replay ${day} --bbo >&-`);
    expect(status).toBe(1);
    expect(err).toContain("standard output is closed");
  });

  test("but /dev/null is as good as any file", async () => {
    const { status, err } = await shell(`hftz replay ${day} --bbo > /dev/null < /dev/null`);
    expect({ status, lines: err.split("\n").length > 3 }).toEqual({ status: 0, lines: true });
  });

  test("stderr: the data is complete", async () => {
    const { status, out } = await shell(`hftz replay ${day} --bbo 2>&-`);
    expect(status).toBe(0);
    expect(out.split("\n")).toHaveLength(9);
  });
});

describe("a file that cannot be read", () => {
  test.each([
    ["is not there", () => join(folder, "absent.itch"), /absent\.itch: No such file/i],
    ["is a directory", () => folder, /Is a directory/i],
    ["is below a file", () => join(day, "x"), /Not a directory/i],
  ] as const)("because it %s fails with its name and the reason", async (_, path, words) => {
    const { status, out, err } = await hftz(["replay", path()]);
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(words);
  });

  test("because its owner forbids it fails with the reason", async () => {
    const secret = join(folder, "secret.itch");
    writeFileSync(secret, framed(smallDay));
    chmodSync(secret, 0);
    // root reads everything; as root the command runs as nobody.
    const line =
      process.getuid?.() === 0 ? `setpriv --reuid 65534 --clear-groups hftz replay ${secret}` : `hftz replay ${secret}`;
    chmodSync(folder, 0o755);
    const { status, err } = await shell(line);
    expect(status).toBe(1);
    expect(err).toMatch(/Permission denied/i);
  });
});

describe("Ctrl-C", () => {
  /** `hftz` with an open pipe on stdin that got some messages and then stays silent. */
  async function waiting(args: readonly string[]) {
    const child = Bun.spawn([binary, ...args], { stdin: "pipe", stdout: "pipe", stderr: "pipe", env: {} });
    child.stdin.write(readFileSync(long));
    await child.stdin.flush();
    return child;
  }

  test("drains, prints the summary and exits with 130", async () => {
    const child = await waiting(["replay", "-", "--json"]);
    await untilSleeping(child.pid);
    child.kill("SIGINT");
    const [out, err, status] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect(status).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ status: 130, messages: 200_100 });
    expect(err).toContain("stopping in order; press Ctrl-C again to leave at once");
  });

  test("leaves nothing but the JSON summary on stderr when stdout carries data", async () => {
    const child = await waiting(["replay", "-", "--bbo", "--json"]);
    const [out, err] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    await untilSleeping(child.pid);
    child.kill("SIGINT");
    expect(JSON.parse(await err)).toMatchObject({ status: 130, messages: 200_100, error: "interrupted" });
    expect((await out).split("\n")).toHaveLength(200_002);
  });

  test("keeps every row that was printed before it whole", async () => {
    const child = await waiting(["replay", "-", "--bbo"]);
    const text = new Response(child.stdout).text();
    await untilSleeping(child.pid);
    child.kill("SIGINT");
    const rows = (await text).split("\n");
    expect(await child.exited).toBe(130);
    expect(rows.at(-1)).toBe("");
    expect(rows).toHaveLength(200_000 + 2);
    expect(rows.slice(1, -1).every((row) => row.split(",").length === 6)).toBe(true);
  });

  test("before anything came is no empty input", async () => {
    const child = Bun.spawn([binary, "replay", "-", "--json"], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
      env: {},
    });
    await untilSleeping(child.pid);
    child.kill("SIGINT");
    expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({ status: 130, error: "interrupted" });
    expect(await child.exited).toBe(130);
  });

  test("twice leaves at once, even when the reader is stuck", async () => {
    const child = await waiting(["replay", "-", "--messages"]);
    await untilSleeping(child.pid);
    child.kill("SIGINT");
    child.kill("SIGINT");
    const before = Bun.nanoseconds();
    expect(await child.exited).toBe(130);
    expect(Bun.nanoseconds() - before).toBeLessThan(2e9);
  });

  test("as SIGTERM drains in the same way", async () => {
    const child = await waiting(["replay", "-", "--json"]);
    await untilSleeping(child.pid);
    child.kill("SIGTERM");
    expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({ messages: 200_100 });
    expect(await child.exited).toBe(130);
  });
});

/** Waits until every thread of a process sleeps: it has taken what was there and waits for more. */
async function untilSleeping(pid: number): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    await Bun.sleep(20);
    const before = cpuTicks(pid);
    await Bun.sleep(40);
    quiet = cpuTicks(pid) === before ? quiet + 1 : 0;
  }
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

test("fd 0, 1 and 2 stay blocking while data flows", async () => {
  const child = Bun.spawn(["sh", "-c", `cat | "$0" replay - --bbo 2>"$1" | cat`, binary, join(folder, "err")], {
    stdin: "pipe",
    stdout: "pipe",
  });
  child.stdin.write(readFileSync(long));
  await child.stdin.flush();
  const reader = child.stdout.getReader();
  await reader.read();
  const pid = Number((await shell(`pgrep -P ${child.pid} -x hftz`)).out);
  expect(pid).toBeGreaterThan(0);
  const O_NONBLOCK = 0o4000;
  for (const fd of [0, 1, 2]) {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))![1]!;
    expect({ fd, nonblocking: (Number.parseInt(flags, 8) & O_NONBLOCK) !== 0 }).toEqual({ fd, nonblocking: false });
  }
  await child.stdin.end();
  while (!(await reader.read()).done);
  await child.exited;
});

test("--version leaves a shared stdout blocking", async () => {
  const { out } = await shell("(hftz --version; grep flags /proc/self/fdinfo/1) | cat");
  expect(Number.parseInt(out.split(/\s/).at(-2)!, 8) & 0o4000).toBe(0);
});

test("binary is refused where a terminal would get it", async () => {
  const { out } = await shell(`script -qec "hftz replay ${day} --to -" /dev/null`, { env: { NO_COLOR: "1" } });
  expect(out).toContain("stdout is a terminal: a feed is binary");
});

test("a terminal is no feed", async () => {
  const { out } = await shell(`script -qec "hftz replay -; echo status \\$?" /dev/null`, { env: { NO_COLOR: "1" } });
  expect(out).toContain("stdin is a terminal: a feed is binary");
  expect(out).toContain("status 2");
});
