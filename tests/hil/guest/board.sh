#!/bin/sh
# What a Raspberry Pi has and QEMU's board has not: its pins, its revision. And the way to the host.
set -eu
mkdir -p /hil
modprobe -a 9pnet_virtio 9p gpio-sim
mountpoint -q /hil || mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /hil
[ ! -e /hil/live-ca.pem ] || cmp -s /hil/live-ca.pem /etc/kiosk/live-ca.pem ||
  install -m 644 /hil/live-ca.pem /etc/kiosk/live-ca.pem || true # a read-only card has it already

if [ ! -e /proc/device-tree ]; then # which says it already
  { cat /proc/cpuinfo; printf 'Revision\t: c03115\nModel\t\t: Raspberry Pi 4 Model B Rev 1.5\n'; } >/run/hil-cpuinfo
  mount --bind /run/hil-cpuinfo /proc/cpuinfo
fi

mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
bank=/sys/kernel/config/gpio-sim/pi/bank0
mkdir -p $bank
echo 54 >$bank/num_lines
echo pinctrl-bcm2711 >$bank/label
for n in $(seq 2 27); do
  mkdir -p "$bank/line$n"
  echo "GPIO$n" >"$bank/line$n/name"
done
echo 1 >/sys/kernel/config/gpio-sim/pi/live
for line in /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio17; do echo pull-up >"$line/pull"; done
udevadm trigger --settle --subsystem-match=gpio
