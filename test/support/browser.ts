/** A page in headless Chromium, by its debugging protocol: the size and the medium of a phone, of dark mode, of paper. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const CHROMIUM = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

export interface Medium {
  readonly width: number;
  readonly isDark?: boolean;
  readonly isPaper?: boolean;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export class Page {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #loaded: Promise<void>;
  #markLoaded: () => void = () => {};
  #last = 0;
  /** What the page wrote to its console, and what it threw. */
  readonly complaints: string[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#loaded = new Promise((resolve) => (this.#markLoaded = resolve));
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Message));
  }

  #take(message: Message): void {
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    if (message.method === "Page.loadEventFired") this.#markLoaded();
    if (message.method === "Runtime.exceptionThrown" || message.method === "Runtime.consoleAPICalled")
      this.complaints.push(JSON.stringify(message.params));
  }

  async call(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#last;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async load(url: string): Promise<void> {
    for (const domain of ["Page", "Runtime"]) await this.call(`${domain}.enable`);
    await this.call("Page.navigate", { url });
    await this.#loaded;
  }

  async show({ width, isDark = false, isPaper = false }: Medium): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }];
    await this.call("Emulation.setEmulatedMedia", { media: isPaper ? "print" : "screen", features });
    if (isPaper) await this.evaluate("dispatchEvent(new Event('beforeprint'))");
    // Two frames: the first lays out, the second has drawn.
    await this.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
  }

  /** The value of an expression, as JSON would carry it. */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", params);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }
}

/** Runs `work` with the page of `url`, loaded. */
export async function inBrowser<T>(url: string, work: (page: Page) => Promise<T>): Promise<T> {
  if (CHROMIUM === null) throw new Error("there is no chromium");
  const profile = mkdtempSync(join(tmpdir(), "hftz-browser-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  const browser = Bun.spawn([CHROMIUM, ...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdout: "ignore",
    stderr: "pipe",
  });
  try {
    const port = await portOf(browser.stderr);
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets.find(({ type }) => type === "page")!.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const page = new Page(socket);
    await page.load(url);
    const result = await work(page);
    socket.close();
    return result;
  } finally {
    browser.kill();
    await browser.exited;
    rmSync(profile, { recursive: true, force: true });
  }
}

async function portOf(log: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const bytes of log) {
    text += new TextDecoder().decode(bytes);
    const port = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error(`chromium did not start: ${text}`);
}
