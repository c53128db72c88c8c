import { distance } from "fastest-levenshtein";

/** The known names that `asked` may be a slip for, best first. */
const closest = (asked: string, known: Iterable<string>): string[] => {
  const limit = Math.max(2, Math.floor(asked.length / 3));
  return [...new Set(known)]
    .map((name) => ({
      name,
      slips: name.includes(asked) ? 0 : distance(asked, name),
    }))
    .filter(({ slips }) => slips <= limit)
    .toSorted((a, b) => a.slips - b.slips || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
};

/** What to try in place of a name that there is not. */
export const didYouMean = (
  asked: string,
  known: readonly string[],
  listCommand: string,
): string => {
  const [first, ...others] = closest(asked, known);
  return first === undefined
    ? `list what there is: ${listCommand}`
    : `did you mean ${[first, ...others].join(" or ")}?`;
};
