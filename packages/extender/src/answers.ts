import type { AskedNodes } from "./asked-nodes.ts";
import { ByteWriter, viewOf, viewOfText } from "./byte-writer.ts";
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
const comma = viewOfText(",");
const colon = viewOfText(":");

/**
 * A FilterResult, in pieces of which some are the request's own bytes. Evicting pods frees no
 * volume, so that all refusals are beyond preemption.
 */
export const filterAnswer = (asked: AskedNodes, outcome: Outcome): readonly Buffer[] =>
  asked.form.kind === "names"
    ? [namesBegin, passedNames(asked, outcome), namesEnd, ...failedOf(asked, outcome)]
    : [nodesBegin, ...passedNodes(asked, outcome), nodesEnd, ...failedOf(asked, outcome)];

const failedOf = (
  { body, tokens }: AskedNodes,
  { verdicts, reasons, seats, refused }: Outcome,
): readonly Buffer[] => {
  if (refused === 0) return [failedBegin, failedEnd];
  const { starts, ends, count } = tokens;
  const writer = new ByteWriter(refused * 128);
  const names = viewOf(body);
  for (let place = 0; place < count; place += 1) {
    const reason = reasons[(verdicts[place] ?? 0) - 1];
    if (reason === undefined) continue;
    if (writer.end > 0) writer.add(comma);
    writer.copy(names, starts[place] ?? 0, ends[place] ?? 0);
    writer.add(colon);
    writer.add(reason.words);
    reason.rooms?.copyWords(seats[place] ?? 0, writer);
  }
  return [failedBegin, writer.bytes(), failedEnd];
};

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

const passedNames = ({ body, tokens }: AskedNodes, outcome: Outcome): Buffer => {
  const { starts, ends, count } = tokens;
  if (count === 0) return noBytes;
  const first = starts[0] ?? 0;
  const last = ends[count - 1] ?? 0;
  if (outcome.refused === 0) return body.subarray(first, last);
  const writer = new ByteWriter(last - first);
  const names = viewOf(body);
  eachRun(count, outcome, (from, to) => {
    if (writer.end > 0) writer.add(comma);
    writer.copy(names, starts[from] ?? 0, ends[to - 1] ?? 0);
  });
  return writer.bytes();
};

const noBytes = Buffer.alloc(0);

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

const scoreBegin = viewOfText('{"Host":');
const scoreEnds = Array.from({ length: 11 }, (_, score) => viewOfText(`,"Score":${score}},`));
const openBracket = viewOfText("[");
const closeBracket = viewOfText("]");
const averageScore = 64;

/** HostPriorityList, for the scores in the order of the nodes asked for. */
export const prioritizeAnswer = ({ body, tokens }: AskedNodes, scores: Uint8Array): Buffer => {
  const { starts, ends, count } = tokens;
  const writer = new ByteWriter(2 + averageScore * count);
  const names = viewOf(body);
  writer.add(openBracket);
  for (let place = 0; place < count; place += 1) {
    writer.add(scoreBegin);
    writer.copy(names, starts[place] ?? 0, ends[place] ?? 0);
    writer.add(scoreEnds[scores[place] ?? 0] ?? comma);
  }
  // In place of the last comma.
  if (count > 0) writer.endAt(writer.end - 1);
  writer.add(closeBracket);
  return writer.bytes();
};
