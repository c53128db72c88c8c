import { parseQuantity, parseReserved, QuantityError } from "@stowage/capacity";
import { z } from "zod";

/** Loose on purpose: what a quantity is, parseQuantity decides; the pattern is for the API server. */
const quantityPattern = /^\+?[0-9.]+([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$/;

/** Turns the error of a capacity parser into an issue that names the field. */
const parsedWith =
  <T>(parse: (text: string) => T) =>
  (text: string, context: z.RefinementCtx<string>): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  };

/** A Kubernetes quantity on the wire, `Bytes` inside. */
export const sizeSchema = z
  .string()
  .max(32)
  .regex(quantityPattern)
  .transform(parsedWith(parseQuantity));

/** A quantity or a percentage of the group on the wire, `Reserved` inside. */
export const reservedSchema = z
  .string()
  .max(32)
  .regex(/^(\+?[0-9.]+([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?|[0-9]{1,3}(\.[0-9]{1,3})?%)$/)
  .transform(parsedWith(parseReserved));
