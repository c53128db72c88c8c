import type { NodeLocalStorage } from "@stowage/api";
import { nodeLocalStorageName, nodeLocalStorages } from "@stowage/api";
import { seconds } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { changeGroup } from "../change-group.ts";
import { didYouMean } from "../closest.ts";
import { confirm } from "../confirm.ts";
import { Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { pathOfDevice, planWish, progressOf } from "./plan-evacuation.ts";

export const addEvacuate = (root: Root, session: Session): void => {
  root
    .command("evacuate")
    .description("Empty a device onto its group's other devices and take it out of the group.")
    .argument("<node>", "the node")
    .argument("<group>", "the volume group")
    .argument("<device>", "the device's path, or its name below /dev")
    .option("--cancel", "call it off; what was moved stays where it is now")
    .option("--no-wait", "do not follow it")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage evacuate n1 fast /dev/disk/by-id/nvme-A3", "empty a disk, and watch"],
        ["kubectl stowage evacuate n1 fast nvme2n1 --cancel", "call it off"],
      ),
    )
    .action(async (node, group, device, _, command) => {
      const { host } = session;
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      const { name, path } = await find(client, { node, group, device });
      if (options.cancel === true) {
        await changeGroup(client, name, async (object) => planWish(object, path, "stay"));
        host.out(`${path} of ${node} stays in ${group}`);
        return;
      }
      await confirm(
        host,
        options.yes === true ? "given" : "to_be_asked",
        `Move all that is on ${path} of ${node} to the other devices of ${group}, and take it out of the group? Volumes stay in use.`,
      );
      await changeGroup(client, name, async (object) => planWish(object, path, "evacuate"));
      if (options.wait) await follow(client, host, name, path);
      else host.out(`${path} of ${node} is to be evacuated; kubectl stowage devices shows how far`);
    });
};

const find = async (
  client: KubeClient,
  asked: { readonly node: string; readonly group: string; readonly device: string },
): Promise<{ readonly name: string; readonly path: string }> => {
  const name = nodeLocalStorageName(asked.node, asked.group);
  const object = await client.find(nodeLocalStorages, { name });
  if (object === undefined) {
    const { items } = await client.list(nodeLocalStorages);
    const known = items.map(({ spec }) => `${spec.nodeName} ${spec.volumeGroup}`);
    throw new Failure(
      "not_found",
      `node ${asked.node} has no volume group ${asked.group}`,
      didYouMean(`${asked.node} ${asked.group}`, known, "kubectl stowage status"),
    );
  }
  const path = pathOfDevice(object, asked.device);
  if (path === undefined) throw noSuchDevice(object, asked.device);
  return { name, path };
};

const noSuchDevice = ({ spec, status }: NodeLocalStorage, device: string): Failure => {
  const known = [...spec.devices, ...status.devices].map(({ path }) => path);
  const asked = device.startsWith("/") ? device : `/dev/${device}`;
  const kernelNames = status.devices.flatMap(({ kernelName }) => kernelName ?? []);
  return new Failure(
    "not_found",
    `${spec.volumeGroup} on ${spec.nodeName} has no device ${device}`,
    didYouMean(asked, [...known, ...kernelNames], `kubectl stowage devices ${spec.nodeName}`),
  );
};

const lookPeriod = seconds(1);

/** Tells of each change until the device is out of the group. @throws Failure when it is refused. */
const follow = async (
  client: KubeClient,
  { out, clock, signal }: Pick<Host, "out" | "clock" | "signal">,
  name: string,
  path: string,
): Promise<void> => {
  let told = "";
  for (;;) {
    const progress = progressOf(await client.get(nodeLocalStorages, { name }), path);
    if (progress.kind === "called_off") {
      throw new Failure("no", `the evacuation of ${path} was called off meanwhile`);
    }
    if (progress.kind === "refused") {
      throw new Failure(
        "no",
        `${path} is not evacuated: ${progress.words}`,
        "it goes on by itself once there is room; --cancel calls it off",
      );
    }
    if (progress.words !== told) out(progress.words);
    told = progress.words;
    if (progress.kind === "done") return;
    try {
      await clock.sleep(lookPeriod, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      out("the evacuation goes on; --cancel calls it off");
      return;
    }
  }
};
