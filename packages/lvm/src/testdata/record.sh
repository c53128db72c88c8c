#!/bin/bash
# Records what LVM itself says into fullreport/*.json. Run as root on a node that may lose what is on
# the four disks: record.sh DIRECTORY DISK DISK DISK DISK
set -eu
out=$1 a=$2 b=$3 c=$4 d=$5
options=(--reportformat json --units b --nosuffix --all
  --configreport vg --options vg_name,vg_uuid,vg_size,vg_extent_size,vg_extent_count,vg_free_count,vg_attr,vg_missing_pv_count,vg_tags,vg_mda_free
  --configreport pv --options pv_name,pv_uuid,pv_size,dev_size,pv_major,pv_minor,pv_attr,pv_missing,pv_duplicate,pv_pe_count,pv_pe_alloc_count,pe_start,pv_tags
  --configreport lv --options lv_name,lv_path,lv_uuid,lv_size,lv_attr,lv_tags,lv_layout,lv_role,lv_active,lv_device_open,copy_percent,move_pv
  --configreport pvseg --options pvseg_size --configreport seg --options seg_size_pe)
version=$(lvm version | sed -n 's/.*LVM version: *\([0-9.]*\).*/\1/p')
record() { # NAME DEVICES
  lvm fullreport "${options[@]}" --devices "$2" > "$out/$version-$1.json" 2> /dev/null
}
tags=(--addtag stowage.dev/volume=pvc-1 --addtag stowage.dev/claim-uid=7d0a --addtag stowage.dev/claim=default/data-0)

record empty "$a,$b"
pvcreate -q "$a"
record lone-device "$a,$b"
vgcreate -q --metadatasize 4m --addtag stowage.dev/managed fast "$a" "$b"
record new-group "$a,$b"
lvcreate -q --yes --type linear --extents 4 --name pvc-1 "${tags[@]}" fast
lvcreate -q --yes --type linear --extents 8 --name by-hand fast
exec 9< /dev/fast/pvc-1
record thick-open "$a,$b"
exec 9<&-
dmsetup suspend fast-pvc--1
record suspended "$a,$b"
dmsetup resume fast-pvc--1
record missing-device "$a"
lvcreate -q --yes --type linear --extents 1030 --name wide fast
record missing-device-partial-volume "$a"
lvremove -q --yes fast/wide
vgchange -q -an fast
record inactive "$a,$b"
vgexport -q fast
record exported "$a,$b"
vgimport -q fast
vgchange -q -ay fast
pvchange -q -x n "$b"
record held-device "$a,$b"
pvchange -q -x y "$b"
lvcreate -q --yes --type raid1 --mirrors 1 --extents 2 --name mirrored fast
record raid1 "$a,$b"
lvremove -q --yes fast/mirrored
lvcreate -q --yes --snapshot --extents 2 --name snap fast/by-hand
record snapshot "$a,$b"
lvremove -q --yes fast/snap
lvcreate -q --yes --type linear --extents 4 --name backup --addtag backup.example/nightly --addtag stowage.dev.example/volume=x fast
record foreign-tags "$a,$b"
lvremove -q --yes fast/backup
lvcreate -q --yes --type linear --extents 400 --name moved fast "$a"
(pvmove -q --interval 1 "$a" > /dev/null 2>&1 &)
sleep 2
record pvmove "$a,$b"
until ! lvs -a --noheadings -o lv_name fast | grep -q pvmove; do sleep 1; done
lvremove -q --yes fast/moved
pvmove -q "$b" > /dev/null 2>&1
lvcreate -q --yes --type thin-pool --extents 16 --name pool fast
lvcreate -q --yes --type thin --virtualsize 1G --thinpool pool --name thin-1 fast
record thin-pool "$a,$b"
vgcreate -q other "$c"
record two-groups "$a,$b,$c"
dd if="$c" of="$d" bs=1M count=8 status=none
record duplicate-device "$a,$b,$c,$d"
vgremove -q --yes --devices "$a,$b" fast
dd if=/dev/zero of="$d" bs=1M count=8 status=none
vgremove -q --yes --devices "$c" other
pvremove -q --yes "$a" "$b" "$c"
