# What both first processes begin with, node-init.sh and import-init.sh: a root that may be written to, over the
# host's. The kernel hands over as environment variables:
#   stowage_folder    the node's folder on the host, the one place of the host that it may write to
#   stowage_binaries  the folder with kubelet and containerd
#   stowage_modules   the folder with the kernel's modules
#   stowage_program   the folder with the Node.js that runs the exec server
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

# Puts containerd's and the kubelet's folders on ubda, which outlives a power cut.
mount_state() {
  mkdir -p /run/state
  need mount /dev/ubda /run/state
  mount --make-private /run/state
  for folder in containerd kubelet cni; do
    mkdir -p /run/state/$folder /var/lib/$folder
    need mount --bind /run/state/$folder /var/lib/$folder
  done
  mkdir -p /run/state/pod-logs /run/state/kept-logs /var/log/pods
  need mount --bind /run/state/pod-logs /var/log/pods
}

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
