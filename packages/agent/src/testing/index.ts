export type { FakeDevice, FakeGroup, FakeVolume } from "./fake-disks.ts";
export { FakeNode } from "./fake-node.ts";
export { plainHost } from "./plain-host.ts";
