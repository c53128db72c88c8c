import { crc32 } from "node:zlib";

const sector = 512;
const entriesSize = 128 * 128;

/** One of a GUID partition table's two headers. Source: UEFI specification, 5.3.2. */
const gptHeader = (at: number, other: number, entriesAt: number, last: number): Buffer => {
  const header = Buffer.alloc(sector);
  header.write("EFI PART", 0, "latin1");
  header.writeUInt32LE(0x1_00_00, 8);
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(BigInt(at), 24);
  header.writeBigUInt64LE(BigInt(other), 32);
  header.writeBigUInt64LE(34n, 40);
  header.writeBigUInt64LE(BigInt(last - 33), 48);
  header.fill(7, 56, 72);
  header.writeBigUInt64LE(BigInt(entriesAt), 72);
  header.writeUInt32LE(128, 80);
  header.writeUInt32LE(128, 84);
  header.writeUInt32LE(crc32(Buffer.alloc(entriesSize)), 88);
  header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
  return header;
};

/** A DOS table that covers the whole disk, before the GUID table. */
const protectiveTable = (): Buffer => {
  const table = Buffer.alloc(sector);
  table[450] = 0xee;
  table.writeUInt32LE(1, 454);
  table.writeUInt32LE(0xff_ff_ff_ff, 458);
  table.writeUInt16LE(0xaa_55, 510);
  return table;
};

/** The superblock of a member of an md array in format 1.0, which lies at its end. md(4) */
const raidSuperblock = (atSector: number): Buffer => {
  const block = Buffer.alloc(sector);
  block.writeUInt32LE(0xa9_2b_4e_fc, 0);
  block.writeUInt32LE(1, 4);
  block.fill(9, 16, 32);
  block.writeBigUInt64LE(BigInt(atSector), 144);
  return block;
};

/**
 * What a former tenant may have left on a device of `size` bytes: a GUID partition table, with its
 * backup in the last sector, and the superblock of an md array near the end. By sector.
 */
export const oldSignatures = (size: number): ReadonlyMap<number, Buffer> => {
  const last = size / sector - 1;
  const raid = size / sector - 16;
  return new Map([
    [0, protectiveTable()],
    [1, gptHeader(1, last, 2, last)],
    [raid, raidSuperblock(raid)],
    [last, gptHeader(last, 1, last - 32, last)],
  ]);
};
