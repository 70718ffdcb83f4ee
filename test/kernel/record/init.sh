#!/bin/busybox sh
# The only program of the guest: runs the plan, prints what the host needs to the second serial port, and powers off.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /tmp
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev
$busybox mount -t debugfs debugfs /sys/kernel/debug
$busybox mount -t tracefs tracefs /sys/kernel/tracing
$busybox --install -s /bin
export PATH=/bin
exec 3>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo 2>/dev/null
section() { echo "@$1" >&3; }

for module in $(cat /modules.list); do
  insmod "/modules/$module" || echo "cannot load $module"
done
sleep 1
. /run.sh
section end
sync
poweroff -f
