/** FNV-1a (draft-eastlake-fnv) in 31 bits, which V8 keeps without allocating. */
export const hashOf = (text: string): number => {
  let hash = 0x011c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) & 0x7fffffff;
  }
  return hash;
};

/**
 * The hash of a name in a request, which is made four bytes at a time: begin with `firstHash`, add
 * each whole word and what is left, then `lastHash`. As hashOf, it has 31 bits.
 */
export const firstHash = 0x011c9dc5;

export const addWord = (hash: number, word: number): number => Math.imul(hash ^ word, 0x9e3779b1);

export const lastHash = (hash: number): number => (hash ^ (hash >>> 15)) & 0x7fffffff;

/** The hash of a name that is given as bytes. */
export const hashOfBytes = (name: Buffer): number => {
  let hash = firstHash;
  const whole = name.length & ~3;
  for (let at = 0; at < whole; at += 4) hash = addWord(hash, name.readInt32LE(at));
  let rest = 0;
  for (let at = whole; at < name.length; at += 1) rest |= (name[at] ?? 0) << (8 * (at - whole));
  return lastHash(addWord(hash, rest));
};

/** murmur3's finalizer: every bit of what goes in changes half of the bits that come out. */
export const mixed = (hash: number): number => {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};
