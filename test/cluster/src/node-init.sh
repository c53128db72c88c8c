#!/bin/bash
# First process of a node. Beside what node-root.sh names, the kernel hands over as an environment variable:
#   stowage_host      what kind of host to be: host-kinds.ts
. "${0%/*}/node-root.sh"

# What a file system or a target of device-mapper needs besides, the kernel loads when it is first used.
modprobe -a veth bridge dm-mod loop

# What is writable on Talos, which mounts the rest read-only: see below.
if [ "$stowage_host" = readonly ]; then
  for folder in /var /opt /etc/cni /etc/kubernetes /usr/libexec/kubernetes; do
    mkdir -p $folder
    need mount --bind $folder $folder
  done
fi

mount_state
. "$own/environment.sh"
hostname "$name"
ip -batch - <<END
link set lo up
address add $address/24 dev vec0
link set vec0 up
address add $control_address/24 dev vec1
link set vec1 up
route add default via $gateway
END
echo 1 >/proc/sys/net/ipv4/ip_forward

mkdir -p /etc/cni/net.d /etc/lvm /dev/disk/by-id
rm -rf /etc/cni/net.d/* /etc/lvm/*
cp "$own/pod-network.conflist" /etc/cni/net.d/10-pod.conflist
cp -r "$own/lvm/." /etc/lvm/
# As on a disk: what LVM adds to its devices file outlives a power cut.
if [ -d "$own/lvm/devices" ]; then
  [ -d /run/state/lvm-devices ] || cp -r "$own/lvm/devices" /run/state/lvm-devices
  need mount --bind /run/state/lvm-devices /etc/lvm/devices
fi
if [ "$stowage_host" = plain ]; then export DM_DISABLE_UDEV=1; else . "$own/node-udev.sh"; fi
while read -r disk; do
  # shellcheck disable=SC2086 # The words of a line are arguments.
  need bash "$own/node-disk.sh" in $disk </dev/null
done <"$own/disks"
[ "$stowage_host" != readonly ] || need mount -o remount,bind,ro /

while :; do
  /run/stowage/program/node "$own/exec-server.mjs" "$control_address" "$exec_port" "$own/booted"
  echo "node-init: the exec server ended with $?"
  sleep 1
done &

# The kubelet wants a clock speed, which user-mode Linux does not know.
{ sed '/^$/d' /proc/cpuinfo; echo 'cpu MHz : 2000.000'; } >/run/cpuinfo
mount --bind /run/cpuinfo /proc/cpuinfo

# The kubelet removes a Pod's logs with the Pod. A second name keeps them, for whoever asks what it wrote.
while :; do
  sleep 5
  for pod in /run/state/pod-logs/stowage-system_*; do
    [ ! -e "$pod" ] || cp --recursive --link --no-clobber "$pod" /run/state/kept-logs/
  done
done 2>/dev/null &

start_containerd
# As under systemd: a service that ends is started again.
while :; do
  kubelet --config="$own/kubelet.yaml" --kubeconfig="$own/kubeconfig" --hostname-override="$name" \
    --node-ip="$address" --cert-dir=/run/kubelet >>"$own/kubelet.log" 2>&1
  echo "node-init: kubelet ended with $?" >>"$own/kubelet.log"
  sleep 1
done &
while :; do wait -n || sleep 1; done
