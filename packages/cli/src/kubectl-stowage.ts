/** The program that kubectl finds as its plugin `kubectl-stowage`; made into one file. */
import { runAsProcess } from "./main.ts";

process.exit(await runAsProcess(process.argv.slice(2)));
