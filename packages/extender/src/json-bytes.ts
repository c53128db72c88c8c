/*
 * JSON read from the bytes it came in. A call about thousands of nodes is mostly names, or whole
 * Nodes that are only passed on: making values of all that costs more than everything else.
 * Grammar: RFC 8259.
 */

/** Text that is not JSON. */
export class JsonError extends Error {
  readonly code = "json_malformed";
  readonly statusCode = 400;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** What ends a run of plain characters in a string: the quote, a backslash, a control character. */
const endsRun = Uint8Array.from({ length: 256 }, (_, code) =>
  code < 0x20 || code === quote || code === backslash ? 1 : 0,
);

/** encoding/json of Go reads no deeper, so that nobody could use the answer. */
const depthLimit = 10_000;

const malformed = (bytes: Buffer, at: number, expected: string): JsonError =>
  new JsonError(
    at >= bytes.length
      ? `the body is not JSON: it ends after ${bytes.length} bytes where ${expected} was expected`
      : `the body is not JSON: byte ${at} should be ${expected}`,
  );

/** The offset of the first byte from `at` on that is no white space. */
export const skipSpace = (bytes: Buffer, at: number): number => {
  let next = at;
  for (;;) {
    const code = bytes[next];
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return next;
    next += 1;
  }
};

/**
 * The offset after the string that begins with the quote at `at`.
 * @throws JsonError
 */
export const skipString = (bytes: Buffer, at: number): number => {
  if (bytes[at] !== quote) throw malformed(bytes, at, "a string");
  let next = at + 1;
  for (;;) {
    let code = bytes[next] ?? 0;
    while (endsRun[code] === 0) {
      next += 1;
      code = bytes[next] ?? 0;
    }
    if (code === quote) return next + 1;
    if (code !== backslash) throw malformed(bytes, next, "the end of a string");
    next = skipEscape(bytes, next);
  }
};

const skipEscape = (bytes: Buffer, at: number): number => {
  const code = bytes[at + 1];
  if (code === 0x75) {
    for (let index = at + 2; index < at + 6; index += 1) {
      if (!isHex(bytes[index])) throw malformed(bytes, index, "a hexadecimal digit");
    }
    return at + 6;
  }
  if (code !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(code))) return at + 2;
  throw malformed(bytes, at + 1, "an escaped character");
};

const isHex = (code: number | undefined): boolean =>
  code !== undefined && /^[0-9a-fA-F]$/.test(String.fromCharCode(code));

const isDigit = (code: number | undefined): boolean =>
  code !== undefined && code >= 0x30 && code <= 0x39;

const skipDigits = (bytes: Buffer, at: number): number => {
  if (!isDigit(bytes[at])) throw malformed(bytes, at, "a digit");
  let next = at + 1;
  while (isDigit(bytes[next])) next += 1;
  return next;
};

const skipNumber = (bytes: Buffer, at: number): number => {
  let next = bytes[at] === 0x2d ? at + 1 : at;
  next = bytes[next] === 0x30 ? next + 1 : skipDigits(bytes, next);
  if (bytes[next] === 0x2e) next = skipDigits(bytes, next + 1);
  if (bytes[next] === 0x65 || bytes[next] === 0x45) {
    const sign = bytes[next + 1];
    next = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? next + 2 : next + 1);
  }
  return next;
};

const words = ["true", "false", "null"].map((word) => Buffer.from(word));

const skipWordOrNumber = (bytes: Buffer, at: number): number => {
  const code = bytes[at];
  if (isDigit(code) || code === 0x2d) return skipNumber(bytes, at);
  const word = words.find((one) => one[0] === code);
  if (word?.every((letter, index) => bytes[at + index] === letter) !== true) {
    throw malformed(bytes, at, "a value");
  }
  return at + word.length;
};

