/** One flow through the native engine, in memory, and through the naive exchange. */

import { Session } from "../../ffi/session.ts";
import { type Command, encode } from "./exchange/command.ts";
import { Exchange } from "./exchange/exchange.ts";
import { booksHash, stateHash } from "./exchange/hash.ts";
import { type Flow, type FlowSettings, TABLE } from "./flow.ts";

/** What an exchange answered: its reports as bytes, and what is left at the end. */
export interface Answer {
  readonly reports: Uint8Array;
  readonly figures: Readonly<Record<string, unknown>>;
}

const SELF_TRADE = ["none", "newest", "oldest", "both", "decrement"] as const;
const room = new Uint8Array(1 << 20);

/** @param table path of the symbol table of flows that have one */
export function throughEngine({ settings, commands }: Flow, table: string): Answer {
  const { capacity, selfTrade } = settings;
  const symbols = settings.table ? table : null;
  const mode = SELF_TRADE[selfTrade];
  using session = Session.open({ run: "match", input: "memory", capacity, selfTrade: mode, symbols });
  session.start();
  const parts: Uint8Array[] = [];
  for (let rest = encode(commands); ;) {
    const { consumed, written } = session.feed(rest, room);
    parts.push(room.slice(0, written));
    rest = rest.subarray(consumed);
    if (rest.length === 0 && written === 0) break;
  }
  const { trades, reports, live, hash, booksHash: books } = session.outcome().result;
  return { reports: Buffer.concat(parts), figures: { trades, reports, live, hash, books } };
}

/** @param after is called after every command */
export function throughOracle(flow: Flow, after?: (exchange: Exchange, command: Command) => void): Answer {
  const exchange = newExchange(flow.settings);
  for (const command of flow.commands) {
    exchange.apply(command);
    after?.(exchange, command);
  }
  const { matches: trades, sequence: reports } = exchange;
  const [hash, books] = [stateHash(exchange), booksHash(exchange)];
  return { reports: exchange.tape.bytes, figures: { trades, reports, live: exchange.live.size, hash, books } };
}

export function newExchange({ capacity, selfTrade, table }: FlowSettings): Exchange {
  return new Exchange({ capacity, selfTrade, table: table ? TABLE : undefined });
}
