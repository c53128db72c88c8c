import { eachItem, eachMember, kindAt, skipString, skipValue, textOf } from "./json-bytes.ts";
import { CallError } from "./call-error.ts";
import { viewOf } from "./byte-views.ts";
import { addWord, firstHash, hashOfBytes, lastHash } from "./name-hash.ts";

/**
 * The nodes that a call is about, in the order and in the form in which they came. They stay the
 * bytes that they are: `tokens` tell where each name's JSON string lies in `body`, so that an answer
 * can repeat it as it was written.
 */
export type AskedNodes = {
  readonly body: Buffer;
  readonly tokens: Tokens;
  readonly form: Form;
};

type Form =
  | { readonly kind: "names" }
  | {
      readonly kind: "nodes";
      readonly list: Range;
      /** What is between the brackets of the list's items; undefined if it has none. */
      readonly inside: Range | undefined;
      readonly items: Ranges;
    };

/** Offsets in the body; `end` is the one after the last. */
type Range = { readonly start: number; readonly end: number };

/** Many ranges without an object for each. */
class Ranges {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }
}

/** In place of a hash: the name has other characters than plain ones. No hash is negative. */
export const unusual = -1;

/** Where the names are, their quotes included, the hash of each and who has it. */
export class Tokens {
  count = 0;
  /** Are all names plain? */
  plain = true;
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  hashes: Int32Array<ArrayBuffer>;
  /** The index of each name's seat, for as long as no change is seen; negative for nobody's. */
  seats: Int32Array<ArrayBuffer>;

  /** @param size that will probably do. */
  constructor(size: number) {
    this.starts = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.hashes = new Int32Array(size);
    this.seats = new Int32Array(size);
  }

  /** Forgets all, to be used again. */
  clear(): void {
    this.count = 0;
    this.plain = true;
  }

  add(start: number, end: number, hash: number, seat: number): void {
    if (this.count === this.starts.length) this.#grow();
    if (hash === unusual) this.plain = false;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.hashes[this.count] = hash;
    this.seats[this.count] = seat;
    this.count += 1;
  }

  #grow(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.hashes = doubled(this.hashes);
    this.seats = doubled(this.seats);
  }
}

/** Who has a name. */
export type Finder = {
  /** The index of the seat whose name is the plain bytes from `start` to `end`; or negative. */
  findPlain(body: DataView, start: number, end: number, hash: number): number;
  get(name: string): { readonly index: number } | undefined;
};

/** Reads names out of one body. */
type Reader = {
  readonly body: Buffer;
  readonly view: DataView;
  readonly finder: Finder;
  readonly tokens: Tokens;
};

const nobody = -1;

const doubled = (list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const longer = new Int32Array(2 * list.length + 16);
  longer.set(list);
  return longer;
};

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/**
 * Adds the name whose JSON string begins at `at`; the offset after it. A name that is a known node's
 * byte for byte needs no other check: no known plain name has anything that JSON would escape.
 * @param length that it probably has, as many names of nodes are equally long.
 */
const readName = (reader: Reader, at: number, length: number): number => {
  const { body, view, finder, tokens } = reader;
  const start = at + 1;
  const end = start + length;
  if (body[end] !== quote || end + 4 > body.length) return readAnyName(reader, at);
  let hash = firstHash;
  const whole = start + (length & ~3);
  for (let next = start; next < whole; next += 4) hash = addWord(hash, view.getInt32(next, true));
  const rest = view.getInt32(whole, true) & ((1 << (8 * (length & 3))) - 1);
  hash = lastHash(addWord(hash, rest));
  const seat = finder.findPlain(view, start, end, hash);
  if (seat < 0) return readAnyName(reader, at);
  tokens.add(at, end + 1, hash, seat);
  return end + 1;
};

/** As readName, without knowing anything. */
const readAnyName = ({ body, view, finder, tokens }: Reader, at: number): number => {
  const end = skipString(body, at);
  const name = body.subarray(at + 1, end - 1);
  if (isPlain(name)) {
    const hash = hashOfBytes(name);
    tokens.add(at, end, hash, finder.findPlain(view, at + 1, end - 1, hash));
  } else {
    tokens.add(at, end, unusual, finder.get(textOf(body, at, end))?.index ?? nobody);
  }
  return end;
};

