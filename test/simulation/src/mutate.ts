import { registerHooks } from "node:module";
import { editsOf, mutations } from "./mutations.ts";

/* Preloaded into a simulation: takes out the guard that STOWAGE_MUTATION names, in memory only. */

const mutation = mutations.find(({ name }) => name === process.env["STOWAGE_MUTATION"]);
if (mutation === undefined) throw new Error("STOWAGE_MUTATION names no mutation");
const edits = editsOf(mutation);

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const edit = edits.find(({ file }) => url.endsWith(`/packages/${file}`));
    if (edit === undefined) return loaded;
    const source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    if (!source.includes(edit.from)) throw new Error(`${edit.file} has no more: ${edit.from}`);
    return { ...loaded, source: source.replace(edit.from, () => edit.to) };
  },
});
