#!/bin/sh
# The shop's access point: one of two simulated radios, in a network of its own, bridged to the
# only cable out of the machine. "up" and "down" switch it.
set -eu
conf=/run/hil-hostapd.conf pid=/run/hil-hostapd.pid

radios() {
  modprobe -a mac80211_hwsim 8139cp # eth0 as well, which udev may come to later
  ip netns add ap
  iw phy "$(basename "$(readlink -f /sys/class/net/wlan1/phy80211)")" set netns name ap
  ip link set eth0 netns ap
  ip netns exec ap sh -eu <<'AP'
ip link set lo up
ip link add br0 type bridge
ip link set eth0 master br0
ip link set eth0 up
ip link set br0 up
AP
  cat >$conf <<'CONF'
interface=wlan1
bridge=br0
driver=nl80211
ssid=shop
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=a shop of its own
CONF
}

case $1 in
  start)
    radios
    [ -e /hil/air-off ] || "$0" up
    ;;
  up) ip netns exec ap hostapd -B -P $pid -f /run/hil-hostapd.log $conf ;;
  down) [ ! -e $pid ] || kill "${2:--TERM}" "$(cat $pid)" ;;
esac
