import { eachItem, eachMember, kindAt, skipString, skipValue, textOf } from "./json-bytes.ts";
import { CallError } from "./call-error.ts";
import { addToHash, firstHash } from "./name-hash.ts";

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

/** Where the names are, their quotes included, and the hash of each. */
class Tokens {
  count = 0;
  starts = new Int32Array(256);
  ends = new Int32Array(256);
  hashes = new Int32Array(256);

  add(start: number, end: number, hash: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.hashes[this.count] = hash;
    this.count += 1;
  }

  #grow(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.hashes = doubled(this.hashes);
  }
}

const doubled = (list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const longer = new Int32Array(2 * list.length);
  longer.set(list);
  return longer;
};

const quote = 0x22;
const comma = 0x2c;

/**
 * Adds the name whose JSON string begins at `at`; the offset after it. The hash is made on the way:
 * this is the loop that sees every byte of thousands of names.
 */
const readName = (body: Buffer, at: number, tokens: Tokens): number => {
  let hash = firstHash;
  let next = at + 1;
  let code = body[next] ?? 0;
  // Plain ASCII, as all names of nodes are; anything else is read with care below.
  while (code > 0x22 && code < 0x7f && code !== 0x5c) {
    hash = addToHash(hash, code);
    next += 1;
    code = body[next] ?? 0;
  }
  if (code === quote) {
    tokens.add(at, next + 1, hash);
    return next + 1;
  }
  const end = skipString(body, at);
  tokens.add(at, end, unusual);
  return end;
};

/** Reads names for as long as they follow each other as Go writes them, without white space. */
const readNames = (body: Buffer, at: number, tokens: Tokens): number => {
  let end = readName(body, at, tokens);
  while (body[end] === comma && body[end + 1] === quote) end = readName(body, end + 1, tokens);
  return end;
};

/** In place of a hash: the name has other characters than plain ones. No hash is negative. */
export const unusual = -1;

export const noNodes: AskedNodes = {
  body: Buffer.alloc(0),
  tokens: new Tokens(),
  form: { kind: "names" },
};

/**
 * NodeNames, which begin at `at`.
 * @throws CallError, JsonError
 */
export const readNodeNames = (
  body: Buffer,
  at: number,
): { readonly end: number; readonly asked: AskedNodes } => {
  if (kindAt(body, at) !== "list") throw new CallError("NodeNames must be a list of texts or null");
  const tokens = new Tokens();
  const end = eachItem(body, at, (item) => {
    if (body[item] === quote) return readNames(body, item, tokens);
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
): { readonly end: number; readonly asked: AskedNodes } => {
  if (kindAt(body, at) !== "object") throw new CallError("Nodes must be a NodeList or null");
  let tokens = new Tokens();
  let items = new Ranges();
  let inside: Range | undefined;
  const end = eachMember(body, at, (key, value) => {
    if (key !== "items") return skipValue(body, value);
    tokens = new Tokens();
    items = new Ranges();
    inside = undefined;
    if (kindAt(body, value) === "null") return skipValue(body, value);
    if (kindAt(body, value) !== "list") throw new CallError("Nodes.items must be a list or null");
    const after = eachItem(body, value, (item) => {
      const itemEnd = readNode(body, item, tokens, items.starts.length);
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

const readNode = (body: Buffer, at: number, tokens: Tokens, index: number): number => {
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
  readName(body, nameAt, tokens);
  return end;
};

const nameless = (index: number): CallError =>
  new CallError(`Nodes.items.${index}.metadata.name must be a text`);

/** The name at an index, as a text. */
export const nameAt = ({ body, tokens }: AskedNodes, index: number): string =>
  textOf(body, tokens.starts[index] ?? 0, tokens.ends[index] ?? 0);
