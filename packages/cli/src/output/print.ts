import { stringify } from "yaml";
import type { Host } from "../host.ts";
import type { Paint } from "./table.ts";

export const formats = ["table", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** Shows a view: as data, or in the words and columns that `forPeople` makes of it. */
export const print = <View extends object>(
  host: Pick<Host, "out" | "paint">,
  format: Format,
  view: View,
  forPeople: (view: View, paint: Paint) => string,
): void => {
  switch (format) {
    case "table":
      return host.out(forPeople(view, host.paint));
    case "json":
      return host.out(JSON.stringify(view, undefined, 2));
    case "yaml":
      // Through JSON, which leaves out what is undefined.
      return host.out(stringify(JSON.parse(JSON.stringify(view))).trimEnd());
  }
};
