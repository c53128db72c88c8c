import { writeFile } from "node:fs/promises";
import { systemClock } from "@stowage/clock";
import { progressTo } from "@stowage/test-cluster";
import { chartCopies, madeFromChart } from "./generated.ts";
import { fileOf, Helm } from "./helm.ts";

/* `npm run manifests`: renews all that is made from, or for, the chart. */

const writeAll = async (files: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, text] of files) await writeFile(fileOf(name), text);
};

const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
await writeAll(await chartCopies());
await writeAll(await madeFromChart(await Helm.get(progress)));
