import type { LvmError } from "@stowage/lvm";

/** An error's code as Kubernetes writes reasons: no_space becomes NoSpace. */
export const reasonOf = ({ code }: LvmError): string =>
  code === "lv_in_use"
    ? "InUse"
    : code
        .split("_")
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join("");

/** What the schema allows for a volume's or a device's message. */
export const shortened = (message: string): string => message.slice(0, 1024);
