import { mkdir } from "node:fs/promises";
import path from "node:path";
import { controlPlaneAddress, kubernetesServiceAddress } from "./address-plan.ts";
import { command } from "./command.ts";

/** Whom a certificate speaks for: common name is the user, organizations are the groups. */
export type Subject = {
  readonly file: string;
  readonly user: string;
  readonly groups: readonly string[];
  /** Names and addresses under which it may serve; none for a mere client. */
  readonly serves: readonly string[];
};

/** Source: kubernetes.io/docs/setup/best-practices/certificates. */
export const controlPlaneSubjects: readonly Subject[] = [
  {
    file: "kube-apiserver",
    user: "kube-apiserver",
    groups: [],
    serves: [
      `IP:${controlPlaneAddress}`,
      `IP:${kubernetesServiceAddress}`,
      "IP:127.0.0.1",
      "DNS:localhost",
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "DNS:kubernetes.default.svc.cluster.local",
    ],
  },
  { file: "kube-proxy", user: "system:kube-proxy", groups: [], serves: ["IP:127.0.0.1"] },
  { file: "admin", user: "admin", groups: ["system:masters"], serves: [] },
  {
    file: "kubelet-client",
    user: "kube-apiserver-kubelet-client",
    groups: ["system:masters"],
    serves: [],
  },
  {
    file: "kube-scheduler",
    user: "system:kube-scheduler",
    groups: [],
    serves: ["IP:127.0.0.1", "DNS:localhost"],
  },
  {
    file: "kube-controller-manager",
    user: "system:kube-controller-manager",
    groups: [],
    serves: ["IP:127.0.0.1", "DNS:localhost"],
  },
];

/** One certificate for a kubelet's both roles: towards the API server and as a server. */
export const kubeletSubject = (node: string, address: string): Subject => ({
  file: `kubelet-${node}`,
  user: `system:node:${node}`,
  groups: ["system:nodes"],
  serves: [`IP:${address}`, `DNS:${node}`],
});

const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;
const days = ["-days", "30"] as const;

/** openssl's arguments for a certificate of `subject`, signed by the authority in the same folder. */
const certificateArgv = (subject: Subject): [string, ...string[]] => [
  "openssl",
  "req",
  "-x509",
  "-CA",
  "ca.crt",
  "-CAkey",
  "ca.key",
  ...key,
  ...days,
  "-keyout",
  `${subject.file}.key`,
  "-out",
  `${subject.file}.crt`,
  "-subj",
  `${subject.groups.map((group) => `/O=${group}`).join("")}/CN=${subject.user}`,
  "-addext",
  "basicConstraints=critical,CA:FALSE",
  "-addext",
  "keyUsage=critical,digitalSignature",
  "-addext",
  `extendedKeyUsage=clientAuth${subject.serves.length === 0 ? "" : ",serverAuth"}`,
  ...(subject.serves.length === 0 ? [] : ["-addext", `subjectAltName=${subject.serves.join(",")}`]),
];

const authorityArgv: [string, ...string[]] = [
  "openssl",
  "req",
  "-x509",
  ...key,
  ...days,
  "-keyout",
  "ca.key",
  "-out",
  "ca.crt",
  "-subj",
  "/CN=stowage-test-cluster",
  "-addext",
  "basicConstraints=critical,CA:TRUE",
  "-addext",
  "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
];

/** Fills `folder` with an authority of the cluster's own and what it signed: `<file>.crt`, `<file>.key`. */
export const writeCertificates = async (
  folder: string,
  subjects: readonly Subject[],
): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await command(authorityArgv, { cwd: folder });
  await command(["openssl", "genrsa", "-out", "service-account.key", "2048"], { cwd: folder });
  await Promise.all(subjects.map((subject) => command(certificateArgv(subject), { cwd: folder })));
};

/** The files of one certificate. */
export const certificateFiles = (folder: string, file: string) => ({
  authority: path.join(folder, "ca.crt"),
  certificate: path.join(folder, `${file}.crt`),
  key: path.join(folder, `${file}.key`),
});
