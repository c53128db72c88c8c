import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

/* deploy/monitoring: what Prometheus and Grafana are given. */

const read = (name: string): string =>
  readFileSync(new URL(`../../../deploy/monitoring/${name}`, import.meta.url), "utf8");

const rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().regex(/^\d+[smh]$/),
          labels: z.strictObject({ severity: z.enum(["info", "warning", "critical"]) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

export type Rule = z.infer<typeof rules>["groups"][number]["rules"][number];

export const deployedRules = (): Rule[] =>
  rules.parse(parse(read("alerts.yaml"))).groups.flatMap((group) => group.rules);

const dashboard = z.looseObject({
  panels: z.array(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.looseObject({ expr: z.string() })).default([]),
    }),
  ),
});

export const deployedPanels = (): z.infer<typeof dashboard>["panels"] =>
  dashboard.parse(JSON.parse(read("dashboard.json"))).panels;

/** Each expression with where it stands. */
export type Query = { readonly where: string; readonly expr: string };

export const queriesOfRules = (): Query[] =>
  deployedRules().map(({ alert, expr }) => ({ where: `alert ${alert}`, expr }));

/** Grafana puts values in place of its variables before Prometheus sees the expression. */
const filledIn = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "5m").replaceAll("$node", ".*");

export const queriesOfPanels = (): Query[] =>
  deployedPanels().flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ where: `panel ${title}`, expr: filledIn(expr) })),
  );
