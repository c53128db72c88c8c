/** What the image runs: one of the three programs, chosen by the first argument. */

type Program = (signal: AbortSignal) => Promise<void>;

// Each program is loaded only when it is the one to run: an agent must not pay for the others.
const programs: Readonly<Record<string, () => Promise<Program>>> = {
  agent: async () => {
    const { readSettings, runAgent } = await import("@stowage/agent");
    return (signal) => runAgent({ settings: readSettings(process.env), signal });
  },
  extender: async () => {
    const { readSettings, runExtender } = await import("@stowage/extender");
    return (signal) => runExtender({ settings: readSettings(process.env), signal });
  },
  provisioner: async () => {
    const { readSettings, runProvisioner } = await import("@stowage/provisioner");
    return (signal) => runProvisioner({ settings: readSettings(process.env), signal });
  },
};

/** Ends a program that does not stop by itself after it was asked to. */
const stopLimitMs = 25_000;

const main = async (name: string | undefined): Promise<void> => {
  const load = programs[name ?? ""];
  if (load === undefined) {
    throw new Error(
      `name the program to run as the first argument: ${Object.keys(programs).join(", ")}`,
    );
  }
  const program = await load();
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      stopping.abort(new Error(`stopped by ${signal}`));
      setTimeout(() => process.exit(1), stopLimitMs).unref();
    });
  }
  try {
    await program(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
};

try {
  await main(process.argv[2]);
  process.exit(0);
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
