import { readdir } from "node:fs/promises";
import { parseArgs } from "node:util";

/* `npm run bench -- NAME [--json]`: runs bench/NAME.ts; without a name, says which there are. */

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});

type Benchmark = { readonly run: (options: { readonly json: boolean }) => Promise<object> };

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
const result = await run({ json: values.json });
process.stdout.write(`${JSON.stringify(result, undefined, values.json ? undefined : 2)}\n`);
process.exit(0);
