/**
 * A book rebuilt from a feed in the most obvious way: orders in a map, levels summed up anew whenever somebody looks. It is the
 * oracle for the native replica and knows nothing of its data structures.
 */

export type Side = "B" | "S";

interface Order {
  readonly side: Side;
  readonly price: number;
  shares: number;
}

/** The best price of a side and the shares at it; null when the side is empty. */
export type Best = { readonly price: number; readonly size: number } | null;

export class NaiveReplica {
  readonly #orders = new Map<number, Order>();

  add(reference: number, side: Side, shares: number, price: number): void {
    // A reference names one order: one that is open already gives way.
    this.#orders.set(reference, { side, shares, price });
  }

  /** Executions and cancels alike; what goes beyond what is open takes what is open. */
  reduce(reference: number, shares: number): void {
    const order = this.#orders.get(reference);
    if (order === undefined) return;
    order.shares -= Math.min(shares, order.shares);
    if (order.shares === 0) this.#orders.delete(reference);
  }

  remove(reference: number): void {
    this.#orders.delete(reference);
  }

  replace(reference: number, replacement: number, shares: number, price: number): void {
    const order = this.#orders.get(reference);
    if (order === undefined) return;
    this.remove(reference);
    this.add(replacement, order.side, shares, price);
  }

  best(side: Side): Best {
    const orders = [...this.#orders.values()].filter((order) => order.side === side);
    if (orders.length === 0) return null;
    const prices = orders.map(({ price }) => price);
    const price = side === "B" ? Math.max(...prices) : Math.min(...prices);
    const size = orders.filter((order) => order.price === price).reduce((sum, { shares }) => sum + shares, 0);
    return { price, size };
  }

  get live(): number {
    return this.#orders.size;
  }
}
