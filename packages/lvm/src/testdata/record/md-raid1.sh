#!/bin/bash
# md-raid1.sh start DISK DISK | stop: an array as of mdadm(8), which the node lacks. The superblocks are
# of format 1.2 (Linux: include/uapi/linux/raid/md_p.h), the array is put together through sysfs.
set -euo pipefail
array=/sys/block/md0/md
if [ "$1" = stop ]; then
  echo clear >$array/array_state
  exit
fi
modprobe raid1
[ -e $array ] || echo md0 >/sys/module/md_mod/parameters/new_array
echo 1.2 >$array/metadata_version
role=0
for disk in "$2" "$3"; do
  perl -e '
    my ($role, $sectors) = @ARGV;
    my $data = 2048;
    my $block = pack("V4 a16 a32 Q V2 Q V2 x4 V Q V4 Q3 Q V2 a16 C2 v V Q3 V V x32 v2",
      0xa92b4efc, 1, 0, 0, "0123456789abcdef", "n1:0", time, 1, 0, $sectors - $data, 0, 2,
      0, 0, 0, 0, 0, 0, $data, $sectors - $data, 8, 0, $role, 0, "device--uuid---$role", 0, 0, 0, 0, time, 1,
      0xffffffffffffffff, 0, 2, 0, 1);
    my $sum = 0;
    $sum += $_ for unpack("V*", $block);
    substr($block, 216, 4) = pack("V", ($sum & 0xffffffff) + ($sum >> 32));
    print $block' "$role" "$(blockdev --getsz "$disk")" | dd of="$disk" bs=4096 seek=1 conv=notrunc,fsync status=none
  stat --format=%Hr:%Lr "$disk" >$array/new_dev
  role=$((role + 1))
done
echo active >$array/array_state
