import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "@stowage/clock";
import { expect, onTestFinished, test, vi } from "vitest";
import { claimName } from "./claim-name.ts";
import { identify } from "./processes.ts";
import type { ClusterRecord } from "./state-folder.ts";
import { layout, stateFolder, writeRecord } from "./state-folder.ts";

const recordOf = async (name: string): Promise<ClusterRecord> => ({
  name,
  namespace: `stowage-${name}`,
  owner: await identify(process.pid),
  lifetime: "owner's",
  phase: "starting",
  nodes: ["n1"],
  controllerManagerFlags: [],
});

test("of several that take one name at once one gets it, until that has failed", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "claim-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv("STOWAGE_CLUSTER_DIR", folder);
  const record = await recordOf(`claim-${process.pid}`);
  const claims = [1, 2, 3].map(() => claimName(record, systemClock));
  const outcomes = (await Promise.allSettled(claims)).map(({ status }) => status);
  expect(outcomes.toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
  await expect(claimName(record, systemClock)).rejects.toMatchObject({ code: "already_running" });
  await writeRecord(layout(stateFolder(record.name)).record, { ...record, phase: "failed" });
  await expect(claimName(record, systemClock)).resolves.toBeUndefined();
});
