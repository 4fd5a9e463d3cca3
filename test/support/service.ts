/** A running `hftz match --listen`, and its end. */

import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { binary } from "./product.ts";

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  const port = await promise;
  await new Promise((done) => server.close(done));
  return port;
}

export interface Summary {
  readonly status: number;
  readonly orders: number;
  readonly reports: number;
  readonly trades: number;
  readonly live: number;
  readonly hash: string;
  readonly threads: number;
  readonly acknowledgement: string;
  readonly clients: Readonly<Record<string, number>>;
  readonly journal: { readonly records: number; readonly refused: number };
}

export class Exchange {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #out: Promise<string>;
  readonly #err: Promise<string>;

  /** `line`: what stands behind `hftz match`, without spaces inside a word. */
  constructor(line: string, cwd?: string) {
    this.#child = Bun.spawn([binary, "match", "--json", ...line.split(/\s+/)], {
      env: {},
      cwd: cwd ?? tmpdir(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#out = new Response(this.#child.stdout).text();
    this.#err = new Response(this.#child.stderr).text();
  }

  /** Asks it to end in order; its summary. */
  async stop(): Promise<Summary> {
    this.#child.kill("SIGINT");
    const [out, err, status] = await Promise.all([this.#out, this.#err, this.#child.exited]);
    if (status !== 130) throw new Error(`exit code ${status}: ${err}`);
    return JSON.parse(out) as Summary;
  }

  /** Ends it as a crash does. */
  async crash(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
