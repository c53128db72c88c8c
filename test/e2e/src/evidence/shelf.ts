import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { within } from "./within.ts";

/** Begins the text of a file whose content could not be had; the reason follows. */
export const noAnswer = "no answer: ";

/** The files of one cluster's evidence: each is written at once, and kept for a look at its lines. */
export class Shelf {
  readonly files = new Map<string, string>();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(file: string, text: string): Promise<void> {
    this.files.set(file, text);
    const where = path.join(this.#folder, file);
    await mkdir(path.dirname(where), { recursive: true });
    await writeFile(where, text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Puts what `ask` comes to, or why it came to nothing; never fails, and ends in time. */
  async ask(file: string, limitMs: number, ask: () => Promise<string>): Promise<void> {
    let text: string;
    try {
      text = await within(limitMs, ask());
    } catch (error) {
      text = `${noAnswer}${error instanceof Error ? error.message : String(error)}`;
    }
    await this.put(file, text);
  }
}
