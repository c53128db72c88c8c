import { systemClock } from "@stowage/clock";
import { helmProgram, progressTo } from "@stowage/test-cluster";

/** The first build of Helm takes longer than any test may. */
export default async (): Promise<void> => {
  await helmProgram(progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`)));
};
