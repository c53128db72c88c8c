const sector = 512;
const firstEntry = 446;
const entryLength = 16;
const linux = 0x83;
const alignment = 2048;

/** The first sector of a disk with one DOS partition after another, at most four. */
export const partitionTable = (mebibytes: readonly number[]): Buffer => {
  if (mebibytes.length > 4) throw new RangeError("a DOS partition table has four entries");
  const table = Buffer.alloc(sector);
  let start = alignment;
  for (const [index, size] of mebibytes.entries()) {
    const entry = firstEntry + index * entryLength;
    const sectors = size * 2048;
    table.writeUInt8(linux, entry + 4);
    table.writeUInt32LE(start, entry + 8);
    table.writeUInt32LE(sectors, entry + 12);
    start += sectors;
  }
  table.writeUInt16BE(0x55aa, sector - 2);
  return table;
};
