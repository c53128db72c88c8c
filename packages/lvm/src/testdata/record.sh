#!/bin/bash
# Records what the real tools say that the agent reads: LVM, lsblk, wipefs, stat, find and the kernel. Run
# as root on a node with udev that may lose what is on the disks: four of at least 1 GiB, and one that is
# there and reads as empty.
#   record.sh DIRECTORY DISK DISK DISK DISK EMPTY [SUBJECT...]
# In a cluster of user-mode Linux nodes, record-in-cluster.sh does it all.
#
# The node has no mdadm, cryptsetup or multipathd: md-raid1.sh writes what mdadm would, a cipher and a
# multipath map are device-mapper's own, named as those two name theirs. So members of a multipath map have
# no FSTYPE mpath_member, which multipath's udev rules set. User-mode Linux has no disk with a transport
# (TRAN), and none that is known to rotate.
set -eu
subjects=("${@:7}")
[ $# -gt 6 ] || subjects=(lsblk block-tools fullreport words refusals)
for subject in "${subjects[@]}"; do
  "${0%/*}/record/$subject.sh" "${@:1:6}"
done
