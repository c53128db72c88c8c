/**
 * One copy of each text that many objects have in common: names of nodes, groups, classes and zones.
 * JSON.parse makes a new one each time. It forgets all it knows when there are too many, so that a
 * cluster whose names come and go costs nothing; what is in use lives on where it is used.
 */
export class Interned {
  readonly #known = new Map<string, string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#limit) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}
