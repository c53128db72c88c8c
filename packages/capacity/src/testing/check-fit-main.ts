import { parseArgs } from "node:util";
import { checkFit } from "./check-fit.ts";

/* `npm run check:fit [-- --cases N --seed N]`: the fit against the naive model, a million cases. */

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
  },
});
const { cases, disagreement } = checkFit({
  cases: Number(values.cases),
  seed: Number(values.seed),
});
process.stdout.write(
  disagreement === undefined
    ? `fit agrees with the naive model in ${cases} cases\n`
    : `after ${cases} cases: ${disagreement}\n`,
);
process.exitCode = disagreement === undefined ? 0 : 1;
