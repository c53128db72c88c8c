import { z } from "zod";
import { metadataSchema } from "../metadata.ts";
import { hostnameLabel } from "../names.ts";
import type { Resource } from "../resource.ts";

const schema = z.object({ metadata: metadataSchema }).transform(({ metadata }) => ({
  metadata,
  hostname: metadata.labels[hostnameLabel] ?? metadata.name,
}));

/** A Node, as far as Stowage reads it. */
export type Node = z.output<typeof schema>;

export const nodes: Resource<Node> = {
  group: "",
  version: "v1",
  plural: "nodes",
  kind: "Node",
  scope: "cluster",
  parse: (object) => schema.parse(object),
};
