#!/bin/bash
# record/fullreport.sh DIRECTORY DISK DISK DISK DISK: fullreport/*.json. See ../record.sh.
out=$1 a=$2 b=$3 c=$4 d=$5
. "${0%/*}/recording.sh"
. "${0%/*}/report-options.sh"
mkdir -p "$out/fullreport"
report() { # NAME DEVICES [OPTION...]; every device without DEVICES
  as_agent lvm fullreport "${options[@]}" "$pinned" ${2:+"--devices=$2"} "${@:3}" \
    >"$out/fullreport/$lvm_version-$1.json" 2>"$scratch/stderr"
}
tags=(--addtag stowage.dev/volume=pvc-1 --addtag stowage.dev/claim-uid=7d0a --addtag stowage.dev/claim=default/data-0)
clear_disks "$a" "$b" "$c" "$d"

report empty "$a,$b"
pvcreate -q "$a"
report lone-device "$a,$b"
vgcreate -q --metadatasize 4m --addtag stowage.dev/managed fast "$a" "$b"
report new-group "$a,$b"
lvcreate -q --yes --type linear --extents 4 --name pvc-1 "${tags[@]}" fast
lvcreate -q --yes --type linear --extents 8 --name by-hand fast
exec 9</dev/fast/pvc-1
report thick-open "$a,$b"
exec 9<&-
dmsetup suspend fast-pvc--1
report suspended "$a,$b"
dmsetup resume fast-pvc--1
report missing-device "$a"
lvcreate -q --yes --type linear --extents 300 --name wide fast
report missing-device-partial-volume "$a"
lvremove -q --yes fast/wide
vgchange -q -an fast
report inactive "$a,$b"
vgexport -q fast
report exported "$a,$b"
vgimport -q fast
lvchange -q --setactivationskip y fast/by-hand
vgchange -q -ay fast
report activation-skip "$a,$b"
lvchange -q --setactivationskip n fast/by-hand
vgchange -q -ay fast
pvchange -q -x n "$b"
report held-device "$a,$b"
pvchange -q -x y "$b"
lvcreate -q --yes --type raid1 --mirrors 1 --extents 2 --name mirrored fast
report raid1 "$a,$b"
lvremove -q --yes fast/mirrored
lvcreate -q --yes --snapshot --extents 2 --name snap fast/by-hand
report snapshot "$a,$b"
dd if=/dev/zero of=/dev/fast/by-hand bs=1M count=16 oflag=direct status=none
report snapshot-overflowed "$a,$b"
lvremove -q --yes fast/snap
lvcreate -q --yes --type linear --extents 4 --name backup --addtag backup.example/nightly --addtag stowage.dev.example/volume=x fast
report foreign-tags "$a,$b"
lvremove -q --yes fast/backup

# Slow enough to be seen under way.
modprobe dm-mirror
throttle=/sys/module/dm_mirror/parameters/raid1_resync_throttle
echo 1 >$throttle
lvcreate -q --yes --type linear --extents 100 --name moved fast "$a"
lvm pvmove --config='global{use_lvmpolld=0}' --interval=1 "$a" >/dev/null 2>&1 9>&- &
mover=$!
until dmsetup status fast-pvmove0 2>/dev/null | grep -q 'mirror .* [1-9][0-9]*/'; do sleep 0.2; done
report pvmove "$a,$b"
kill -KILL "$mover"
wait "$mover" || true
echo 100 >$throttle
# The segment under way is copied to its end by the kernel, and nobody begins the next one.
sleep 3
report pvmove-without-poll "$a,$b"
pvmove -q --config='global{use_lvmpolld=0}' --interval=1 >/dev/null 2>&1
lvremove -q --yes fast/moved
pvmove -q "$b" >/dev/null 2>&1

lvcreate -q --yes --type thin-pool --extents 16 --name pool fast
lvcreate -q --yes --type thin --virtualsize 1G --thinpool pool --name thin-1 fast
report thin-pool "$a,$b"
lvremove -q --yes fast/pool
vgcreate -q other "$c"
report two-groups "$a,$b,$c"
dd if="$c" of="$d" bs=1M count=8 status=none
report duplicate-device "$a,$b,$c,$d"
clear_disks "$d"

