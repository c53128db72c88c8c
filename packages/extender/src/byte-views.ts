/** A view of the same bytes: V8 reads and writes up to eight of them at a time through it. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const viewOfText = (text: string): DataView => viewOf(Buffer.from(text));

/**
 * Copies the bytes of `from` between `start` and `end` to `at`; the offset after them. For pieces as
 * short as names a loop is far faster than Buffer.copy, and joining texts is slower than both. The
 * bytes must be UTF-8: eight of it, moved as a number, never happen to be a NaN, whose bits need not
 * survive that.
 */
export const copyText = (
  to: DataView,
  at: number,
  from: DataView,
  start: number,
  end: number,
): number => {
  let next = at;
  let place = start;
  for (; place + 8 <= end; place += 8) {
    to.setFloat64(next, from.getFloat64(place, true), true);
    next += 8;
  }
  const after = at + end - start;
  if (place === end) return after;
  if (place > start) {
    // The last eight bytes, of which some are there already.
    to.setFloat64(after - 8, from.getFloat64(end - 8, true), true);
    return after;
  }
  for (; place < end; place += 1) {
    to.setUint8(next, from.getUint8(place));
    next += 1;
  }
  return after;
};

/** As copyText, for bytes that may be anything. */
export const copyBytes = (
  to: DataView,
  at: number,
  from: DataView,
  start: number,
  end: number,
): number => {
  for (let place = start; place < end; place += 1) {
    to.setUint8(at + place - start, from.getUint8(place));
  }
  return at + end - start;
};
