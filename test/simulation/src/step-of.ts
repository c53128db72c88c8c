import type { KubeRequest } from "@stowage/kube";
import { z } from "zod";
import type { Aim } from "./life.ts";
import { targets } from "./life.ts";

const operationsSchema = z.array(
  z.object({
    op: z.string(),
    path: z.string(),
    value: z.unknown().optional(),
  }),
);

/** Writes that only tell: to hit them tests nothing but the retry. */
const telling = new Set(["leases", "events", "csistoragecapacities"]);

/** What a program is doing when it sends a request. */
type Step = {
  /** "PATCH nodelocalstorages (reserve)". */
  readonly name: string;
  readonly aims: readonly Aim[];
};

export const stepOf = ({ method, path, body = "" }: KubeRequest): Step => {
  const [pathname = "", query = ""] = path.split("?");
  const parts = pathname.split("/").slice(pathname.startsWith("/api/") ? 3 : 4);
  const [first = "", ...rest] = parts;
  const [plural = "", object, part] =
    first === "namespaces" && rest.length > 1 ? rest.slice(1) : parts;
  const isCollection = object === undefined;
  const read = query.includes("watch=true") ? "WATCH" : isCollection ? "LIST" : "GET";
  const what = `${method === "GET" ? read : method} ${plural}${part === undefined ? "" : `/${part}`}`;
  const isLedger = method === "PATCH" && plural === "nodelocalstorages" && part === undefined;
  return {
    name: isLedger ? `${what} (${ledgerStepsIn(body)})` : what,
    aims:
      telling.has(plural) || (method === "GET" && isCollection) ? ["any"] : aimsOf(method, plural),
  };
};

const aimsOf = (method: KubeRequest["method"], plural: string): Aim[] => [
  "any",
  method === "GET" ? "confirm" : "write",
  ...targets.filter((target) => target === plural),
];

const ledgerStepsIn = (body: string): string => {
  const steps = operationsSchema.parse(JSON.parse(body)).map(({ op, path, value }) => {
    if (op === "test") return "";
    if (path === "/spec/volumes/-") return isPending(value) ? "reserve" : "restore";
    const field = /^\/spec\/volumes\/\d+\/?(?<field>.*)$/.exec(path)?.groups?.["field"];
    return field === undefined ? path : (ledgerSteps[field] ?? field);
  });
  return [...new Set(steps)].filter((step) => step !== "").join("+");
};

const isPending = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "pending" in value;

const ledgerSteps: Readonly<Record<string, string>> = {
  "": "drop",
  delete: "bury",
  pending: "settle",
  size: "grow",
};
