#!/bin/bash
# record/words.sh DIRECTORY DISK DISK DISK DISK: words/*.json, what LVM says when it refuses, or does less
# than it was asked for. See ../record.sh.
out=$1 a=$2 b=$3 c=$4 d=$5
. "${0%/*}/recording.sh"
. "${0%/*}/report-options.sh"
archive='--config=backup{retain_days=0 retain_min=20}'
words() { # NAME COMMAND ARGUMENT...
  record "words/$lvm_version-$1" lvm "${@:2}"
}
on_fast() { # NAME COMMAND ARGUMENT...
  words "$1" "$2" "--devices=$a,$b" "$archive" "${@:3}"
}
trap 'umount -q /mnt/1 || true' EXIT
mkdir -p /mnt/1
clear_disks "$a" "$b" "$c" "$d"

words version version
words unknown-option fullreport --no-such-option
words unknown-command no-such-command
words config-twice lvs --config=report/prefixes=0 --config=log/prefix=1
record "words/$util_linux_version-lsblk-unknown-option" lsblk --no-such-option
record "words/$util_linux_version-lsblk-unknown-column" lsblk --json --output=NAME,NO-SUCH
record "words/$util_linux_version-wipefs-unknown-option" wipefs --no-such-option "$a"

mkfs.ext4 -q -F "$c"
words vgcreate-signature vgcreate "--devices=$c" "$archive" fast "$c"
mount "$c" /mnt/1
words vgcreate-mounted vgcreate "--devices=$c" "$archive" fast "$c"
umount /mnt/1
clear_disks "$c"
partition gpt "$c" ',64M'
words vgcreate-partitioned vgcreate "--devices=$c" "$archive" fast "$c"
clear_disks "$c"
words vgcreate-missing vgcreate "--devices=/dev/missing" "$archive" fast /dev/missing
words vgs-missing-device vgs "--devices=$a,/dev/missing"
words vgcreate vgcreate "--devices=$a,$b" "$archive" --metadatasize=4m fast "$a" "$b"
words unknown-field fullreport --reportformat=json --configreport=vg --options=vg_name,no_such_field "--devices=$a"
words unknown-setting fullreport --reportformat=json '--config=report{no_such_setting=1}' "--devices=$a"
words pvs-all pvs --all --reportformat=json --options=pv_name,vg_name "--devices=$a,$c"
words vgcreate-again vgcreate "--devices=$a,$b,$c" "$archive" fast "$c"
words vgcreate-over-member vgcreate "--devices=$a,$b" "$archive" other "$a"
words group-not-found lvcreate "--devices=$a,$b" "$archive" --extents=1 --name=x no-such-group
fake_disks sector_size=4096
words vgcreate-mixed-sectors vgcreate "--devices=$c,${scsi[0]}" "$archive" other "$c" "${scsi[0]}"
words vgextend-mixed-sectors vgextend "--devices=$a,$b,${scsi[0]}" "$archive" fast "${scsi[0]}"
words vgextend-mixed-sectors-left fullreport "${options[@]}" "$pinned" "--devices=$c,${scsi[0]}"
wipefs --quiet --all "${scsi[0]}"
truncate --size=1M /run/backing-file
loop=$(losetup --find --show /run/backing-file)
words vgextend-too-small vgextend "--devices=$a,$b,$loop" "$archive" fast "$loop"
losetup --detach "$loop"
rm /run/backing-file

new=(--yes --type=linear --wipesignatures=y --zero=y)
on_fast lvcreate lvcreate "${new[@]}" --extents=4 --name=pvc-1 fast
on_fast lvcreate-again lvcreate "${new[@]}" --extents=4 --name=pvc-1 fast
on_fast lvcreate-no-room lvcreate "${new[@]}" --extents=10000 --name=pvc-2 fast
on_fast lvextend-no-room lvextend --extents=10000 fast/pvc-1
on_fast lvextend-same-size lvextend --extents=4 fast/pvc-1
on_fast lvremove-not-found lvremove --yes fast/no-such-volume
sleep 1000 </dev/fast/pvc-1 >/dev/null 2>&1 &
opener=$!
on_fast lvremove-open lvremove --yes fast/pvc-1
kill "$opener"
wait "$opener" || true
words lvcreate-device-missing lvcreate "--devices=$a" "$archive" "${new[@]}" --extents=1 --name=pvc-2 fast
on_fast vgreduce-in-use vgreduce fast "$a"
on_fast pvremove-in-use pvremove "$a"

on_fast lvcreate-snapshot lvcreate --snapshot --extents=2 --name=nightly fast/pvc-1
on_fast lvextend-origin lvextend --extents=8 fast/pvc-1
on_fast lvremove-origin-unasked lvremove fast/pvc-1
on_fast lvchange-deactivate-origin lvchange --activate=n fast/pvc-1
on_fast lvextend-origin-inactive lvextend --extents=8 fast/pvc-1
on_fast lvremove-origin lvremove --yes fast/pvc-1

