import type { AskedNodes } from "./asked-nodes.ts";
import type { Allocate } from "./buffers.ts";
import { copyBytes, copyText, viewOf, viewOfText } from "./byte-views.ts";
import type { Outcome } from "./outcome.ts";

/** ExtenderFilterResult. Source: k8s.io/kube-scheduler/extender/v1/types.go. */
export type FilterResult = {
  readonly Nodes: object | null;
  readonly NodeNames: readonly string[] | null;
  readonly FailedNodes: Readonly<Record<string, string>>;
  readonly FailedAndUnresolvableNodes: Readonly<Record<string, string>>;
  readonly Error: string;
};

/** HostPriority; Score is a whole number from 0 to 10. */
export type HostPriority = { readonly Host: string; readonly Score: number };

const namesBegin = Buffer.from('{"Nodes":null,"NodeNames":[');
const namesEnd = Buffer.from("]");
const nodesBegin = Buffer.from('{"Nodes":');
const noItems = Buffer.from('{"items":[]}');
const nodesEnd = Buffer.from(',"NodeNames":null');
const failedBegin = Buffer.from(',"FailedNodes":{},"FailedAndUnresolvableNodes":{');
const failedEnd = Buffer.from('},"Error":""}');
const betweenItems = Buffer.from(",");
const comma = 0x2c;
const closeBracket = 0x5d;

/**
 * A FilterResult, in pieces of which some are the request's own bytes. Evicting pods frees no
 * volume, so that all refusals are beyond preemption.
 */
export const filterAnswer = (
  asked: AskedNodes,
  outcome: Outcome,
  allocate: Allocate,
): readonly Buffer[] =>
  asked.form.kind === "names"
    ? [namesAnswer(asked, outcome, allocate)]
    : [
        nodesBegin,
        ...passedNodes(asked, outcome),
        nodesEnd,
        failedBegin,
        failedOf(asked, outcome, allocate),
        failedEnd,
      ];

const namesAnswer = (asked: AskedNodes, outcome: Outcome, allocate: Allocate): Buffer => {
  const { tokens, body } = asked;
  const span = namesSpan(asked);
  // Behind the names that pass, with a comma after the last, and before those that do not.
  const failedFrom = namesBegin.length + span + 1 + namesEnd.length + failedBegin.length;
  const bytes = allocate(failedFrom + failedLimit(span, outcome) + failedEnd.length);
  let end = namesBegin.copy(bytes);
  let failedTo = failedFrom;
  if (outcome.refused === 0) {
    // The lists go on with what was in them before.
    const from = tokens.count === 0 ? 0 : (tokens.starts[0] ?? 0);
    end += body.copy(bytes, end, from, from + span);
  } else {
    const passedFrom = end;
    ({ end, failedTo } = putNames(asked, outcome, viewOf(bytes), end, failedFrom));
    // In place of the comma.
    if (end > passedFrom) end -= 1;
  }
  end += namesEnd.copy(bytes, end);
  end += failedBegin.copy(bytes, end);
  bytes.copyWithin(end, failedFrom, failedTo);
  end += failedTo - failedFrom;
  end += failedEnd.copy(bytes, end);
  return bytes.subarray(0, end);
};

/** Writes each name, with a comma after it, to where it belongs; the offsets after the last ones. */
const putNames = (
  { body, tokens }: AskedNodes,
  { verdicts, reasons }: Outcome,
  to: DataView,
  passedFrom: number,
  failedFrom: number,
): { readonly end: number; readonly failedTo: number } => {
  const { starts, ends, count, plain } = tokens;
  const copy = plain ? copyText : copyBytes;
  const names = viewOf(body);
  let passed = passedFrom;
  let failed = failedFrom;
  for (let place = 0; place < count; place += 1) {
    const start = starts[place] ?? 0;
    const end = ends[place] ?? 0;
    const verdict = verdicts[place] ?? 0;
    const reason = verdict === 0 ? undefined : reasons[verdict - 1];
    if (reason === undefined) {
      passed = copy(to, passed, names, start, end);
      to.setUint8(passed, comma);
      passed += 1;
    } else {
      failed = copy(to, failed, names, start, end);
      failed = copyText(to, failed, reason.words, 0, reason.length);
    }
  }
  // Every reason ends with a comma.
  return { end: passed, failedTo: failed > failedFrom ? failed - 1 : failed };
};

const failedOf = (asked: AskedNodes, outcome: Outcome, allocate: Allocate): Buffer => {
  const bytes = allocate(failedLimit(lengthOf(asked), outcome));
  return bytes.subarray(0, putFailed(asked, outcome, viewOf(bytes)));
};

