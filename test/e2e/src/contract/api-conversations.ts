import { at } from "../kinds.ts";
import type { Side, Told } from "./api-side.ts";
import { essence, tell } from "./api-side.ts";

/*
 * What Stowage's programs and the simulator rely on in an API server, as conversations. Each is held
 * with the real server and with the model; what is told of the two must be the same, so no answer is
 * written down here.
 */

type Place = { readonly namespace: string; readonly name: string };

type Conversation = (side: Side, place: Place) => Promise<readonly unknown[]>;

const groups = "/apis/stowage.dev/v1alpha1/nodelocalstorages";
const group = (name: string, spec: object = {}, more: object = {}): object => ({
  apiVersion: "stowage.dev/v1alpha1",
  kind: "NodeLocalStorage",
  metadata: { name, ...more },
  spec: { nodeName: "contract", volumeGroup: "contract", ...spec },
});

const mapsIn = ({ namespace }: Place): string => `/api/v1/namespaces/${namespace}/configmaps`;
const map = ({ namespace, name }: Place, data: object, more: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...more },
  data,
});

const merge = "application/merge-patch+json";
const jsonPatch = "application/json-patch+json";
const volume = { name: "v", size: "4Mi", pending: true };

const create = (side: Side, path: string, body: object) => side.ask({ method: "POST", path, body });

const patch = async (side: Side, path: string, contentType: string, body: object): Promise<Told> =>
  tell(await side.ask({ method: "PATCH", path, contentType, body }));

const get = (side: Side, path: string) => side.ask({ method: "GET", path });

const versionOf = (body: unknown): string => String(at(body, "metadata.resourceVersion"));

/** Each change in turn, from the object as it was made: what is told of it, and whether it was one. */
const changesOf = async (
  side: Side,
  path: string,
  changes: readonly { readonly contentType: string; readonly body: object }[],
): Promise<unknown[]> => {
  const told: unknown[] = [];
  for (const { contentType, body } of changes) {
    const before = versionOf((await get(side, path)).body);
    const answer = await patch(side, path, contentType, body);
    const isWritten = versionOf((await get(side, path)).body) !== before;
    told.push({ change: body, answer, isWritten });
  }
  return told;
};

/** Changes of spec.volumes of a group that has one volume. */
const ofVolumes = (change: object): { contentType: string; body: object } => ({
  contentType: merge,
  body: { spec: { volumes: change } },
});

