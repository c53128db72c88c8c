import type { KubeClient } from "@stowage/kube";
import { Argument, Option } from "@commander-js/extra-typings";
import { nodeLocalStorageName, nodeLocalStorages, persistentVolumes } from "@stowage/api";
import { show } from "@stowage/capacity";
import { didYouMean } from "../closest.ts";
import { confirm } from "../confirm.ts";
import { Failure } from "../failure.ts";
import { print } from "../output/print.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { giveEntry, givePersistentVolume } from "./adopt.ts";
import { collect } from "./collect.ts";
import { orphansTable } from "./orphans-table.ts";
import { refuseRivals } from "./rivals.ts";
import type { OrphansView } from "./orphans-view.ts";
import { orphansView } from "./orphans-view.ts";

type Orphan = OrphansView["orphans"][number];

const nodeArgument = "the node";
const groupArgument = "the volume group";
const volumeArgument = "the logical volume";

export const addOrphans = (root: Root, session: Session): void => {
  const orphans = root
    .command("orphans")
    .description(
      "Show the volumes that Stowage made and that no entry names; adopt or collect them.",
    )
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage orphans", "all orphans"],
        ["kubectl stowage orphans adopt --all", "after a cluster was rebuilt on kept disks"],
        ["kubectl stowage orphans collect n1 fast pvc-1f0e...", "remove one, with its data"],
      ),
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      print(session.host, options.output, await look(client), orphansTable);
    });

  orphans
    .command("adopt")
    .description(
      "Give orphans their entry and PersistentVolume back, for the claims that their tags name.",
    )
    .addArgument(new Argument("[node]", nodeArgument))
    .addArgument(new Argument("[group]", groupArgument))
    .addArgument(new Argument("[volume]", volumeArgument))
    .option("--all", "all orphans, or all of the node or group that is named")
    .option("--storage-class <name>", "for claims that do not exist yet, where several could be")
    .option("--block", "the volumes whose claims do not exist yet are raw devices")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage orphans adopt --all", "every orphan of the cluster"],
        ["kubectl stowage orphans adopt n1 fast pvc-1f0e...", "one of them"],
      ),
    )
    .action(async (node, group, volume, _, command) => {
      const { host, finish } = session;
      const options = command.optsWithGlobals();
      if (volume === undefined && options.all !== true) {
        throw new Failure("usage", "name a node, a group and a volume, or say --all");
      }
      const { client } = await connectTo(session, options);
      const seen = await look(client);
      const chosen = choose(seen, { node, group, volume });
      host.err(orphansTable({ orphans: chosen }, host.paint));
      const consent = options.yes === true ? "given" : "to_be_asked";
      await confirm(host, consent, `Adopt ${counted(chosen)}?`);
      const wish = {
        storageClass: options.storageClass,
        volumeMode: options.block === true ? ("Block" as const) : ("Filesystem" as const),
      };
      /** One that is refused is no reason to leave the others. */
      const each = async (
        list: readonly Orphan[],
        act: (orphan: Orphan) => Promise<void>,
      ): Promise<Orphan[]> => {
        const done: Orphan[] = [];
        for (const orphan of list) {
          try {
            await act(orphan);
            done.push(orphan);
          } catch (error) {
            if (!(error instanceof Failure) || chosen.length === 1) throw error;
            host.err([error.message, error.remedy].filter((text) => text !== undefined).join("; "));
            finish("no");
          }
        }
        return done;
      };
      // All entries first: the agents confirm them together.
      const entered = await each(chosen, async (orphan) => {
        if (volume === undefined) refuseRivals(orphan, seen.orphans);
        await giveEntry(client, keyOf(orphan), wish);
      });
      await each(entered, async (orphan) => {
        await givePersistentVolume(client, host.clock, keyOf(orphan), wish);
        host.out(`${orphan.volume} of ${orphan.node} adopted${forClaim(orphan)}`);
      });
    });

  orphans
    .command("collect")
    .description("Have an orphan removed by its node's agent. Its data is lost.")
    .addArgument(new Argument("<node>", nodeArgument))
    .addArgument(new Argument("<group>", groupArgument))
    .addArgument(new Argument("<volume>", volumeArgument))
    .addOption(
      new Option("--wipe <how>", "what happens to its data")
        .choices(["zero", "discard", "none"] as const)
        .default("zero" as const),
    )
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples([
        "kubectl stowage orphans collect n1 fast pvc-1f0e...",
        "remove one, with its data",
      ]),
    )
    .action(async (node, group, volume, _, command) => {
      const { host } = session;
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      const [orphan] = choose(await look(client), { node, group, volume });
      if (orphan === undefined) return;
      await confirm(
        host,
        options.yes === true ? "given" : "to_be_asked",
        `Remove logical volume ${volume} (${show(orphan.size)}${forClaim(orphan)}) from ${group} on ${node}? Its data is lost.`,
      );
      await collect(client, nameOf(orphan), volume, options.wipe);
      host.out(`${volume} of ${node} has its tombstone; the agent removes it`);
    });
};

const look = async (client: KubeClient): Promise<OrphansView> => {
  const [groups, volumes] = await Promise.all([
    client.list(nodeLocalStorages),
    client.list(persistentVolumes),
  ]);
  return orphansView(groups.items, volumes.items);
};

const nameOf = ({ node, group }: Orphan): string => nodeLocalStorageName(node, group);

const keyOf = (orphan: Orphan) => ({ groupName: nameOf(orphan), volume: orphan.volume });

const counted = ({ length }: readonly Orphan[]): string =>
  `${length} volume${length === 1 ? "" : "s"}`;

const forClaim = ({ claim }: Orphan): string =>
  claim === undefined ? "" : ` for claim ${claim.namespace}/${claim.name}`;

/** @throws Failure where nothing is left. */
const choose = (
  { orphans }: OrphansView,
  wanted: {
    readonly node: string | undefined;
    readonly group: string | undefined;
    readonly volume: string | undefined;
  },
): readonly Orphan[] => {
  const chosen = orphans.filter(
    ({ node, group, volume }) =>
      (wanted.node ?? node) === node &&
      (wanted.group ?? group) === group &&
      (wanted.volume ?? volume) === volume,
  );
  if (chosen.length > 0) return chosen;
  const { node, group, volume } = wanted;
  const known = orphans.map((orphan) => orphan.volume);
  throw new Failure(
    "not_found",
    volume === undefined ? "there is no orphan" : `${group} on ${node} has no orphan ${volume}`,
    volume === undefined ? undefined : didYouMean(volume, known, "kubectl stowage orphans"),
  );
};
