import { afterEach, beforeAll, expect, test } from "vitest";
import { conversations, hold } from "../src/contract/lvm-conversations.ts";
import { disks, modelNode, realNode, sizesOf } from "../src/contract/lvm-side.ts";
import { World } from "../src/world.ts";

const node = "n2";
let world: World;

beforeAll(async () => {
  world = await World.enter("lvm-contract");
  return () => world.leave();
});

afterEach(async () => {
  await world.onNode(
    node,
    `if vgs contract >/dev/null 2>&1; then vgremove --force --force --yes --select vg_name=contract; fi; rm -f /etc/lvm/lvmlocal.conf; for device in ${disks.join(" ")}; do if pvs $device >/dev/null 2>&1; then pvremove --yes $device; fi; wipefs --all --quiet $device; done`,
  );
});

test.for(Object.entries(conversations).map(([subject, steps]) => ({ subject, steps })))(
  "the simulator's LVM and the real one agree on $subject",
  async ({ steps }) => {
    const real = realNode(world.cluster.node(node));
    const sizes = await sizesOf(real);
    const told = await hold(real, steps);
    expect(await hold(modelNode(sizes), steps)).toEqual(told);
  },
);
