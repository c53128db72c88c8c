import { Failure } from "./failure.ts";
import type { Host } from "./host.ts";

/**
 * Goes on only if the person says yes, or said --yes beforehand.
 * @throws Failure
 */
export const confirm = async (
  host: Pick<Host, "ask" | "err">,
  consent: "given" | "to_be_asked",
  question: string,
): Promise<void> => {
  if (consent === "given") return;
  if (host.ask === undefined) {
    throw new Failure(
      "not_confirmed",
      "nothing was changed: there is no terminal to ask at",
      "say --yes to go on without being asked",
    );
  }
  const answer = (await host.ask(`${question} [y/N] `)).trim().toLowerCase();
  if (answer !== "y" && answer !== "yes") throw new Failure("not_confirmed", "nothing was changed");
};
