import { bytes, describeRooms } from "@stowage/capacity";

/** Of so many nodes without room each has its numbers told; of more, only how much is free at most. */
export const toldApart = 10;

/**
 * The nodes that lack room for the same need. kube-scheduler puts equal words of several nodes into
 * one and cuts the message off at 1024 letters: a thousand nodes with their own numbers would leave
 * nothing else in it. /explain has all of them.
 */
export class Lack {
  /** In words. */
  readonly need: string;
  /** The place of the words that are common to all, counted from 1. */
  readonly reason: number;
  nodes = 0;
  /** How much the best of them has free. */
  #most = 0;
  readonly #first: { readonly place: number; readonly room: () => string }[] = [];

  constructor(need: string, reason: number) {
    this.need = need;
    this.reason = reason;
  }

  /**
   * So many more nodes.
   * @param free bytes that the best of them has.
   */
  add(nodes: number, free: number): void {
    this.nodes += nodes;
    this.#most = Math.max(this.#most, free);
  }

  /**
   * Keeps the words of one of the first: it is enough to tell of `toldApart`.
   * @param place of the node in the call.
   * @param room in words, which are made only if they are told.
   */
  tell(place: number, room: () => string): void {
    if (this.#first.length < toldApart) this.#first.push({ place, room });
  }

  /** What to tell of the nodes: each one's own words, or one for all. */
  told():
    | { readonly kind: "apart"; readonly nodes: readonly { place: number; words: string }[] }
    | { readonly kind: "together"; readonly words: string } {
    if (this.nodes > toldApart) {
      return { kind: "together", words: `${this.need}, ${describeRooms(bytes(this.#most))}` };
    }
    const nodes = this.#first.map(({ place, room }) => ({
      place,
      words: `${this.need}, ${room()}`,
    }));
    return { kind: "apart", nodes };
  }
}
