import { setTimeout as sleep } from "node:timers/promises";
import { isKubeError } from "@stowage/kube";
import { at, kinds } from "../kinds.ts";
import { audit } from "./audit.ts";
import { observe } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { persist } from "./persist.ts";
import type { Site } from "./site.ts";
import type { Tally } from "./tally.ts";
import type { Holding, Tenant } from "./tenant.ts";

/* What follows the last blow: every pod is started anew, all comes to rest, and everything is checked. */

/** Within this all must have come to rest. */
const limit = 4 * 60_000;
const period = 5000;
/** The audit must hold in so many looks in a row: nothing moves any more. */
const looksAtRest = 2;

/** What the audit still finds after the longest time; what was seen last, for whoever looks into it. */
export const comeToRest = async (
  site: Site,
): Promise<{
  readonly wrong: readonly string[];
  readonly seconds: number;
  readonly seen: Observed;
}> => {
  const begun = performance.now();
  for (let atRest = 0; ;) {
    const seen = await persist("a look at everything", () => observe(site));
    const wrong = audit(seen);
    atRest = wrong.length === 0 ? atRest + 1 : 0;
    const span = performance.now() - begun;
    if (atRest === looksAtRest || (wrong.length > 0 && span > limit)) {
      return { wrong, seconds: span / 1000, seen };
    }
    await sleep(period);
  }
};

/**
 * What a disk really has shows only to those who mount it anew. What the load was giving up when it
 * stopped is given up for good. Tells which claims are gone that nobody gave up.
 */
export const startPodsAnew = async (site: Site, tenants: readonly Tenant[]): Promise<string[]> => {
  await deleteAll("Pod", site, () => true);
  const kept = new Set(tenants.flatMap((tenant) => tenant.kept.map(({ name }) => name)));
  await deleteAll("PersistentVolumeClaim", site, (name) => !kept.has(name));
  await persist("the end of all pods", async () => {
    const { items } = await site.client.list(kinds.Pod, { namespace: site.namespace });
    if (items.length > 0) throw new Error(`${items.length} pods are left`);
  });
  const claims = await persist("a list of claims", () =>
    site.client.list(kinds.PersistentVolumeClaim, { namespace: site.namespace }),
  );
  const names = new Set(claims.items.map((claim) => String(at(claim, "metadata.name"))));
  const lost: string[] = [];
  for (const tenant of tenants) {
    for (const holding of tenant.kept) {
      if (names.has(holding.name)) await tenant.startPod(holding);
      // One that nothing was written to may never have been made: the load stopped in between.
      else if (holding.written.length > 0) lost.push(`claim ${holding.name} is gone`);
    }
  }
  return lost;
};

/** Reads everything that was ever acknowledged and not given up; what cannot be read is a violation. */
export const readEverything = async (tenants: readonly Tenant[]): Promise<string[]> => {
  const unreadable: string[] = [];
  for (const tenant of tenants) {
    for (const holding of tenant.kept) {
      if (await isReadable(tenant, holding)) continue;
      unreadable.push(`what was written to ${holding.name} cannot be read`);
    }
  }
  return unreadable;
};

const isReadable = async (tenant: Tenant, holding: Holding): Promise<boolean> => {
  for (let tries = 1; tries <= 3; tries += 1) {
    if ((await tenant.check(holding)) === "read") return true;
    await sleep(period);
  }
  return false;
};

export const deleteEverything = async (site: Site): Promise<void> => {
  await deleteAll("Pod", site, () => true);
  await deleteAll("PersistentVolumeClaim", site, () => true);
};

const deleteAll = (
  kind: "Pod" | "PersistentVolumeClaim",
  site: Site,
  which: (name: string) => boolean,
): Promise<void> =>
  persist(`the deletion of every ${kind}`, async () => {
    const { client, namespace } = site;
    const { items } = await client.list(kinds[kind], { namespace });
    await Promise.all(
      items.map(async (item) => {
        const name = String(at(item, "metadata.name"));
        if (!which(name)) return;
        try {
          await client.delete(kinds[kind], { namespace, name });
        } catch (error) {
          if (!isKubeError(error, "not_found")) throw error;
        }
      }),
    );
  });

/** Counts what people were told, by reason and by whom it was told. */
export const countRefusals = async ({ client, namespace }: Site, into: Tally): Promise<void> => {
  const { items } = await persist("a list of events", () =>
    client.list(kinds.Event, { namespace }),
  );
  const refused = new Set(
    items
      .filter(({ reason }) => reason === "FailedScheduling" || reason === "ProvisioningFailed")
      .map((event) => `${String(event["reason"])}/${String(at(event, "involvedObject.name"))}`),
  );
  for (const key of refused) {
    into.add(
      key.startsWith("FailedScheduling/")
        ? "pods told why not scheduled"
        : "claims told why not provisioned",
    );
  }
};
