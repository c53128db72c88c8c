#!/bin/bash
# record/block-tools.sh DIRECTORY DISK DISK DISK DISK EMPTY: what wipefs, stat, find and /proc say. See ../record.sh.
out=$1 a=$2 b=$3 c=$4 empty=$6
. "${0%/*}/recording.sh"
trap 'umount -q /mnt/1 || true' EXIT
mkdir -p /mnt/1

# The three that the agent runs, in its order; the last one changes what is there.
wipefs_of() { # NAME PATH...
  local name=wipefs/$util_linux_version-$1
  shift
  record "$name-list" wipefs --no-act --json "$@"
  record "$name-check" wipefs --all --no-act "$@"
  record "$name-erase" wipefs --all --quiet "$@"
}
clear_disks "$a" "$b" "$c"
wipefs_of blank "$a"
mkfs.ext4 -q -F "$a"
mount "$a" /mnt/1
wipefs_of mounted "$a"
umount /mnt/1
wipefs_of ext4 "$a"
partition gpt "$a" ',64M' ',64M'
mkfs.ext4 -q -F "${a}1"
mkfs.ext4 -q -F "${a}2"
mount "${a}2" /mnt/1
wipefs_of gpt-partition-mounted "$a"
wipefs_of gpt-partitions-and-disk "${a}1" "${a}2" "$a"
umount /mnt/1
wipefs_of gpt "$a"
partition dos "$a" ',64M'
wipefs_of dos "$a"
pvcreate -q "$a"
wipefs_of physical-volume "$a"
pvcreate -q "$a"
vgcreate -q fast "$a"
lvcreate -q --extents 4 --name pvc-1 fast
wipefs_of physical-volume-in-use "$a"
sleep 1000 </dev/fast/pvc-1 >/dev/null 2>&1 &
opener=$!
wipefs_of opened-without-excl /dev/fast/pvc-1
record proc/fd-of-opener ls -l --time-style=+ "/proc/$opener/fd"
kill "$opener"
wait "$opener" || true
vgremove -q --yes fast
pvremove -q "$a"
partition dos "$a" ',256M'
partition dos "${a}1" ',16M'
wipefs_of table-in-partition "${a}1"
clear_disks "$a"
"${0%/*}/md-raid1.sh" start "$a" "$b"
settle
wipefs_of raid1-member "$a"
"${0%/*}/md-raid1.sh" stop
clear_disks "$a" "$b"
wipefs_of empty "$empty"
wipefs_of missing /dev/missing
wipefs_of blank-and-missing "$b" /dev/missing
mknod /dev/gone b 8 240
wipefs_of node-without-device /dev/gone
rm /dev/gone
blockdev --setro "$a"
wipefs_of read-only "$a"
blockdev --setrw "$a"

ln -sfn /dev/missing /dev/disk/dangling
ln -sfn "../${a##*/}" "/dev/disk/with a blank"
record "stat/$coreutils_version-all-kinds" stat --dereference --format='%n|%F|%t:%T' -- \
  "$a" /dev/disk/by-id /dev/missing /dev/disk/dangling "/dev/disk/with a blank" /dev/null "/dev/disk/with a blank/x"
record "stat/$coreutils_version-there" stat --dereference --format='%n|%F|%t:%T' -- "$a" "$b"
record find/links find /dev/disk -type l -printf '%p|%l\n'
rm /dev/disk/dangling "/dev/disk/with a blank"
record find/no-folder find /dev/missing -type l -printf '%p|%l\n'

# Of mountinfo only what concerns the disk: all else is this machine's.
mountinfo_of() { # NAME PROCESS
  record "proc/mountinfo-$1" grep "$device" "/proc/$2/mountinfo"
}
device=$(stat --format=' %Hr:%Lr ' "$a")
mkfs.ext4 -q -F "$a"
mkdir -p "/mnt/with a blank"
mount "$a" "/mnt/with a blank"
mountinfo_of own self
mountinfo_of first 1
umount "/mnt/with a blank"
unshare --mount sh -c 'mount "$1" /mnt/1; exec sleep 1000' sh "$a" &
elsewhere=$!
sleep 1
mountinfo_of elsewhere "$elsewhere"
mountinfo_of not-elsewhere 1
wipefs_of mounted-in-another-namespace "$a"
kill "$elsewhere"
wait "$elsewhere" || true
clear_disks "$a"
record proc/swaps-none cat /proc/swaps
record proc/losetup-none losetup --list --json