/** Is it the same in JSON and out of it, and one byte a letter? */
export const isPlain = (name: Buffer): boolean =>
  name.every((code) => code >= 0x20 && code < 0x80 && code !== quote && code !== backslash);

/** Reads names for as long as they follow each other as Go writes them, without white space. */
const readNames = (reader: Reader, at: number): number => {
  const { body } = reader;
  let start = at;
  let end = readAnyName(reader, at);
  while (body[end] === comma && body[end + 1] === quote) {
    const length = end - start - 2;
    start = end + 1;
    end = readName(reader, start, length);
  }
  return end;
};

export const noNodes: AskedNodes = {
  body: Buffer.alloc(0),
  tokens: new Tokens(0),
  form: { kind: "names" },
};

/**
 * NodeNames, which begin at `at`.
 * @throws CallError, JsonError
 */
export const readNodeNames = (
  body: Buffer,
  at: number,
  finder: Finder,
  tokens: Tokens,
): { readonly end: number; readonly asked: AskedNodes } => {
  if (kindAt(body, at) !== "list") throw new CallError("NodeNames must be a list of texts or null");
  tokens.clear();
  const reader = { body, view: viewOf(body), finder, tokens };
  const end = eachItem(body, at, (item) => {
    if (body[item] === quote) return readNames(reader, item);
    skipValue(body, item);
    throw new CallError("NodeNames must be a list of texts or null");
  });
  return { end, asked: { body, tokens, form: { kind: "names" } } };
};

/**
 * Nodes, which begin at `at`. Only the names are looked at: all else is passed on as it came.
 * @throws CallError, JsonError
 */
export const readNodeList = (
  body: Buffer,
  at: number,
  finder: Finder,
  tokens: Tokens,
): { readonly end: number; readonly asked: AskedNodes } => {
  if (kindAt(body, at) !== "object") throw new CallError("Nodes must be a NodeList or null");
  tokens.clear();
  let items = new Ranges();
  let inside: Range | undefined;
  const view = viewOf(body);
  const end = eachMember(body, at, (key, value) => {
    if (key !== "items") return skipValue(body, value);
    tokens.clear();
    items = new Ranges();
    inside = undefined;
    if (kindAt(body, value) === "null") return skipValue(body, value);
    if (kindAt(body, value) !== "list") throw new CallError("Nodes.items must be a list or null");
    const after = eachItem(body, value, (item) => {
      const itemEnd = readNode({ body, view, finder, tokens }, item, items.starts.length);
      items.add(item, itemEnd);
      return itemEnd;
    });
    inside = { start: value + 1, end: after - 1 };
    return after;
  });
  return {
    end,
    asked: {
      body,
      tokens,
      form: { kind: "nodes", list: { start: at, end }, inside, items },
    },
  };
};

const readNode = (reader: Reader, at: number, index: number): number => {
  const { body } = reader;
  if (kindAt(body, at) !== "object") throw nameless(index);
  let nameAt: number | undefined;
  const end = eachMember(body, at, (key, value) => {
    if (key !== "metadata") return skipValue(body, value);
    nameAt = undefined;
    if (kindAt(body, value) !== "object") return skipValue(body, value);
    return eachMember(body, value, (inner, name) => {
      if (inner === "name") nameAt = name;
      return skipValue(body, name);
    });
  });
  if (nameAt === undefined || kindAt(body, nameAt) !== "string") throw nameless(index);
  readAnyName(reader, nameAt);
  return end;
};

const nameless = (index: number): CallError =>
  new CallError(`Nodes.items.${index}.metadata.name must be a text`);

/** The name at an index, as a text. */
export const nameAt = ({ body, tokens }: AskedNodes, index: number): string =>
  textOf(body, tokens.starts[index] ?? 0, tokens.ends[index] ?? 0);