vgchange -q --yes --systemid another-host other
report foreign-system-id "$c"
report foreign-system-id-shown "$c" --foreign
clear_disks "$c"

for type in sanlock dlm; do
  shared_group "$type" "$c"
  report "lock-type-$type" "$c"
  report "lock-type-$type-shown" "$c" --shared
  clear_disks "$c"
done

# LVM makes no group whose folder is there below /dev.
vgchange -q -an fast
vgcreate -q --devices "$c" --addtag stowage.dev/managed fast "$c"
lvcreate -q --yes --devices "$c" --extents 2 --name pvc-1 --activate n --zero n --wipesignatures n fast
report same-name "$a,$b,$c"
clear_disks "$c"
vgchange -q -ay fast

partition gpt "$d" ',256M' ',256M'
vgcreate -q inside "${d}2"
lvcreate -q --yes --extents 2 --name data inside
report on-partition "${d}1,${d}2"
report on-partition-by-disk "$d"
vgremove -q --yes inside
clear_disks "$d"

pvcreate -q --metadatacopies 0 "$c"
vgcreate -q other "$d" "$c"
report claimed-without-metadata "$c"
vgremove -q --yes other
clear_disks "$c" "$d"

# Not from the disk's beginning, or LVM would see the physical volume on both.
sectors=$(($(blockdev --getsz "$c") - 8192))
dmsetup create shrinking --table "0 $sectors linear $c 8192"
vgcreate -q other /dev/mapper/shrinking
lvcreate -q --yes --extents 200 --name data other
lvchange -q -an other
report before-shrinking /dev/mapper/shrinking
dmsetup suspend shrinking
dmsetup reload shrinking --table "0 $((sectors / 2)) linear $c 8192"
dmsetup resume shrinking
report shrunk /dev/mapper/shrinking
words_of_shrunk() { # NAME COMMAND ARGUMENT...
  record "words/$lvm_version-shrunk-$1" lvm "$2" --devices=/dev/mapper/shrinking "${@:3}"
}
words_of_shrunk activate lvchange --activate=y --activationmode=complete other/data
words_of_shrunk lvcreate lvcreate --yes --type=linear --wipesignatures=y --zero=y --extents=10 --name=late other
words_of_shrunk pvresize pvresize /dev/mapper/shrinking
vgchange -q -an other || true
wipefs --quiet --all --force /dev/mapper/shrinking
dmsetup remove --retry shrinking

# As the kubelet holds a volume of volumeMode Block, and a tenant writes a group into it.
loop=$(losetup --find --show /dev/fast/by-hand)
vgcreate -q --addtag stowage.dev/managed planted "$loop"
report in-loop-device ""
report in-loop-device-confined "$loop"
vgremove -q --yes planted
losetup --detach "$loop"

# Whatever the host's own lvm.conf says of reports and logs, what is pinned is read in the same way. With
# an open volume, an internal one and a missing device; and no copy of the metadata yet, of which LVM
# complains in its log.
lvcreate -q --yes --type raid1 --mirrors 1 --extents 2 --name mirrored fast
exec 9</dev/fast/pvc-1
on_host_with() { # NAME SETTING...
  on_host "$@"
  record "host-settings/$lvm_version-$1" lvm fullreport "${options[@]}" "--devices=$a"
  on_host "$@"
  record "host-settings/$lvm_version-$1-pinned" lvm fullreport "${options[@]}" "$pinned" "--devices=$a"
}
on_host_with nothing
for setting in "${host_settings[@]}"; do
  name=${setting%%=*}
  on_host_with "${name//\//-}" "$setting"
done
on_host_with several-idle "${idle_settings[@]}"
on_host_with all "${host_settings[@]}" "${idle_settings[@]}"
on_usual_host
exec 9<&-

vgremove -q --yes --devices "$a,$b" fast
clear_disks "$a" "$b"
