import { readdir } from "node:fs/promises";
import { parseArgs } from "node:util";

/*
 * `npm run bench -- NAME [--json]`: runs bench/NAME.ts; without a name, says which there are. `--nodes
 * 1000` (also several times) and `--form names` run a part of those that have such parts.
 */

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    nodes: { type: "string", multiple: true },
    form: { type: "string", multiple: true },
  },
  allowPositionals: true,
});

export type Parts = {
  /** How many nodes; all sizes when empty. */
  readonly nodes: readonly number[];
  /** In which forms nodes are sent; all when empty. */
  readonly forms: readonly string[];
};

type Benchmark = { readonly run: (parts: Parts) => Promise<object> };

const known = (await readdir(import.meta.dirname))
  .filter((file) => /^[a-z]+\.ts$/.test(file) && file !== "main.ts")
  .map((file) => file.slice(0, -".ts".length));

const name = positionals[0];
if (name === undefined || !known.includes(name)) {
  process.stderr.write(
    `${name === undefined ? "" : `there is no benchmark ${name}. `}npm run bench -- NAME [--json], where NAME is one of: ${known.join(", ")}\n`,
  );
  process.exit(name === undefined ? 0 : 2);
}
const { run } = (await import(`./${name}.ts`)) as Benchmark;
const result = await run({ nodes: (values.nodes ?? []).map(Number), forms: values.form ?? [] });
process.stdout.write(`${JSON.stringify(result, undefined, values.json ? undefined : 2)}\n`);
process.exit(0);
