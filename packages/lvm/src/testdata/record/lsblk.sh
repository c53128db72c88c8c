#!/bin/bash
# record/lsblk.sh DIRECTORY DISK DISK DISK DISK EMPTY: lsblk/*.json. See ../record.sh.
out=$1 a=$2 b=$3 c=$4 empty=$6
. "${0%/*}/recording.sh"
options=(--json --bytes --paths
  --output=NAME,KNAME,MAJ:MIN,TYPE,SIZE,RO,ROTA,RM,TRAN,MODEL,SERIAL,WWN,MOUNTPOINT,PTTYPE,LOG-SEC,FSTYPE)
lsblk_of() { # NAME PATH...
  record "lsblk/$util_linux_version-$1" lsblk "${options[@]}" "${@:2}"
}
# As in a container that has the host's /dev and not its /run/udev.
lsblk_without_udev() { # NAME PATH...
  around=(unshare --mount sh -c 'mount -t tmpfs none /run/udev && exec "$@"' sh)
  lsblk_of "$1-without-udev" "${@:2}"
  around=()
}
trap 'umount -q /mnt/1 /mnt/2 || true' EXIT
mkdir -p /mnt/1 /mnt/2 /run/udev

rm -f /dev/gone
clear_disks "$a" "$b" "$c"
lsblk_of blank "$a"
lsblk_without_udev blank "$a"
blockdev --setro "$a"
lsblk_of read-only "$a"
blockdev --setrw "$a"

partition gpt "$a" ',64M' ',64M'
mkfs.ext4 -q -F "${a}1"
mkswap -q "${a}2"
settle
lsblk_of gpt "$a"
mount "${a}1" /mnt/1
swapon "${a}2"
lsblk_of gpt-in-use "$a"
lsblk_without_udev gpt-in-use "$a"
lsblk_of partition-named "${a}1"
lsblk_of partition-and-its-disk "${a}1" "$a"
mount "${a}1" /mnt/2
lsblk_of mounted-twice "$a"
record "proc/swaps" cat /proc/swaps
umount /mnt/1 /mnt/2
swapoff "${a}2"
unshare --mount sh -c 'mount "$1" /mnt/1; exec sleep 1000' sh "${a}1" &
elsewhere=$!
sleep 1
lsblk_of mounted-in-another-namespace "$a"
kill "$elsewhere"
wait "$elsewhere" || true

partition dos "$b" ',64M' ',,E' ',64M'
pvcreate -q "${b}1"
vgcreate -q inside "${b}1"
lvcreate -q --extents 2 --name data inside
settle
lsblk_of dos-pv-active "$b"
vgchange -q -an inside
settle
lsblk_of dos-pv-inactive "$b"
lsblk_without_udev dos-pv-inactive "$b"
vgremove -q --yes inside
pvremove -q "${b}1"

clear_disks "$a" "$b"
mkfs.ext4 -q -F "$a"
settle
lsblk_of ext4 "$a"
mount "$a" /mnt/1
lsblk_of ext4-mounted "$a"
umount /mnt/1
clear_disks "$a"

pvcreate -q "$c"
vgcreate -q fast "$c"
lsblk_of pv-without-volumes "$c"
lvcreate -q --extents 4 --name pvc-1 fast
mkfs.ext4 -q -F /dev/fast/pvc-1
settle
mount /dev/fast/pvc-1 /mnt/1
lsblk_of pv-mounted "$c"
lsblk_of volume-mounted /dev/fast/pvc-1
lsblk_of volume-and-its-disk /dev/fast/pvc-1 "$c"
lvcreate -q --snapshot --extents 2 --name nightly fast/pvc-1
lsblk_of pv-snapshot "$c"
lvremove -q --yes fast/nightly
umount /mnt/1
vgextend -q fast "$a"
lvcreate -q --yes --type linear --extents 300 --name wide fast
settle
lsblk_of volume-over-two-disks "$a" "$c"
lvremove -q --yes fast/wide
vgreduce -q fast "$a"
pvremove -q "$a"
loop=$(losetup --find --show /dev/fast/pvc-1)
settle
lsblk_of loop-over-volume "$c" "$loop"
record proc/losetup-over-volume losetup --list --json
losetup --detach "$loop"
vgchange -q -an fast
lsblk_of pv-inactive "$c"
vgremove -q --yes fast
pvremove -q "$c"

"${0%/*}/md-raid1.sh" start "$a" "$b"
settle
lsblk_of raid1 "$a" "$b"
lsblk_without_udev raid1 "$a" "$b"
"${0%/*}/md-raid1.sh" stop
lsblk_of raid1-stopped "$a"
clear_disks "$a" "$b"

sectors=$(blockdev --getsz "$a")
dmsetup create secret --uuid CRYPT-LUKS2-0123456789abcdef0123456789abcdef-secret \
  --table "0 $((sectors - 32768)) crypt aes-xts-plain64 $(printf '0%.0s' {1..64}) 0 $a 32768"
settle
lsblk_of crypt "$a"
dmsetup remove --retry secret

truncate --size=8M /run/backing-file
loop=$(losetup --find --show /run/backing-file)
lsblk_of loop "$loop"
record proc/losetup losetup --list --json
losetup --detach "$loop"
lsblk_of loop-unbound "$loop"

# Two hosts that serve one disk, so that it has two names: add_host, vpd_use_hostno.
fake_disks add_host=2 vpd_use_hostno=0
sectors=$(blockdev --getsz "${scsi[0]}")
lsblk_of two-paths "${scsi[@]}"
lsblk_without_udev two-paths "${scsi[@]}"
dmsetup create mpatha --uuid mpath-333333330000007d0 --table "0 $sectors multipath 0 0 1 1 round-robin 0 2 1 \
$(stat --format=%Hr:%Lr "${scsi[0]}") 1 $(stat --format=%Hr:%Lr "${scsi[1]}") 1"
settle
lsblk_of multipath "${scsi[@]}"
lsblk_of multipath-map /dev/mapper/mpatha
lsblk_of multipath-path-and-map "${scsi[0]}" /dev/mapper/mpatha
lsblk_of multipath-all
partition dos /dev/mapper/mpatha ',16M'
dmsetup create mpatha-part1 --uuid part1-mpath-333333330000007d0 --table "0 32768 linear /dev/mapper/mpatha 2048"
settle
lsblk_of multipath-partition "${scsi[@]}"
lsblk_without_udev multipath-partition "${scsi[@]}"
dmsetup remove --retry mpatha-part1
dmsetup remove --retry mpatha

fake_disks sector_size=4096
lsblk_of 4kn "${scsi[0]}"
lsblk_without_udev 4kn "${scsi[0]}"
fake_disks removable=1
lsblk_of removable "${scsi[0]}"
mknod /dev/gone b 8 240
lsblk_of node-without-device /dev/gone
lsblk_of healthy-and-node-without-device "$a" /dev/gone
lsblk_of missing /dev/missing
lsblk_of healthy-and-missing "$a" /dev/missing
lsblk_of empty "$empty"
lsblk_of healthy-and-empty "$a" "$empty"
hollow=/dev/dm-$(dmsetup create hollow --notable && dmsetup info --columns --noheadings -o minor hollow)
lsblk_of map-without-table "$hollow"
lsblk_of healthy-and-map-without-table "$a" "$hollow"
lsblk_of all
lsblk_without_udev all
dmsetup remove --retry hollow
rm /dev/gone /run/backing-file
lsblk_of no-block-device /dev/null
link=$(find /dev/disk/by-id -lname "*/${a##*/}" | head -1)
lsblk_of link "$link"
