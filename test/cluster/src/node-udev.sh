# What node-init.sh reads on a host with udev: systemd's udevd alone, and what LVM needs beside it.

mkdir -p /run/udev/rules.d /run/lvm
cp "$own/60-ubd.rules" /run/udev/rules.d/
need /lib/systemd/systemd-udevd --daemon
# As systemd-udev-trigger.service does; a node has no other devices that rules would do anything for.
udevadm trigger --subsystem-match=block --action=add
need udevadm settle

# Hosts have systemd listen on lvmpolld's socket and start it at the first connection. Without
# systemd, it listens itself from the start: LVM's commands cannot tell.
while :; do
  lvmpolld --foreground --log debug >>"$own/lvmpolld.log" 2>&1
  echo "node-init: lvmpolld ended with $?" >>"$own/lvmpolld.log"
  sleep 1
done &