export const conversations: Readonly<Record<string, Conversation>> = {
  "an object that is made twice, or not there": async (side, place) => [
    tell(await get(side, `${mapsIn(place)}/${place.name}`)),
    tell(await create(side, mapsIn(place), map(place, { a: "1" }))),
    tell(await create(side, mapsIn(place), map(place, { a: "2" }))),
    tell(await get(side, `${mapsIn(place)}/${place.name}`)),
    await patch(side, `${mapsIn(place)}/missing`, merge, { data: { a: "1" } }),
    tell(await side.ask({ method: "DELETE", path: `${mapsIn(place)}/missing` })),
  ],

  "a PUT of an object that has changed": async (side, place) => {
    const made = await create(side, mapsIn(place), map(place, { a: "1" }));
    const path = `${mapsIn(place)}/${place.name}`;
    const stale = map(place, { a: "3" }, { resourceVersion: versionOf(made.body) });
    return [
      await patch(side, path, merge, { data: { a: "2" } }),
      tell(await side.ask({ method: "PUT", path, body: stale })),
      tell(await side.ask({ method: "PUT", path, body: map(place, { b: "4" }) })),
      await patch(side, path, merge, {
        metadata: { resourceVersion: versionOf(made.body) },
        data: { a: "5" },
      }),
      await patch(side, path, merge, { metadata: { uid: "another" }, data: { a: "6" } }),
    ];
  },

  "merge patches and JSON patches": async (side, place) => {
    const labels = { first: "1", second: "2" };
    await create(side, mapsIn(place), map(place, { a: "1" }, { labels }));
    return changesOf(side, `${mapsIn(place)}/${place.name}`, [
      { contentType: merge, body: { data: { a: "1" } } },
      { contentType: merge, body: { metadata: { labels: { first: null } } } },
      { contentType: merge, body: { metadata: { annotations: { "a/b": "c" } } } },
      { contentType: jsonPatch, body: [{ op: "test", path: "/data/a", value: "2" }] },
      { contentType: jsonPatch, body: [{ op: "remove", path: "/data/missing" }] },
      { contentType: jsonPatch, body: [{ op: "replace", path: "/data/missing", value: "1" }] },
      { contentType: jsonPatch, body: [{ op: "add", path: "/missing/a", value: "1" }] },
      {
        contentType: jsonPatch,
        body: [
          { op: "test", path: "/metadata/annotations/a~1b", value: "c" },
          { op: "remove", path: "/metadata/annotations/a~1b" },
          { op: "add", path: "/data/b", value: "2" },
        ],
      },
      {
        contentType: jsonPatch,
        body: [
          { op: "replace", path: "/data/a", value: "3" },
          { op: "test", path: "/data/b", value: "another" },
        ],
      },
    ]);
  },

  "finalizers and what goes with the last of them": async (side, { name }) => {
    const path = `${groups}/${name}`;
    const finalizers = ["test/one", "test/two"];
    return [
      tell(await create(side, groups, group(name, {}, { finalizers }))),
      tell(await side.ask({ method: "DELETE", path })),
      tell(await side.ask({ method: "DELETE", path })),
      tell(await get(side, path)),
      await patch(side, path, merge, { metadata: { finalizers: ["test/two"] } }),
      await patch(side, path, merge, { metadata: { finalizers: ["test/two", "test/new"] } }),
      tell(await create(side, groups, group(name))),
      (await patch(side, path, merge, { metadata: { finalizers: null } })).status,
      tell(await get(side, path)),
    ];
  },

  "preconditions of a deletion": async (side, place) => {
    const made = await create(side, mapsIn(place), map(place, { a: "1" }));
    const path = `${mapsIn(place)}/${place.name}`;
    const remove = async (preconditions: object): Promise<number> =>
      (await side.ask({ method: "DELETE", path, body: { preconditions } })).status;
    return [
      await remove({ uid: "another" }),
      await remove({ resourceVersion: "1" }),
      await remove({ uid: at(made.body, "metadata.uid") }),
      tell(await get(side, path)),
    ];
  },

  "spec and status apart, and the generation": async (side, { name }) => {
    const path = `${groups}/${name}`;
    const status = { observedGeneration: 1, capacity: "1Gi" };
    return [
      tell(await create(side, groups, { ...group(name), status })),
      ...(await changesOf(side, path, [
        { contentType: merge, body: { status } },
        { contentType: merge, body: { spec: { cordoned: true }, status } },
        { contentType: merge, body: { spec: { cordoned: true } } },
        { contentType: merge, body: { metadata: { labels: { a: "b" } } } },
        {
          contentType: jsonPatch,
          body: [
            { op: "test", path: "/metadata/generation", value: 2 },
            { op: "add", path: "/spec/volumes/-", value: volume },
          ],
        },
        {
          contentType: jsonPatch,
          body: [
            { op: "test", path: "/metadata/generation", value: 2 },
            { op: "add", path: "/spec/volumes/-", value: { ...volume, name: "w" } },
          ],
        },
        {
          contentType: jsonPatch,
          body: [
            { op: "test", path: "/spec/volumes/0/name", value: "v" },
            { op: "remove", path: "/spec/volumes/0" },
          ],
        },
      ])),
      await patch(side, `${path}/status`, merge, { spec: { cordoned: false }, status }),
      await patch(side, `${path}/status`, merge, { status }),
      tell(await get(side, path)),
    ];
  },

  "what the schema of a NodeLocalStorage refuses, fills in and drops": async (side, { name }) => {
    const made: unknown[] = [];
    const specs: readonly object[] = [
      {},
      { nodeName: "" },
      { volumeGroup: "../x" },
      { unknown: 1 },
      { devices: [{ path: "/dev/sda" }, { path: "/dev/sda" }] },
      { devices: [{ path: "/dev/sda", wipe: true }] },
      { devices: [{ path: "/dev/disk/by-id/a", wipe: true, other: "x" }] },
      { devices: [{ path: "sda" }] },
      { devices: "all" },
      { reserved: "5%" },
      { reserved: "some" },
      { volumes: [{ name: "a" }] },
      { volumes: [{ ...volume, size: "big" }] },
      { volumes: [volume, volume] },
      { volumes: [{ ...volume, pending: false }] },
      { volumes: [{ ...volume, wipe: "burn" }] },
    ];
    for (const [index, spec] of specs.entries()) {
      made.push({
        spec,
        answer: tell(await create(side, groups, group(`${name}-${index}`, spec))),
      });
    }
    return made;
  },

  "what may not change in a ledger": async (side, { name }) => {
    const claim = { namespace: "a", name: "b", uid: "c" };
    const path = `${groups}/${name}`;
    const fileSystem = { type: "ext4", options: [] };
    const handedOut = { name: "v", size: "8Mi", claim, fileSystem };
    const tombstone = { ...handedOut, delete: true };
    return [
      tell(await create(side, groups, group(name, { volumes: [{ ...handedOut, pending: true }] }))),
      ...(await changesOf(side, path, [
        { contentType: merge, body: { spec: { nodeName: "another" } } },
        { contentType: merge, body: { spec: { volumeGroup: "another" } } },
        ofVolumes([{ ...handedOut, size: "4Mi", pending: true }]),
        ofVolumes([{ ...handedOut, size: "8192Ki", pending: true }]),
        ofVolumes([{ ...handedOut, size: "12Mi", pending: true }]),
        ofVolumes([{ ...handedOut, size: "12Mi", claim: { ...claim, uid: "d" } }]),
        ofVolumes([{ name: "v", size: "12Mi", fileSystem, pending: true }]),
        ofVolumes([{ name: "v", size: "12Mi", claim, pending: true }]),
        ofVolumes([{ ...handedOut, size: "12Mi" }]),
        ofVolumes([{ ...handedOut, size: "12Mi", pending: true }]),
        ofVolumes([{ ...tombstone, size: "12Mi" }]),
        ofVolumes([{ ...handedOut, size: "12Mi" }]),
        ofVolumes([]),
        ofVolumes([{ ...handedOut, pending: true }]),
      ])),
    ];
  },

  "claims: a spec that stands but for a request that grows": async (side, place) => {
    const claims = `/api/v1/namespaces/${place.namespace}/persistentvolumeclaims`;
    const path = `${claims}/${place.name}`;
    const { namespace, name } = place;
    const spec = {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "contract",
      volumeMode: "Filesystem",
      resources: { requests: { storage: "4Mi" } },
    };
    const selected = "volume.kubernetes.io/selected-node";
    return [
      tell(
        await create(side, claims, {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name, namespace },
          spec,
        }),
      ),
      ...(await changesOf(side, path, [
        { contentType: merge, body: { metadata: { annotations: { [selected]: "n1" } } } },
        {
          contentType: jsonPatch,
          body: [
            {
              op: "test",
              path: `/metadata/annotations/${selected.replace("/", "~1")}`,
              value: "n2",
            },
            { op: "remove", path: `/metadata/annotations/${selected.replace("/", "~1")}` },
          ],
        },
        { contentType: merge, body: { metadata: { annotations: { [selected]: null } } } },
        { contentType: merge, body: { spec: { volumeName: "pv" } } },
        { contentType: merge, body: { spec: { volumeName: "another" } } },
      ])),
    ];
  },

  "lists: labels, fields and pages": async (side, place) => {
    const maps = mapsIn(place);
    for (const [name, label] of Object.entries({ a: "one", b: "two", c: "one" })) {
      const labels = { contract: place.name, which: label };
      await create(side, maps, map({ ...place, name: `${place.name}-${name}` }, {}, { labels }));
    }
    const mine = `labelSelector=contract%3D${place.name}`;
    const names = async (query: string): Promise<unknown> => {
      const { status, body } = await get(side, `${maps}?${query}`);
      return {
        status,
        names: ((at(body, "items") ?? []) as object[]).map((item) => at(item, "metadata.name")),
      };
    };
    const first = await get(side, `${maps}?${mine}&limit=2`);
    const rest = String(at(first.body, "metadata.continue"));
    return [
      await names(mine),
      await names(`${mine}%2Cwhich%3Done`),
      await names(`fieldSelector=metadata.name%3D${place.name}-b`),
      await names(`${mine}&limit=2`),
      await names(`${mine}&limit=2&continue=${encodeURIComponent(rest)}`),
    ];
  },

  "a watch: what comes into sight, changes and leaves": async (side, place) => {
    const maps = mapsIn(place);
    const path = `${maps}/${place.name}`;
    const { body } = await get(side, maps);
    await create(side, maps, map(place, { a: "1" }, { labels: { seen: place.name } }));
    await patch(side, path, merge, { data: { a: "2" } });
    await patch(side, path, merge, { data: { a: "2" } });
    await patch(side, path, merge, { metadata: { labels: { seen: "no" } } });
    await patch(side, path, merge, { metadata: { labels: { seen: place.name } } });
    await side.ask({ method: "DELETE", path });
    const told = async (query: string): Promise<unknown[]> =>
      (await side.watched(`${maps}?${query}`, versionOf(body))).map((event) => ({
        type: at(event, "type"),
        object: essence(at(event, "object")),
      }));
    return [
      await told(`labelSelector=seen%3D${place.name}`),
      await told(`fieldSelector=metadata.name%3D${place.name}`),
    ];
  },
};
