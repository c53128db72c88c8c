import { show } from "@stowage/capacity";
import type { Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { OrphansView } from "./orphans-view.ts";

export const orphansTable = ({ orphans }: OrphansView, paint: Paint): string =>
  orphans.length === 0
    ? "No orphans."
    : table(
        ["node", "group", "volume", "size", "claim", "state"],
        orphans.map(({ node, group, volume, size, claim, state }) => [
          node,
          group,
          volume,
          show(size),
          claim === undefined ? none : `${claim.namespace}/${claim.name}`,
          state,
        ]),
        paint,
      );
