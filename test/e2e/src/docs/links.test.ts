import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allPages, folderOf, readPage } from "./pages.ts";

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (?<text>.*)$/gm)].map(({ groups }) =>
    anchorOf(groups?.["text"] ?? ""),
  );

/** What a link within the repository lacks; undefined if it leads somewhere. */
const faultOf = (page: string, link: string): string | undefined => {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? undefined : new URL(path, folderOf(page));
  if (file !== undefined && !existsSync(file)) return `${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  const markdown = file === undefined ? readPage(page) : readFileSync(file, "utf8");
  return anchorsIn(markdown).includes(anchor) ? undefined : `${link}: there is no such heading`;
};

test.for(allPages)("every link in %s leads somewhere", (page) => {
  const links = [...readPage(page).matchAll(/\]\((?<link>[^)\s]+)\)/g)]
    .map(({ groups }) => groups?.["link"] ?? "")
    .filter((link) => !/^https?:/.test(link));
  expect(links.map((link) => faultOf(page, link)).filter((fault) => fault !== undefined)).toEqual(
    [],
  );
});
