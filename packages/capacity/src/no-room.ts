import type { Bytes } from "./bytes.ts";
import type { Group } from "./group.ts";
import { booked, free } from "./group.ts";
import type { Refusal } from "./refusal.ts";

/** The refusal, with its arithmetic, of `volumes` that need more together than the group has free. */
export const noRoom = (group: Group, need: Bytes, volumes: number): Refusal => ({
  code: "no_room",
  volumeGroup: group.volumeGroup,
  need,
  free: free(group),
  size: group.size,
  booked: booked(group),
  volumes,
});
