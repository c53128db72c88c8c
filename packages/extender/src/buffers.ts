/** Gives memory for so many bytes, which may hold anything. */
export type Allocate = (size: number) => Buffer;

const step = 2 ** 16;

/**
 * Buffers that are used again, until they are let go of. V8 counts what buffers hold, and collects
 * all garbage of the caches each time that some requests' bodies and answers have come together; and
 * where memory is new, the kernel has to clear and map each page of it. Invariant: there are never
 * more of them than were in use at once.
 */
export class Buffers {
  /** How many were taken, ever. */
  taken = 0;
  /** The longest comes last. */
  #spare: Buffer[] = [];

  /** A buffer of just that size, which is part of a larger one. */
  take(size: number): { readonly bytes: Buffer; readonly whole: Buffer } {
    this.taken += 1;
    const at = this.#spare.findIndex(({ length }) => length >= size);
    // Where all are too short, the longest makes way for the new one.
    const [spare] = this.#spare.splice(at, 1);
    const whole = spare === undefined || at < 0 ? Buffer.allocUnsafeSlow(withMargin(size)) : spare;
    return { bytes: whole.subarray(0, size), whole };
  }

  /** Nobody may look at it any more. */
  give(whole: Buffer): void {
    this.#spare.push(whole);
    this.#spare.sort((a, b) => a.length - b.length);
  }

  /** Lets go of all that are not in use. */
  release(): void {
    this.#spare = [];
  }
}

/** So that a slightly longer one finds room as well; what is not written to costs no memory. */
const withMargin = (size: number): number => Math.ceil((size + size / 8 + 1) / step) * step;