const skipKey = (bytes: Buffer, at: number): number => {
  const end = skipSpace(bytes, skipString(bytes, skipSpace(bytes, at)));
  if (bytes[end] !== colon) throw malformed(bytes, end, "a colon");
  return end + 1;
};

/**
 * The offset after the value that begins at `at`, all of which is checked.
 * @throws JsonError
 */
export const skipValue = (bytes: Buffer, at: number): number => {
  const closers: number[] = [];
  let next = at;
  for (;;) {
    next = skipSpace(bytes, next);
    const code = bytes[next];
    if (code === quote) {
      next = skipString(bytes, next);
    } else if (code === openBrace || code === openBracket) {
      const closer = code === openBrace ? closeBrace : closeBracket;
      next = skipSpace(bytes, next + 1);
      if (bytes[next] === closer) {
        next += 1;
      } else {
        if (closers.length === depthLimit) {
          throw new JsonError(`the body is nested more than ${depthLimit} levels deep`);
        }
        closers.push(closer);
        if (closer === closeBrace) next = skipKey(bytes, next);
        continue;
      }
    } else {
      next = skipWordOrNumber(bytes, next);
    }
    for (;;) {
      const closer = closers.at(-1);
      if (closer === undefined) return next;
      next = skipSpace(bytes, next);
      if (bytes[next] === comma) {
        next = closer === closeBrace ? skipKey(bytes, next + 1) : next + 1;
        break;
      }
      if (bytes[next] !== closer) throw malformed(bytes, next, "a comma or the end of a list");
      next += 1;
      closers.pop();
    }
  }
};

/** Reads a value that begins at an offset and gives the offset after it. */
export type ReadValue = (at: number) => number;

/**
 * Calls `read` at each member's value of the object that begins at `at`; the offset after it.
 * @throws JsonError
 */
export const eachMember = (
  bytes: Buffer,
  at: number,
  read: (key: string, at: number) => number,
): number => {
  let next = skipSpace(bytes, at + 1);
  if (bytes[next] === closeBrace) return next + 1;
  for (;;) {
    next = skipSpace(bytes, next);
    const end = skipString(bytes, next);
    const key = textOf(bytes, next, end);
    const value = skipSpace(bytes, end);
    if (bytes[value] !== colon) throw malformed(bytes, value, "a colon");
    next = skipSpace(bytes, read(key, skipSpace(bytes, value + 1)));
    if (bytes[next] === closeBrace) return next + 1;
    if (bytes[next] !== comma) throw malformed(bytes, next, "a comma or the end of an object");
    next += 1;
  }
};

/**
 * Calls `read` at each item of the list that begins at `at`; the offset after it.
 * @throws JsonError
 */
export const eachItem = (bytes: Buffer, at: number, read: ReadValue): number => {
  let next = skipSpace(bytes, at + 1);
  if (bytes[next] === closeBracket) return next + 1;
  for (;;) {
    next = skipSpace(bytes, read(skipSpace(bytes, next)));
    if (bytes[next] === closeBracket) return next + 1;
    if (bytes[next] !== comma) throw malformed(bytes, next, "a comma or the end of a list");
    next += 1;
  }
};

/** What kind of value begins at an offset; "other" is a number, a literal or nothing at all. */
export const kindAt = (
  bytes: Buffer,
  at: number,
): "object" | "list" | "string" | "null" | "other" => {
  switch (bytes[at] ?? 0) {
    case openBrace:
      return "object";
    case openBracket:
      return "list";
    case quote:
      return "string";
    case 0x6e:
      return "null";
    default:
      return "other";
  }
};

/** The string whose quotes are at `start` and just before `end`. */
export const textOf = (bytes: Buffer, start: number, end: number): string => {
  const raw = bytes.toString("utf8", start, end);
  return raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
};

/** The value from `start` to `end`, which was skipped before. */
export const valueOf = (bytes: Buffer, start: number, end: number): unknown =>
  JSON.parse(bytes.toString("utf8", start, end));
