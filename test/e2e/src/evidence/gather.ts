import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Cluster, ownedClusters, patience } from "@stowage/test-cluster";
import { apiEvidence } from "./api-evidence.ts";
import { hostEvidence, stateOf } from "./host-evidence.ts";
import { nodeEvidence } from "./node-evidence.ts";
import { Shelf } from "./shelf.ts";
import { tellingLines } from "./telling-lines.ts";
import { within } from "./within.ts";

/** What failed, and since when it was under way. */
export type Failure = {
  readonly what: string;
  readonly since: Date;
  readonly errors: readonly string[];
};

/** For all of it: each part has a smaller limit, but a machine may be slow beyond all of them. */
export const gatherLimitMs = 90_000 * patience;

/** The clusters that a test of this process may have to do with. */
const concernedClusters = async (): Promise<readonly string[]> => {
  const shared = process.env["STOWAGE_TEST_CLUSTER"];
  const owned = await ownedClusters();
  return [...new Set([...owned, ...(shared === undefined ? [] : [shared])])];
};

const look = async (name: string, since: Date, shelf: Shelf): Promise<void> => {
  const cluster = await Cluster.attach(name).catch(() => undefined);
  const parts = [hostEvidence(name, shelf)];
  if (cluster !== undefined) {
    parts.push(
      shelf.ask("state.txt", 10_000 * patience, () => stateOf(cluster)),
      apiEvidence(cluster, shelf),
      ...cluster.nodes.map((node) => nodeEvidence(node, since, shelf)),
    );
  }
  await Promise.all(parts);
};

/**
 * Fills `folder` with what there is to see of a failure: it is best called before anything is tidied
 * up. Never fails, and ends in time: what it could not get is a file that says why.
 */
export const gather = async (folder: string, failure: Failure): Promise<void> => {
  const { what, since, errors } = failure;
  const notes: string[] = [];
  const told: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, "failure.txt"),
      `${what}\nunder way since ${since.toISOString()}, looked at from ${new Date().toISOString()} on\n\n${errors.join("\n\n")}\n`,
    );
    const clusters = await concernedClusters();
    if (clusters.length === 0) notes.push("there was no cluster to look at");
    const shelves = clusters.map((name) => ({ name, shelf: new Shelf(path.join(folder, name)) }));
    const looks = shelves.map(({ name, shelf }) => look(name, since, shelf));
    const ended = await within(gatherLimitMs, Promise.allSettled(looks)).catch(
      (error: unknown): PromiseRejectedResult[] => [{ status: "rejected", reason: error }],
    );
    notes.push(...ended.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : [])));
    told.push(...shelves.flatMap(({ shelf }) => tellingLines(shelf.files, since)));
  } catch (error) {
    notes.push(error instanceof Error ? String(error.stack) : String(error));
  }
  const lines = [...told, ...notes.map((note) => `evidence is not whole: ${note}`)];
  await writeFile(
    path.join(folder, "telling.txt"),
    lines.map((line) => `${line}\n`).join(""),
  ).catch(() => undefined);
};
