import { addWord, firstHash, lastHash } from "./name-hash.ts";
import type { Tokens } from "./tokens.ts";

/** As a little-endian number. */
const commaAndQuote = 0x222c;
/** A quote in each byte of a word. */
const quotes = 0x22222222;

/** Not 0 if a byte of the word is 0; the lowest bit that is set tells which is the first. */
const zeroByte = (word: number): number => (word - 0x01010101) & ~word & 0x80808080;

/**
 * Notes in `tokens` where the names of a JSON list lie, from the quote at `at` on, and their hashes,
 * without counting them; how many there are with those that are counted. It ends before the place
 * `last`, where no other name follows without white space, and where less than a word is left.
 *
 * A name ends at its first quote, be it escaped or not: whoever finds the name in a table of plain
 * ones knows that it was not.
 */
export const scanNames = (json: DataView, at: number, tokens: Tokens, last: number): number => {
  const { starts, ends, hashes } = tokens;
  const lastWord = json.byteLength - 4;
  let count = tokens.count;
  let start = at + 1;
  while (count < last && start <= lastWord) {
    let next = start;
    let hash = firstHash;
    let word = json.getInt32(next, true);
    let found = zeroByte(word ^ quotes);
    while (found === 0) {
      next += 4;
      if (next > lastWord) return count;
      hash = addWord(hash, word);
      word = json.getInt32(next, true);
      found = zeroByte(word ^ quotes);
    }
    // Of the last word, what is before the quote.
    const bits = 24 - (Math.clz32(found & -found) & ~7);
    const end = next + (bits >> 3);
    starts[count] = start - 1;
    ends[count] = end + 1;
    hashes[count] = lastHash(addWord(hash, word & ((1 << bits) - 1)));
    count += 1;
    if (end > lastWord || json.getUint16(end + 1, true) !== commaAndQuote) break;
    start = end + 3;
  }
  return count;
};

/** Where the name after the one that ends at `end` begins, if it follows at once; else `end`. */
export const nextName = (json: DataView, end: number): number =>
  end + 2 <= json.byteLength && json.getUint16(end, true) === commaAndQuote ? end + 1 : end;
