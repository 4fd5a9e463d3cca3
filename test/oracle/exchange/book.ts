/** What an exchange keeps: orders, and one book a symbol, as plain lists in the order of priority. */

export type Side = "B" | "S";
export const LIMIT = 0;
export const MARKET = 1;
export const STOP = 2;
export const STOP_LIMIT = 3;
export const IOC = 1;
export const FOK = 2;
export const POST_ONLY = 3;
export const AT_OPEN = 4;
export const AT_CLOSE = 5;
export const GTD = 6;

export interface Order {
  readonly id: number;
  readonly symbol: number;
  readonly side: Side;
  readonly account: number;
  readonly tif: number;
  readonly selfTrade: number;
  readonly trigger: number;
  readonly expiry: number;
  readonly minimum: number;
  kind: number;
  price: number;
  open: number;
  shown: number;
  display: number;
  traded: number;
  /** Sequence number of the acceptance. */
  accepted: number;
  /** Sequence number of the report by which it took its place (rule 16). */
  reference: number;
}

export interface Spec {
  readonly tick: number;
  readonly lot: number;
  readonly band: number;
  readonly reference: number;
  readonly state: string;
}

export const PLAIN: Spec = { tick: 1, lot: 1, band: 0, reference: 0, state: "T" };

export interface Book {
  readonly symbol: number;
  readonly spec: Spec;
  state: string;
  auction: string;
  last: number;
  reference: number;
  /** Best first, and at one price first come first. */
  readonly sides: Readonly<Record<Side, Order[]>>;
  /** Market orders of an auction, stops, at-open and at-close orders before their auction: each in its order. */
  readonly market: Order[];
  readonly stops: Order[];
  readonly waiting: Order[];
}

export function newBook(symbol: number, spec: Spec): Book {
  const { state, reference } = spec;
  const sides = { B: [], S: [] };
  return { symbol, spec, state, auction: "\0", last: 0, reference, sides, market: [], stops: [], waiting: [] };
}

export const opposite = (side: Side): Side => (side === "B" ? "S" : "B");

/** Whether an order of this side and limit may trade at a price. */
export function accepts(side: Side, limit: number, price: number): boolean {
  return side === "B" ? price <= limit : price >= limit;
}

export const isMarket = ({ kind }: Order): boolean => kind === MARKET;
export const isStop = (kind: number): boolean => kind === STOP || kind === STOP_LIMIT;
export const isPriced = (kind: number): boolean => kind === LIMIT || kind === STOP_LIMIT;
export const isForAuction = (tif: number): boolean => tif === AT_OPEN || tif === AT_CLOSE;

/** What an order that rests shows (rule 6). */
export const showing = ({ display, open }: Order): number => (display === 0 ? open : Math.min(display, open));

/** Joins the tail of its price. */
export function join(book: Book, order: Order): void {
  order.shown = showing(order);
  const side = book.sides[order.side];
  const worse = side.findIndex(({ price }) => isWorse(order.side, price, order.price));
  side.splice(worse < 0 ? side.length : worse, 0, order);
}

function isWorse(side: Side, price: number, than: number): boolean {
  return side === "B" ? price < than : price > than;
}

/** Takes an order out of whichever list it is in. */
export function leave(book: Book, order: Order): void {
  for (const list of [book.sides.B, book.sides.S, book.market, book.stops, book.waiting]) {
    const at = list.indexOf(order);
    if (at >= 0) list.splice(at, 1);
  }
}

/** Every order in the order of rule 13. */
export function everyOrder({ sides, market, stops, waiting }: Book): Order[] {
  return [...sides.B, ...sides.S, ...market, ...stops, ...waiting];
}
