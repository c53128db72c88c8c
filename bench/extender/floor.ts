import http from "node:http";
import type { AddressInfo } from "node:net";

/*
 * The least that any extender in Node.js does: reads the bytes, parses the JSON, writes an answer.
 * The header x-answer-bytes says how large the answer is to be.
 */

const answers = new Map<number, Buffer>();

const answerOf = (size: number): Buffer => {
  const known = answers.get(size) ?? Buffer.alloc(size, " ");
  answers.set(size, known);
  return known;
};

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const code = typeof parsed === "object" ? 200 : 400;
    response.writeHead(code, { "content-type": "application/json" });
    response.end(answerOf(Number(request.headers["x-answer-bytes"])));
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
