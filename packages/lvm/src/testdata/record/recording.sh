# What the scripts beside it share. They set `out`, the folder of the recordings.
set -euo pipefail
scratch=$(mktemp -d)
lvm_version=$(lvm version | sed -n 's/.*LVM version: *\([0-9.]*\).*/\1/p')
util_linux_version=$(lsblk --version | sed 's/.* //')
coreutils_version=$(stat --version | sed -n '1s/.* //p')

# The environment that the agent gives to its commands, and no input.
as_agent() {
  env -i LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${LVM_SYSTEM_DIR:+"LVM_SYSTEM_DIR=$LVM_SYSTEM_DIR"} "$@" </dev/null
}

# record NAME FILE ARGUMENT...: what the command says, and how it ends, into $out/NAME.json. What stands
# in `around` runs it, and is not recorded.
around=()
record() {
  local name=$1 code=0
  shift
  mkdir -p "$(dirname "$out/$name")"
  as_agent ${around[@]+"${around[@]}"} "$@" >"$scratch/stdout" 2>"$scratch/stderr" || code=$?
  printf '%s\n' "$@" >"$scratch/words"
  jq --null-input --rawfile words "$scratch/words" --argjson code "$code" --rawfile stdout "$scratch/stdout" \
    --rawfile stderr "$scratch/stderr" '($words | split("\n")[:-1]) as [$file] | {
      file: $file, args: ($words | split("\n")[1:-1]), exitCode: $code, stdout: $stdout, stderr: $stderr }' \
    >"$out/$name.json"
}

# Where udevd runs, what follows sees its answer to what came before.
settle() { if [ -e /run/udev/control ]; then udevadm settle; fi; }

# partition LABEL DISK LINE...: as sfdisk(8) takes them
partition() {
  local label=$1 disk=$2
  shift 2
  { echo "label: $label"; printf '%s\n' "$@"; } | sfdisk --quiet "$disk"
  settle
}

clear_disks() {
  local disk
  for disk in "$@"; do
    wipefs --quiet --all --force "$disk"
    dd if=/dev/zero of="$disk" bs=1M count=8 status=none conv=fsync
    blockdev --rereadpt "$disk" || true
  done
  settle
}

# fake_disks OPTION...: SCSI disks in memory (scsi_debug); sets `scsi` to their names
fake_disks() {
  modprobe -r scsi_debug
  modprobe scsi_debug dev_size_mb=64 "$@"
  sleep 1
  settle
  # shellcheck disable=SC2207 # Names of disks are single words; a node need not have /dev/fd.
  scsi=($(grep -l scsi_debug /sys/block/sd*/device/model | sed 's|/sys/block/\(.*\)/device/model|/dev/\1|'))
}
