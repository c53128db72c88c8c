/** Gives memory for so many bytes, which may hold anything. */
export type Allocate = (size: number) => Buffer;

const smallest = 2 ** 16;
const largest = 2 ** 22;
const spares = 4;

/**
 * Buffers that are used again. V8 counts what buffers hold, and collects all garbage of the caches
 * each time that some requests' bodies and answers have come together.
 */
export class Buffers {
  readonly #spare: Buffer[] = [];

  /** A buffer of just that size, which is part of a larger one. */
  take(size: number): { readonly bytes: Buffer; readonly whole: Buffer } {
    const at = this.#spare.findIndex((spare) => spare.length >= size);
    const [spare] = at < 0 ? [] : this.#spare.splice(at, 1);
    const whole = spare ?? Buffer.allocUnsafeSlow(size > largest ? size : roundedUp(size));
    return { bytes: whole.subarray(0, size), whole };
  }

  /** Nobody may look at it any more. The largest ones are too rare to be kept. */
  give(whole: Buffer): void {
    if (whole.length > largest || this.#spare.length === spares) return;
    this.#spare.push(whole);
    this.#spare.sort((a, b) => a.length - b.length);
  }
}

const roundedUp = (size: number): number => Math.max(1, Math.ceil(size / smallest)) * smallest;
