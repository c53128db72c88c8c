#!/bin/bash
# record/refusals.sh DIRECTORY DISK DISK DISK: words/*.json, what LVM, wipefs, blkdiscard and mkfs say to
# each command of the agent's that they refuse, and what they print of those that end well. See ../record.sh.
out=$1 a=$2 b=$3 c=$4
. "${0%/*}/recording.sh"
words() { # NAME COMMAND ARGUMENT...
  record "words/$lvm_version-$1" lvm "$2" "--devices=$a" "--devices=$b" "--devices=$c" "${@:3}"
}
tool() { # NAME FILE ARGUMENT...
  record "words/$util_linux_version-$1" "${@:2}"
}
trap 'umount -q /mnt/1 || true; rmdir /dev/in-the-way 2>/dev/null || true' EXIT
mkdir -p /mnt/1
clear_disks "$a" "$b" "$c"
new=(--yes --type=linear --wipesignatures=y --zero=y)

mkdir /dev/in-the-way
words vgcreate-name-in-dev vgcreate in-the-way "$a"
rmdir /dev/in-the-way
vgcreate -q fast "$a" "$b"
mkfs.ext4 -q -F "$c"
words vgextend-signature vgextend fast "$c"
clear_disks "$c"
words vgextend-group-missing vgextend no-such-group "$c"
words vgextend-group-missing-left pvs --noheadings --options=pv_name,vg_name,pv_attr
words pvremove pvremove "$c"
words pvremove-no-physical-volume pvremove "$c"
words vgextend vgextend fast "$c"
words vgreduce vgreduce fast "$c"
pvremove -q "$c"
words vgreduce-no-member vgreduce fast "$c"
words pvchange-no-physical-volume pvchange --allocatable=n "$c"
words pvresize-no-physical-volume pvresize "$c"
words pvmove-no-physical-volume pvmove --interval=1 "$c"
words pvchange-held pvchange --allocatable=n --addtag=leaving "$b"
words pvchange-held-again pvchange --allocatable=n --addtag=leaving "$b"
words pvresize pvresize "$b"
words lvcreate-for-the-rest lvcreate "${new[@]}" --extents=100%FREE --name=rest fast
words lvcreate-only-held-left lvcreate "${new[@]}" --extents=1 --name=more fast
words lvextend-only-held-left lvextend --extents=+1 fast/rest
words lvextend-smaller lvextend --extents=1 fast/rest
words lvextend-not-found lvextend --extents=1 fast/no-such-volume
words lvchange-not-found lvchange --activate=y fast/no-such-volume
words lvchange-add-tag lvchange --addtag=one fast/rest
words lvremove lvremove --yes fast/rest
words vgchange-add-tag vgchange --addtag=one fast
words vgmknodes vgmknodes fast
vgreduce -q fast "$b"
words vgreduce-final vgreduce fast "$a"

lvcreate -q "${new[@]}" --extents=4 --name=pvc-1 fast
tool blkdiscard-missing blkdiscard --zeroout --offset=0 --length=4096 /dev/fast/no-such-volume
tool mkfs-missing mkfs.ext4 -F -q -m 0 /dev/fast/no-such-volume
tool wipefs-volume-missing wipefs --all --quiet /dev/fast/no-such-volume
tool sync-missing sync --data /dev/fast/no-such-volume
mkfs.ext4 -q -F /dev/fast/pvc-1
mount /dev/fast/pvc-1 /mnt/1
tool blkdiscard-mounted blkdiscard --zeroout --offset=0 --length=4096 /dev/fast/pvc-1
tool mkfs-mounted mkfs.ext4 -F -q -m 0 /dev/fast/pvc-1
tool wipefs-volume-mounted wipefs --all --quiet /dev/fast/pvc-1
words lvremove-mounted lvremove --yes fast/pvc-1
umount /mnt/1
vgremove -q --yes fast
clear_disks "$a" "$b" "$c"
