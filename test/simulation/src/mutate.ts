import { registerHooks } from "node:module";
import { mutations } from "./mutations.ts";

/* Preloaded into a simulation: takes out the guard that STOWAGE_MUTATION names, in memory only. */

const mutation = mutations.find(({ name }) => name === process.env["STOWAGE_MUTATION"]);
if (mutation === undefined) throw new Error("STOWAGE_MUTATION names no mutation");

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/packages/${mutation.file}`)) return loaded;
    const source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    if (!source.includes(mutation.from)) {
      throw new Error(`${mutation.file} has no more: ${mutation.from}`);
    }
    return { ...loaded, source: source.replace(mutation.from, mutation.to) };
  },
});
