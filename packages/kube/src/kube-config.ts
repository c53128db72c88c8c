/** All that is used of client-node, so that a bundle leaves out the rest. */
export { KubeConfig } from "@kubernetes/client-node";
