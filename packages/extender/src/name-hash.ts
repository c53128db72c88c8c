/** FNV-1a (draft-eastlake-fnv) in 31 bits, which V8 keeps without allocating. */
export const firstHash = 0x011c9dc5;
export const addToHash = (hash: number, code: number): number =>
  Math.imul(hash ^ code, 0x01000193) & 0x7fffffff;

export const hashOf = (name: string): number => {
  let hash = firstHash;
  for (let index = 0; index < name.length; index += 1) {
    hash = addToHash(hash, name.charCodeAt(index));
  }
  return hash;
};

/** murmur3's finalizer: every bit of what goes in changes half of the bits that come out. */
export const mixed = (hash: number): number => {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};
