/** Execution reports: 48 bytes each, written by the oracle and read from the engine. */

export const REPORT_BYTES = 48;

export interface Report {
  readonly kind: string;
  readonly symbol: number;
  /** The byte; 0 when there is no order. */
  readonly side: number;
  readonly reason: number;
  readonly account: number;
  readonly sequence: number;
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  readonly open: number;
  readonly match: number;
}

/** Reports as bytes, in a buffer that grows. */
export class ReportTape {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  push(report: Report): void {
    if (this.#length + REPORT_BYTES > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    const at = this.#length;
    const view = this.#view;
    view.setUint8(at, 0x45);
    view.setUint8(at + 1, report.kind.charCodeAt(0));
    view.setUint16(at + 2, report.symbol, true);
    view.setUint8(at + 4, report.side);
    view.setUint8(at + 5, report.reason);
    view.setUint16(at + 6, report.account, true);
    wide(view, at + 8, report.sequence);
    wide(view, at + 16, report.id);
    wide(view, at + 24, report.price);
    view.setUint32(at + 32, report.quantity, true);
    view.setUint32(at + 36, report.open, true);
    wide(view, at + 40, report.match);
    this.#length += REPORT_BYTES;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** A whole number up to 2^53, negative too, as 64 bits: quicker than by way of a bigint. */
function wide(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(at, value - high * 2 ** 32, true);
  view.setInt32(at + 4, high, true);
}

function readWide(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

export function readReports(bytes: Uint8Array): Report[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / REPORT_BYTES }, (_, index) => {
    const at = index * REPORT_BYTES;
    return {
      kind: String.fromCharCode(view.getUint8(at + 1)),
      symbol: view.getUint16(at + 2, true),
      side: view.getUint8(at + 4),
      reason: view.getUint8(at + 5),
      account: view.getUint16(at + 6, true),
      sequence: readWide(view, at + 8),
      id: readWide(view, at + 16),
      price: readWide(view, at + 24),
      quantity: view.getUint32(at + 32, true),
      open: view.getUint32(at + 36, true),
      match: readWide(view, at + 40),
    };
  });
}
