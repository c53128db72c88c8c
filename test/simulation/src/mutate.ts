import { registerHooks } from "node:module";
import { editsOf, mutations } from "./mutations.ts";

/* Preloaded into a simulation: takes out the guard that STOWAGE_MUTATION names, in memory only. */

const mutation = mutations.find(({ name }) => name === process.env["STOWAGE_MUTATION"]);
if (mutation === undefined) throw new Error("STOWAGE_MUTATION names no mutation");
const edits = editsOf(mutation);

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const here = edits.filter(({ file }) => url.endsWith(`/packages/${file}`));
    if (here.length === 0) return loaded;
    let source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    for (const { file, from, to } of here) {
      if (!source.includes(from)) throw new Error(`${file} has no more: ${from}`);
      source = source.replace(from, () => to);
    }
    return { ...loaded, source };
  },
});
