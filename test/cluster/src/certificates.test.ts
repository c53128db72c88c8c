import { mkdtemp, readFile, rm } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { controlPlaneSubjects, kubeletSubject, writeCertificates } from "./certificates.ts";

test("openssl makes certificates that the cluster's authority vouches for", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "certificates-"));
  try {
    await writeCertificates(folder, [...controlPlaneSubjects, kubeletSubject("n1", "10.99.0.11")]);
    const read = async (file: string) =>
      new X509Certificate(await readFile(path.join(folder, `${file}.crt`)));
    const authority = await read("ca");
    const server = await read("kube-apiserver");
    expect(server.verify(authority.publicKey)).toBe(true);
    for (const address of ["10.99.0.1", "10.96.0.1", "127.0.0.1"]) {
      expect(server.checkIP(address)).toBe(address);
    }
    expect(server.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
    const kubelet = await read("kubelet-n1");
    expect(kubelet.subject).toBe("O=system:nodes\nCN=system:node:n1");
    expect(kubelet.checkIP("10.99.0.11")).toBe("10.99.0.11");
    expect((await read("admin")).subject).toBe("O=system:masters\nCN=admin");
  } finally {
    await rm(folder, { recursive: true });
  }
});
