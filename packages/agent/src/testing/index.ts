export type { FakeDevice, FakeGroup, FakeVolume } from "./fake-node.ts";
export { FakeNode } from "./fake-node.ts";
