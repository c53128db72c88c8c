#!/bin/bash
# First process of a node. The kernel hands over as environment variables:
#   stowage_folder    the node's folder on the host, the one place of the host that it may write to
#   stowage_binaries  the folder with kubelet and containerd
#   stowage_modules   the folder with the kernel's modules
#   stowage_program   the folder with the Node.js that runs the exec server
#   stowage_host      what kind of host to be: host-kinds.ts
#   stowage_task      join: be a node of the cluster; import: only fill ubda with images
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C

# An init that ends makes the kernel panic, and the machine ends: the host sees that and shows this.
need() { "$@" || { echo "node-init: $* failed"; exit 1; }; }

mount -t proc proc /proc
# The rings that a process maps of io_uring lose their pages to others under it in user-mode Linux 7.2 ("Bad
# page map ... io_uring_mmap"), and the node's memory is ruined. Node.js would use it; 6.1 has no such switch.
[ ! -e /proc/sys/kernel/io_uring_disabled ] || need sh -c 'echo 2 >/proc/sys/kernel/io_uring_disabled'
need mount -t tmpfs tmpfs /run
need insmod "$stowage_modules/kernel/fs/overlayfs/overlay.ko"
mkdir -p /run/root/upper /run/root/work /run/new
need mount -t overlay overlay -o lowerdir=/,upperdir=/run/root/upper,workdir=/run/root/work /run/new
cd /run/new
# The host's own /run and /tmp are hidden, and our folders may lie below them: mount these first.
need mount -t tmpfs tmpfs run
mkdir -p run/lock run/stowage/node run/stowage/bin run/stowage/modules run/stowage/program
need mount -t hostfs none run/stowage/node -o "$stowage_folder"
need mount --bind "$stowage_binaries" run/stowage/bin
need mount --bind "$stowage_modules" run/stowage/modules
need mount --bind "$stowage_program" run/stowage/program
need mount -t tmpfs tmpfs tmp
mkdir -p .host
need pivot_root . .host
cd /
need mount -t proc proc /proc
need mount -t sysfs sys /sys
need mount -t devtmpfs dev /dev
umount -l /.host
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
need mount -t cgroup2 none /sys/fs/cgroup
mount --make-rshared /
export PATH=/run/stowage/bin:$PATH
own=/run/stowage/node

mkdir -p /lib/modules
ln -sfn /run/stowage/modules "/lib/modules/$(uname -r)"
modprobe -a veth bridge dm-mod dm-thin-pool dm-snapshot dm-raid dm-flakey dm-delay ext4 xfs btrfs loop

# What is writable on Talos, which mounts the rest read-only: see below.
if [ "$stowage_host" = readonly ]; then
  for folder in /var /opt /etc/cni /etc/kubernetes /usr/libexec/kubernetes; do
    mkdir -p $folder
    need mount --bind $folder $folder
  done
fi

# What outlives a power cut: ubda.
mkdir -p /run/state
need mount /dev/ubda /run/state
mount --make-private /run/state
for folder in containerd kubelet cni; do
  mkdir -p /run/state/$folder /var/lib/$folder
  need mount --bind /run/state/$folder /var/lib/$folder
done

start_containerd() {
  containerd -c "$own/containerd.toml" >>"$own/containerd.log" 2>&1 &
  containerd_process=$!
  until [ -S /run/containerd/containerd.sock ]; do
    kill -0 $containerd_process || {
      echo "node-init: containerd ended"
      tail -n 5 "$own/containerd.log"
      exit 1
    }
    sleep 0.1
  done
}

if [ "$stowage_task" = import ]; then
  ip link set lo up
  start_containerd
  for archive in "$own"/*.tar; do
    need ctr -n k8s.io images import --local "$archive"
  done
  kill $containerd_process
  wait $containerd_process
  umount /var/lib/containerd /var/lib/kubelet /var/lib/cni
  need umount /run/state
  touch "$own/imported"
  poweroff -f
fi

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
if [ "$stowage_host" = plain ]; then export DM_DISABLE_UDEV=1; else . "$own/node-udev.sh"; fi
while read -r disk; do
  # shellcheck disable=SC2086 # The words of a line are arguments.
  need bash "$own/node-disk.sh" in $disk </dev/null
done <"$own/disks"
[ "$stowage_host" != readonly ] || need mount -o remount,bind,ro /

while :; do
  /run/stowage/program/node "$own/exec-server.mts" "$control_address" "$exec_port" "$own/booted"
  echo "node-init: the exec server ended with $?"
  sleep 1
done &

# The kubelet wants a clock speed, which user-mode Linux does not know.
{ sed '/^$/d' /proc/cpuinfo; echo 'cpu MHz : 2000.000'; } >/run/cpuinfo
mount --bind /run/cpuinfo /proc/cpuinfo

start_containerd
# As under systemd: a service that ends is started again.
while :; do
  kubelet --config="$own/kubelet.yaml" --kubeconfig="$own/kubeconfig" --hostname-override="$name" \
    --node-ip="$address" --cert-dir=/run/kubelet >>"$own/kubelet.log" 2>&1
  echo "node-init: kubelet ended with $?" >>"$own/kubelet.log"
  sleep 1
done &
while :; do wait -n || sleep 1; done
