export { documentedMetrics } from "./documented.ts";
export { queriesOfRules } from "./deployed.ts";
export { namesIn } from "./query.ts";
export { parseScrape } from "./scrape.ts";
