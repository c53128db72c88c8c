import { documented } from "./docs/documented.ts";
import type { Meant } from "./shell.ts";

/*
 * Commands that the pages give for looking at things, in a cluster with the objects of deploy/examples:
 * a StatefulSet db with its claims, and the class fast on n1 and n2.
 */

type Look = {
  readonly command: string;
  readonly meant?: Meant;
  readonly shows: RegExp;
};

const programs = /^agent +3\/3 /m;

/** Each with what it shows there. The namespace `shop` is whichever they are looked for in. */
export const looks: readonly Look[] = [
  {
    command: documented("kubectl-stowage.md", "All commands", "kubectl stowage status"),
    shows: programs,
  },
  {
    command: documented("kubectl-stowage.md", "All commands", "kubectl stowage explain pod db-0"),
    shows: /db-0/,
  },
  {
    command: documented(
      "kubectl-stowage.md",
      "status",
      "kubectl stowage status -o json | jq '.groups[] | {node, free}'",
    ),
    shows: /"node": "n1",\s+"free": \d+/,
  },
  {
    command: documented("kubectl-stowage.md", "volumes", "kubectl stowage volumes"),
    shows: /^data-db-2 +db-2 +n[12] +fast +1 GiB /m,
  },
  {
    command: documented("kubectl-stowage.md", "volumes", "kubectl stowage volumes -A"),
    shows: /^shop-\w+ +data-db-2 +db-2 /m,
  },
  {
    command: documented("kubectl-stowage.md", "devices", "kubectl stowage devices"),
    shows: /^n2 +fast +\/dev\/ubdb .*InUse/m,
  },
  {
    command: documented("kubectl-stowage.md", "devices", "kubectl stowage devices n1"),
    shows: /^n1 +fast +\/dev\/ubdb .*InUse(?![^]*^n2)/m,
  },
  {
    command: documented("scheduling.md", "Why is my pod Pending?", "kubectl stowage explain pod"),
    shows: /db-0/,
  },
  {
    command: documented(
      "kubectl-stowage.md",
      "explain",
      "kubectl stowage explain pod db-0 -n shop -o yaml",
    ),
    shows: /^claims:$/m,
  },
  {
    command: documented("kubectl-stowage.md", "simulate", "kubectl stowage simulate -f"),
    meant: { "stateful-set.yaml": "deploy/examples/stateful-set.yaml" },
    shows: /db-2/,
  },
  {
    command: documented("kubectl-stowage.md", "simulate", "kubectl get pod db-0"),
    shows: /db-0/,
  },
  {
    command: documented("storage-class.md", "Devices", "kubectl get nls n1.fast -o jsonpath"),
    shows: /^\/dev\/ubdb\tInUse\t$/m,
  },
  {
    command: documented("troubleshooting.md", "Troubleshooting", "kubectl describe pod"),
    meant: { "<pod>": "db-0" },
    shows: /^Name: +db-0$/m,
  },
  {
    command: documented("troubleshooting.md", "Troubleshooting", "kubectl describe pvc"),
    meant: { "<claim>": "data-db-0" },
    shows: /ProvisioningSucceeded/,
  },
  {
    command: documented("troubleshooting.md", "Troubleshooting", "kubectl get nls"),
    shows: /^n1\.fast +n1 +fast +4088Mi /m,
  },
  {
    command: documented("node-local-storage.md", "NodeLocalStorage", "kubectl explain nls.spec"),
    shows: /^ +cordoned\b/m,
  },
  {
    command: documented("troubleshooting.md", "Troubleshooting", "kubectl describe nls <node>"),
    meant: { "<node>.<group>": "n1.fast" },
    shows: /^Name: +n1\.fast$/m,
  },
  {
    command: documented("troubleshooting.md", "Troubleshooting", "kubectl stowage explain pod"),
    meant: { "<pod>": "db-0" },
    shows: /db-0/,
  },
  {
    command: documented(
      "troubleshooting.md",
      "A pod stays Pending",
      "kubectl -n stowage-system get pods",
    ),
    shows: /^stowage-agent-\S+ +1\/1 +Running /m,
  },
  {
    command: documented("troubleshooting.md", "A pod stays Pending", "kubectl describe pvc data-0"),
    meant: { "data-0": "data-db-0" },
    shows: /^Used By: +db-0$/m,
  },
  {
    command: documented(
      "troubleshooting.md",
      "A claim stays Pending",
      "kubectl -n stowage-system get lease",
    ),
    shows: /^stowage-provisioner +\S+ /m,
  },
  {
    command: documented("troubleshooting.md", "A claim does not grow", "kubectl get pvc <claim>"),
    meant: { "<claim>": "data-db-0" },
    shows: /^$/,
  },
  {
    command: documented(
      "troubleshooting.md",
      "Pods without claims of Stowage are slow to start",
      "kubectl -n stowage-system get pods",
    ),
    shows: /^stowage-extender-\S+ +1\/1 +Running /m,
  },
  {
    command: documented(
      "deploy/charts/stowage/README.md",
      "Stowage's chart",
      "helm get notes stowage",
    ),
    shows: /extenders:/,
  },
];