on_fast lvcreate-2 lvcreate "${new[@]}" --extents=4 --name=pvc-1 fast
activate=(lvchange --activate=y --activationmode=complete fast/pvc-1)
lvchange -q --activate n fast/pvc-1
on_host volume-list 'activation/volume_list=["another"]'
on_fast activate-volume-list "${activate[@]}"
on_fast lvcreate-volume-list lvcreate "${new[@]}" --extents=4 --name=pvc-2 fast
on_usual_host
lvchange -q --setactivationskip y fast/pvc-1
on_fast activate-skipped "${activate[@]}"
lvchange -q --setactivationskip n fast/pvc-1
on_fast activate "${activate[@]}"
on_fast activate-again "${activate[@]}"

# A host that is read-only below /etc, with the settings that are to help there.
mkdir -p /etc/lvm/archive /etc/lvm/backup
around=(unshare --mount sh -c 'mount --bind /etc/lvm /etc/lvm && mount -o remount,bind,ro /etc/lvm && exec "$@"' sh)
read_only() { # NAME SETTINGS
  words "read-only-$1" lvcreate "--devices=$a,$b" "--config=$2" "${new[@]}" --extents=1 "--name=$1" fast
}
read_only as-today 'backup{retain_days=0 retain_min=20}'
read_only without-archive 'backup{archive=0 backup=0}'
read_only archive-only-off 'backup{archive=0}'
read_only archive-elsewhere 'backup{archive_dir="/run/lvm/archive" backup_dir="/run/lvm/backup" retain_days=0 retain_min=20}'
read_only archive-elsewhere-unquoted 'backup{archive_dir=/run/lvm/archive backup_dir=/run/lvm/backup}'
around=()

words lvmlockd-without-daemon lvcreate "--devices=$a,$b" '--config=global{use_lvmlockd=1}' "${new[@]}" --extents=1 --name=locked fast
words lvmlockd-fullreport fullreport "${options[@]}" '--config=global{use_lvmlockd=1}' "--devices=$a,$b"
of_another() { # NAME
  words "$1-vgs" vgs "--devices=$c"
  words "$1-fullreport" fullreport "${options[@]}" "$pinned" "--devices=$c"
  words "$1-lvcreate" lvcreate "--devices=$c" "$archive" "${new[@]}" --extents=1 --name=x "$2"
  words "$1-activate" lvchange "--devices=$c" "$archive" --activate=y "$2/data"
  words "$1-vgcreate-over" vgcreate "--devices=$c" "$archive" mine "$c"
  words "$1-vgcreate-name" vgcreate "--devices=$c,$d" "$archive" "$2" "$d"
  wipefs --quiet --all "$d"
  words "$1-pvremove" pvremove "--devices=$c" "$archive" "$c"
}
vgcreate -q other "$c"
vgchange -q --yes --systemid another-host other
of_another foreign-system-id other
clear_disks "$c" "$d"
shared_group sanlock "$c"
of_another lock-type-sanlock shared
clear_disks "$c" "$d"

# A host with a devices file, as an installer writes it for the disk that it installs on. What polls is a
# child of lvmpolld's, which is not told of --devices.
lvcreate -q --yes --type linear --extents 10 --name moved fast "$a"
on_fast pvmove-nothing-to-move pvmove --interval=1 "$b"
on_host devices-file devices/use_devicesfile=1 global/use_lvmpolld=1
cat >"$LVM_SYSTEM_DIR/devices/system.devices" <<'END'
VERSION=1.1.1
IDTYPE=sys_wwid IDNAME=naa.5000c500a1b2c3d4 DEVNAME=/dev/sdz2 PVID=kR2JW4mXc3vYp0aTq9uLh8sNe7dFb6Gz PART=2
END
words devices-file-vgs vgs
words devices-file-vgs-confined vgs "--devices=$a,$b"
words devices-file-vgs-switched-off vgs --devicesfile=
lvmpolld --foreground --log info --socket /run/recording-lvmpolld --pidfile /run/recording-lvmpolld.pid \
  >"$scratch/lvmpolld" 2>&1 &
daemon=$!
sleep 1
around=(env LVM_LVMPOLLD_SOCKET=/run/recording-lvmpolld)
on_fast pvmove-by-lvmpolld pvmove --interval=1 "$a"
around=()
kill "$daemon"
wait "$daemon" || true
sed 's/^[^ ]* *[^ ]* *\[[0-9]*\] *//' "$scratch/lvmpolld" >"$out/words/$lvm_version-lvmpolld.txt"
words pvmove-left-fullreport fullreport "${options[@]}" "$pinned" "--devices=$a,$b"
on_fast pvmove-left-lvextend lvextend --extents=12 fast/moved
on_fast pvmove-left-lvremove lvremove --yes fast/moved
own_polling='--config=backup{retain_days=0 retain_min=20} global{use_lvmpolld=0}'
words pvmove-left-vgs vgs "--devices=$a,$b"
words pvmove-goes-on pvmove "--devices=$a,$b" "$own_polling" --interval=1 "$a"
words pvmove-own-polling pvmove "--devices=$a,$b" "$own_polling" --interval=1 "$b"
on_usual_host
pvchange -q -x n "$b"
words pvmove-no-room pvmove "--devices=$a,$b" "$own_polling" --interval=1 "$a"
pvchange -q -x y "$b"
around=(env LVM_LVMPOLLD_SOCKET=/run/no-lvmpolld)
on_fast pvmove-without-lvmpolld pvmove --interval=1 "$a"
around=()
pvmove -q --config='global{use_lvmpolld=0}' >/dev/null 2>&1 || true

vgremove -q --yes fast
clear_disks "$a" "$b"
