#!/bin/bash
# Has a disk known in the node, or takes it away:
#   node-disk.sh in|out DEVICE LINK [IMAGE BYTES SERIAL]
# A disk with an IMAGE is none of the kernel's ubd, which knows sectors of 512 bytes alone: LIO serves
# the file, which lies on the host, as a SCSI disk with sectors of 4096 bytes. Its write cache is the
# node's memory: as with ubd, what was not flushed is lost in a power cut, and all else is there.
set -u
action=$1 device=$2 link=$3 image=${4-} bytes=${5-} serial=${6-}
name=${device#/dev/}
target=/sys/kernel/config/target
backstore=$target/core/fileio_0/$name
# A world-wide name of LIO's for each end of the loop; only the last digits are ours.
number=$(printf '%d' "'${name#sd}")
loopback=$target/loopback/naa.60014050000$(printf '%05d' "$number")
lun=$loopback/tpgt_1/lun/lun_0

fail() {
  echo "node-disk: $device: $*" >&2
  exit 1
}

serve() {
  modprobe -aq configfs sd_mod target_core_mod target_core_file tcm_loop
  mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
  mkdir -p "$backstore" "$loopback/tpgt_1" ||
    fail "this kernel has no LIO (target_core_file, tcm_loop), which sectors of 4096 bytes take"
  echo "fd_dev_name=$image,fd_dev_size=$bytes,fd_buffered_io=1" >"$backstore/control"
  echo 1 >"$backstore/enable"
  echo 4096 >"$backstore/attrib/block_size"
  echo "$serial" >"$backstore/wwn/vpd_unit_serial"
  echo "naa.60014050001$(printf '%05d' "$number")" >"$loopback/tpgt_1/nexus"
  mkdir -p "$lun"
  ln -s "$backstore" "$lun/$name" || fail "LIO does not serve $image"
  for _ in {1..100}; do
    [ -b "$device" ] && return
    sleep 0.1
  done
  fail "LIO's disk did not come; there are $(echo /dev/sd*)"
}

withdraw() {
  # As the kernel refuses it of ubd: an exclusive open fails while a file system or LVM has it.
  perl -MFcntl -e 'sysopen(my $disk, $ARGV[0], O_RDONLY | O_EXCL) or exit 1' "$device" ||
    fail "it is in use"
  rm "$lun/$name"
  rmdir "$lun" "$loopback/tpgt_1" "$loopback" "$backstore"
}

# Without udev, what its rules would have named.
each_link() {
  ln -sfn "../../$name" "$link"
  for partition in /sys/class/block/"$name"/"$name"*; do
    [ -e "$partition" ] || continue
    number=${partition##*"$name"}
    ln -sfn "../../$name$number" "$link-part$number"
  done
}

case $action in
  in)
    [ -z "$image" ] || serve
    if [ "$stowage_host" = plain ]; then each_link; else udevadm settle; fi
    ;;
  out)
    [ -z "$image" ] || withdraw
    if [ "$stowage_host" = plain ]; then rm -f "$link" "$link"-part*; else udevadm settle; fi
    ;;
esac
