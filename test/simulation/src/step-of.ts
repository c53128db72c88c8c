import type { KubeRequest } from "@stowage/kube";

const ledgerSteps: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\{"op":"add","path":"\/spec\/volumes\/-"[^}]*"pending":true/, "reserve"],
  [/\{"op":"add","path":"\/spec\/volumes\/-"/, "restore"],
  [/"path":"\/spec\/volumes\/\d+\/delete"/, "bury"],
  [/\{"op":"remove","path":"\/spec\/volumes\/\d+"\}/, "drop"],
  [/"path":"\/spec\/volumes\/\d+\/pending"/, "settle"],
  [/"path":"\/spec\/volumes\/\d+\/size"/, "grow"],
];

/** What a program is doing when it sends this: "PATCH nodelocalstorages (reserve)". */
export const stepOf = ({ method, path, body = "" }: KubeRequest): string => {
  const [pathname = "", query = ""] = path.split("?");
  const parts = pathname.split("/").slice(pathname.startsWith("/api/") ? 3 : 4);
  const [first = "", ...rest] = parts;
  const [plural = "", name, part] =
    first === "namespaces" && rest.length > 1 ? rest.slice(1) : parts;
  const verb =
    method !== "GET"
      ? method
      : query.includes("watch=true")
        ? "WATCH"
        : name === undefined
          ? "LIST"
          : "GET";
  const what = `${verb} ${plural}${part === undefined ? "" : `/${part}`}`;
  if (method !== "PATCH" || plural !== "nodelocalstorages" || part !== undefined) return what;
  const steps = ledgerSteps
    .filter(([pattern]) => pattern.test(body.replaceAll('"claim":{', "")))
    .map(([, step]) => step);
  return `${what} (${steps.join("+")})`;
};
