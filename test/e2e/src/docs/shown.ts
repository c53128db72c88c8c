/**
 * What is different each time: names that are made, addresses, ages, how much a volume holds, and which
 * of two equal nodes a pod with a volume goes to.
 */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uid>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "<address>"],
  [/\b(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+s(?= |$)/gm, "<age>"],
  [/^(data-\S+ +\S+ +)n\d+ /gm, "$1<node> "],
  [/[\d.]+ [KM]iB \(\d+%\)/g, "<none>"],
];

const masked = (text: string): string[] =>
  masks
    .reduce((line, [pattern, mask]) => line.replaceAll(pattern, mask), text)
    .split("\n")
    .map((line) => line.trim().replaceAll(/ {2,}/g, "  "))
    .filter((line) => line !== "");

/**
 * What a command printed, as a page shows it: with the page's own words where they say the same. So
 * the two are equal if the page is right, and their difference is what is wrong otherwise. A line
 * `...` of the page stands for any number of lines.
 */
export const asShown = (page: string, printed: string): string[] => {
  const lines = masked(printed);
  const shown = shownLines(page);
  const gap = shown.indexOf("...");
  if (gap < 0) return lines;
  const after = shown.length - gap - 1;
  if (lines.length < gap + after) return lines;
  return [...lines.slice(0, gap), "...", ...lines.slice(lines.length - after)];
};

/** The lines of a page's output, to be compared with `asShown`. */
export const shownLines = (page: string): string[] => masked(page);
