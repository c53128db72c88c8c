import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { rolldown } from "rolldown";
import { imageInput, imageOutput } from "../../rolldown.config.ts";

const here = import.meta.dirname;

/** Bundles the extender as the image has it; the file to run. */
export const bundleSubject = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), "stowage-bench-"));
  await using bundle = await rolldown({
    ...imageInput,
    input: { subject: path.join(here, "subject.ts") },
    logLevel: "warn",
  });
  await bundle.write({ ...imageOutput, dir: folder });
  return path.join(folder, "subject.mjs");
};

/** A server in a process of its own. */
export type Served = { readonly port: number; readonly process: ChildProcess };

/** Starts a program whose output tells its port; `port` finds it. */
const start = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  port: (output: string) => number | undefined,
): Promise<Served> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = port(output);
      if (found !== undefined) resolve({ port: found, process: child });
    });
    child.once("exit", (code) => reject(new Error(`${argv.join(" ")} ended with ${code}`)));
  });

export const startFloor = (): Promise<Served> =>
  start([path.join(here, "floor.ts")], {}, (output) =>
    output.endsWith("\n") ? Number(output) : undefined,
  );

/** Starts the extender and waits until its caches are filled. */
export const startSubject = async (program: string, apiServer: string): Promise<Served> => {
  const served = await start(
    [program],
    {
      API_SERVER: apiServer,
      POD_NAMESPACE: "stowage-system",
      HOST: "127.0.0.1",
      PORT: "0",
      // As in deploy/manifests/30-extender.yaml.
      NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=256 --expose-gc",
      MALLOC_ARENA_MAX: "1",
      MALLOC_MMAP_THRESHOLD_: "65536",
      MALLOC_TRIM_THRESHOLD_: "65536",
      // Promises of one call would change the answer to the next.
      PROMISE_SECONDS: "0.001",
    },
    (output) => {
      const port = /"address":"http:\/\/127\.0\.0\.1:(?<port>\d+)"/.exec(output)?.groups?.["port"];
      return port === undefined ? undefined : Number(port);
    },
  );
  for (;;) {
    const { status } = await fetch(`http://127.0.0.1:${served.port}/readyz`);
    if (status === 200) return served;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
};

/** Milliseconds that all threads of the process have computed. Source: proc_pid_schedstat(5). */
export const computed = async ({ process: { pid } }: Served): Promise<number> => {
  let nanoseconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0");
    nanoseconds += Number(text.split(" ")[0]);
  }
  return nanoseconds / 1e6;
};

/** Resident memory in MiB. Source: proc_pid_status(5). */
export const residentMiB = async ({ process: { pid } }: Served): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
};
