/** The whole body as text. */
export const readText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const chunk of body) parts.push(decoder.decode(chunk, { stream: true }));
  parts.push(decoder.decode());
  return parts.join("");
};

/**
 * The lines of a body as they come, wherever the network cut it, also inside a character.
 * A last line without an end is yielded as "rest": it is half of something.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ kind: "line" | "rest"; text: string }> {
  const decoder = new TextDecoder();
  // Chunks of an unfinished line are kept apart, so that a long line is joined only once.
  let parts: string[] = [];
  for await (const chunk of body) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      parts.push(line);
      const text = parts.join("");
      parts = [];
      if (text.trim() !== "") yield { kind: "line", text };
    }
    parts.push(last);
  }
  parts.push(decoder.decode());
  const rest = parts.join("");
  if (rest.trim() !== "") yield { kind: "rest", text: rest };
}
