import { eachItem, eachMember, kindAt, skipString, skipValue, textOf } from "./json-bytes.ts";
import { CallError } from "./call-error.ts";
import { viewOf } from "./byte-views.ts";
import { hashOfBytes } from "./name-hash.ts";
import { isPlain, nobody, Tokens, unusual } from "./tokens.ts";

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

/** Who has a name. */
export type Finder = {
  /** Adds the known names that follow each other from an offset on: see NameTable.read. */
  readNames(json: DataView, at: number, tokens: Tokens): number;
  get(name: string): { readonly index: number } | undefined;
};

/** Reads names out of one body. */
type Reader = {
  readonly body: Buffer;
  readonly view: DataView;
  readonly finder: Finder;
  readonly tokens: Tokens;
};

const quote = 0x22;
const comma = 0x2c;

/** Adds the name whose JSON string begins at `at`; the offset after it. */
const readAnyName = ({ body, finder, tokens }: Reader, at: number): number => {
  const end = skipString(body, at);
  const name = body.subarray(at + 1, end - 1);
  const hash = isPlain(name) ? hashOfBytes(name) : unusual;
  tokens.add(at, end, hash, finder.get(textOf(body, at, end))?.index ?? nobody);
  return end;
};

/** Adds names from the quote at `at` on, for as long as there is no white space between them. */
const readNames = (reader: Reader, at: number): number => {
  const { body, view, finder, tokens } = reader;
  let next = finder.readNames(view, at, tokens);
  // Before a name that is not known: the first one, or one after a comma.
  while (next === at || body[next - 1] === comma) {
    next = readAnyName(reader, next);
    if (body[next] !== comma || body[next + 1] !== quote) return next;
    next = finder.readNames(view, next + 1, tokens);
  }
  return next;
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
