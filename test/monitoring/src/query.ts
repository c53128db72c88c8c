import { parser } from "@prometheus-io/lezer-promql";

/** A label's condition, such as `state="Missing"`. */
export type Condition = {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
};

export type NamesInQuery = {
  readonly selectors: readonly {
    readonly metric: string;
    readonly conditions: readonly Condition[];
  }[];
  /** Labels that results are grouped or joined by. */
  readonly groupings: readonly string[];
};

/** The metrics and labels that a PromQL expression names. @throws Error where it is none. */
export const namesIn = (query: string): NamesInQuery => {
  const tree = parser.parse(query);
  const selectors: { metric: string; conditions: Condition[] }[] = [];
  const groupings: string[] = [];
  tree.iterate({
    enter: ({ name, type, from, to, node }) => {
      const text = query.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at character ${from}: ${query}`);
      if (name === "VectorSelector") selectors.push({ metric: "", conditions: [] });
      const selector = selectors.at(-1);
      if (name === "Identifier" && selector !== undefined) selector.metric = text;
      if (name === "LabelName" && node.parent?.name === "GroupingLabels") groupings.push(text);
      if (name === "UnquotedLabelMatcher") {
        const part = (kind: string): string => {
          const child = node.getChild(kind);
          return child === null ? "" : query.slice(child.from, child.to);
        };
        selector?.conditions.push({
          label: part("LabelName"),
          operator: part("MatchOp"),
          value: part("StringLiteral").slice(1, -1),
        });
      }
    },
  });
  return { selectors, groupings };
};
