export { queriesOfPanels, queriesOfRules } from "./deployed.ts";
export { documentedLines, documentedLogKeys, documentedMetrics } from "./documented.ts";
export type { Program } from "./documented.ts";
export { programs } from "./documented.ts";
export { namesIn } from "./query.ts";
export { parseScrape } from "./scrape.ts";