/** Writes the refused names with their reasons; the offset after them. */
const putFailed = (
  { body, tokens }: AskedNodes,
  { refused, verdicts, reasons }: Outcome,
  to: DataView,
): number => {
  if (refused === 0) return 0;
  const { starts, ends, count, plain } = tokens;
  const copy = plain ? copyText : copyBytes;
  const names = viewOf(body);
  let end = 0;
  for (let place = 0; place < count; place += 1) {
    const verdict = verdicts[place] ?? 0;
    const reason = verdict === 0 ? undefined : reasons[verdict - 1];
    if (reason === undefined) continue;
    end = copy(to, end, names, starts[place] ?? 0, ends[place] ?? 0);
    end = copyText(to, end, reason.words, 0, reason.length);
  }
  // Every reason ends with a comma.
  return end - 1;
};

/**
 * As many bytes as all refused names with their reasons can take.
 * @param names how long all names are together, at least.
 */
const failedLimit = (names: number, { reasons, refused }: Outcome): number =>
  refused === 0 ? 0 : names + refused * Math.max(...reasons.map(({ length }) => length));

/** How long all names are together. */
const lengthOf = ({ tokens: { starts, ends, count } }: AskedNodes): number => {
  let length = 0;
  for (let place = 0; place < count; place += 1)
    length += (ends[place] ?? 0) - (starts[place] ?? 0);
  return length;
};

/** How many bytes of the request the names are in. */
const namesSpan = ({ tokens: { starts, ends, count } }: AskedNodes): number =>
  count === 0 ? 0 : (ends[count - 1] ?? 0) - (starts[0] ?? 0);

/** Calls `each` with the first place and the one after the last of every run of passed nodes. */
const eachRun = (
  count: number,
  { verdicts, refused }: Outcome,
  each: (from: number, to: number) => void,
): void => {
  let from = 0;
  while (from < count) {
    let to = from;
    if (refused === 0) to = count;
    while (to < count && verdicts[to] === 0) to += 1;
    if (to > from) each(from, to);
    from = to + 1;
  }
};

/** The NodeList as it came, with the items left that passed: neighbours in one piece. */
const passedNodes = ({ body, form, tokens }: AskedNodes, outcome: Outcome): readonly Buffer[] => {
  if (form.kind === "names" || form.inside === undefined) return [noItems];
  const { list, inside, items } = form;
  const parts: Buffer[] = [body.subarray(list.start, inside.start)];
  eachRun(tokens.count, outcome, (from, to) => {
    if (parts.length > 1) parts.push(betweenItems);
    parts.push(body.subarray(items.starts[from], items.ends[to - 1]));
  });
  parts.push(body.subarray(inside.end, list.end));
  return parts;
};

const scoreBegin = viewOfText('[{"Host":');
const nextHost = ',{"Host":'.length;
const longestNext = ',"Score":10},{"Host":'.length;
/** What follows a name, by its score: the first 16 bytes and the last eight, as numbers to move. */
const scoreNexts = Float64Array.from({ length: 11 * 3 }, (_, at) => {
  const next = viewOfText(`,"Score":${Math.floor(at / 3)}},{"Host":`);
  return next.getFloat64([0, 8, next.byteLength - 8][at % 3] ?? 0, true);
});
const noScores = Buffer.from("[]");

/** HostPriorityList, for the scores in the order of the nodes asked for. */
export const prioritizeAnswer = (
  asked: AskedNodes,
  scores: Uint8Array,
  allocate: Allocate,
): Buffer => {
  const { starts, ends, count, plain } = asked.tokens;
  if (count === 0) return noScores;
  const names = viewOf(asked.body);
  const copy = plain ? copyText : copyBytes;
  const bytes = allocate(scoreBegin.byteLength + lengthOf(asked) + longestNext * count);
  const to = viewOf(bytes);
  let end = copyText(to, 0, scoreBegin, 0, scoreBegin.byteLength);
  for (let place = 0; place < count; place += 1) {
    end = copy(to, end, names, starts[place] ?? 0, ends[place] ?? 0);
    const score = scores[place] ?? 0;
    const after = end + (score === 10 ? longestNext : longestNext - 1);
    to.setFloat64(end, scoreNexts[3 * score] ?? 0, true);
    to.setFloat64(end + 8, scoreNexts[3 * score + 1] ?? 0, true);
    to.setFloat64(after - 8, scoreNexts[3 * score + 2] ?? 0, true);
    end = after;
  }
  // In place of what leads to one more.
  end -= nextHost;
  to.setUint8(end, closeBracket);
  return bytes.subarray(0, end + 1);
};
