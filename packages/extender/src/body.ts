import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Bytes } from "@stowage/capacity";
import { show } from "@stowage/capacity";
import type { Allocate } from "./buffers.ts";

/** A request's body that is not taken. */
class BodyError extends Error {
  readonly code = "body_refused";
  readonly statusCode: 400 | 413 | 415;

  constructor(statusCode: 400 | 413 | 415, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
  }
}

const tooLarge = (limit: Bytes): BodyError =>
  new BodyError(
    413,
    `the body is larger than ${show(limit)}; let kube-scheduler send names only (nodeCacheCapable: true), or raise BODY_LIMIT and the memory limit`,
  );

/**
 * The plain bytes of a body, which may be gzip'd. A body whose length is known is read into one
 * buffer of that length: whole Nodes come in thousands of pieces.
 * @throws BodyError
 */
export const readBody = async (
  payload: Readable,
  headers: IncomingHttpHeaders,
  limit: Bytes,
  allocate: Allocate,
): Promise<Buffer> => {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new BodyError(415, `content-encoding ${encoding} is not understood; send gzip or none`);
  }
  const length = Number(headers["content-length"] ?? 0);
  if (length > limit) throw tooLarge(limit);
  // What is unzipped may still come when the request is over already: not into memory of others.
  if (encoding === "gzip")
    return collected(unzipped(payload), 0, limit, (size) => Buffer.allocUnsafe(size));
  return collected(payload, length, limit, allocate);
};

const unzipped = (payload: Readable): Readable => {
  const plain = createGunzip();
  payload.once("error", (error) => plain.destroy(error));
  return payload.pipe(plain);
};

const collected = (
  stream: Readable,
  expected: number,
  limit: Bytes,
  allocate: Allocate,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let body = allocate(expected);
    let length = 0;
    stream.on("data", (chunk: Buffer) => {
      if (length + chunk.length > limit) {
        stream.removeAllListeners("data");
        reject(tooLarge(limit));
        return;
      }
      if (length + chunk.length > body.length) {
        const larger = allocate(Math.max(2 * body.length, length + chunk.length));
        body.copy(larger, 0, 0, length);
        body = larger;
      }
      chunk.copy(body, length);
      length += chunk.length;
      free(chunk);
    });
    let ended = false;
    stream.once("end", () => {
      ended = true;
      resolve(body.subarray(0, length));
    });
    stream.once("error", (cause: Error) => {
      reject(new BodyError(400, `the body cannot be read: ${cause.message}`, { cause }));
    });
    // An error is made only where it is one: making it looks at the whole stack.
    stream.once("close", () => {
      if (!ended) reject(new BodyError(400, "the body ended too soon"));
    });
  });

/**
 * Gives a piece's memory back at once, if it has some of its own, as what node:http hands out has;
 * nobody may look at the piece any more. The pieces of a large body would otherwise lie about until
 * V8 collects them, and each next one be new memory.
 */
const free = ({ buffer, length }: Buffer): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
};
