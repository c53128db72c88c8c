# What node-init.sh reads on a host with udev: systemd's udevd alone, and what LVM needs beside it.

mkdir -p /run/udev/rules.d /run/lvm
cp "$own/60-ubd.rules" /run/udev/rules.d/
# As systemd-udev-trigger.service does; a node has no other devices that rules would do anything for.
trigger() {
  until udevadm control --ping --timeout=10 2>/dev/null; do sleep 0.1; done
  udevadm trigger --subsystem-match=block --action=add
}

# As under systemd, udevd is started again when it ends. systemd holds udevd's sockets meanwhile, and no
# event is lost. Here events are lost: they are made again, and LVM's commands that wait for one are let go.
while :; do
  /lib/systemd/systemd-udevd >>"$own/udevd.log" 2>&1
  echo "node-init: udevd ended with $?" >>"$own/udevd.log"
  sleep 1
  { trigger; dmsetup --yes udevcomplete_all; } >>"$own/udevd.log" 2>&1 &
done &
trigger
need udevadm settle

# Hosts have systemd listen on lvmpolld's socket and start it at the first connection. Without
# systemd, it listens itself from the start: LVM's commands cannot tell.
while :; do
  lvmpolld --foreground --log debug >>"$own/lvmpolld.log" 2>&1
  echo "node-init: lvmpolld ended with $?" >>"$own/lvmpolld.log"
  sleep 1
done &
