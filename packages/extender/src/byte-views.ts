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
  const last = end - 8;
  if (last < start) return copyBytes(to, at, from, start, end);
  let next = at;
  for (let place = start; place < last; place += 8) {
    to.setFloat64(next, from.getFloat64(place, true), true);
    next += 8;
  }
  const after = at + end - start;
  // The last eight bytes, of which some may be there already.
  to.setFloat64(after - 8, from.getFloat64(last, true), true);
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
