/** One pattern of LVM's `filter` or `global_filter`; undefined where it is none that JavaScript knows. */
type Pattern = { readonly verdict: "accept" | "reject"; readonly expression: RegExp | undefined };

/** The patterns of both lists, each in its order. */
export type HostFilters = readonly (readonly Pattern[])[];

/** What `lvm lvmconfig --typeconfig=full devices/filter devices/global_filter` prints. */
export const parseFilters = (text: string): HostFilters =>
  text.split("\n").flatMap((line): Pattern[][] => {
    const list = /^\s*(?:global_)?filter=\[?(?<list>.*?)\]?\s*$/.exec(line)?.groups?.["list"];
    if (list === undefined) return [];
    return [
      [...list.matchAll(/"(?<text>(?:[^"\\]|\\.)*)"/g)].map(({ groups }) =>
        patternOf((groups?.["text"] ?? "").replaceAll(/\\(.)/g, "$1")),
      ),
    ];
  });

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** "r|/dev/sdb|": what to do, then an expression between two equal marks or a pair of brackets. */
const patternOf = (text: string): Pattern => {
  const [verdict = "", opening = ""] = text;
  const end = text.lastIndexOf(closing[opening] ?? opening);
  return {
    verdict: verdict === "a" ? "accept" : "reject",
    expression: expressionOf(text.slice(2, Math.max(2, end))),
  };
};

const expressionOf = (source: string): RegExp | undefined => {
  try {
    return new RegExp(source);
  } catch {
    return undefined;
  }
};

/**
 * Whether LVM would not look at a device with these names. Of each name the first pattern that
 * matches decides. One name that is accepted is enough; a device of which no pattern says anything
 * is accepted. A pattern that cannot be read counts as one that rejects. Source: lvm.conf(5),
 * `filter`.
 */
export const isShutOut = (filters: HostFilters, names: readonly string[]): boolean =>
  filters.some((patterns) => {
    const verdicts = names.map((name) =>
      patterns.find(({ expression }) => expression === undefined || expression.test(name)),
    );
    return (
      verdicts.every((pattern) => pattern === undefined || isReject(pattern)) &&
      verdicts.some((pattern) => pattern !== undefined)
    );
  });

const isReject = ({ verdict, expression }: Pattern): boolean =>
  expression === undefined || verdict === "reject";
