import type { Check } from "../finding.ts";
import { classesAreUsable } from "./classes.ts";
import { clocksAgree } from "./clocks.ts";
import { crdServed } from "./crd.ts";
import {
  devicesSole,
  devicesUsed,
  groupsReady,
  hostsPlain,
  noOrphans,
  roomIsThere,
} from "./groups.ts";
import { agentsReport, programsRun, someoneLeads, versionsMatch } from "./programs.ts";
import { agentsConfined, rightsGranted } from "./rights.ts";
import { capacityIsRead, schedulerAsks, schedulerConfigured } from "./scheduler.ts";
import {
  capacityHasNodes,
  entriesHaveClaims,
  groupsOfVolumes,
  nodesExist,
  tombstonesGo,
} from "./stale.ts";

/** In the order in which a fault of one explains those of the next. */
export const checks: readonly Check[] = [
  crdServed,
  programsRun,
  versionsMatch,
  someoneLeads,
  rightsGranted,
  agentsConfined,
  agentsReport,
  groupsReady,
  hostsPlain,
  devicesUsed,
  devicesSole,
  roomIsThere,
  schedulerConfigured,
  schedulerAsks,
  capacityIsRead,
  classesAreUsable,
  clocksAgree,
  nodesExist,
  groupsOfVolumes,
  entriesHaveClaims,
  tombstonesGo,
  capacityHasNodes,
  noOrphans,
];
