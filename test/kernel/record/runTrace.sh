# Sourced by init.sh: real drivers do I/O while the script of `dma-lens record-script` records.
ls /dev/vd* /dev/nvme* /dev/sd* 2>/dev/null
sh /record-dma.sh /tmp/trace.txt &
recorder=$!
while [ ! -e /tmp/trace.txt ]; do sleep 1; done
sleep 3
for disk in /dev/vda /dev/nvme0n1 /dev/sda; do
  [ -b $disk ] || continue
  dd if=$disk of=/dev/null bs=1M count=6 2>/dev/null
  dd if=/dev/zero of=$disk bs=64k count=40 2>/dev/null
  sync
done
if [ -e /sys/class/net/eth0 ]; then
  ifconfig eth0 10.0.2.15 up
  sleep 1
  ping -c 3 -s 1400 10.0.2.2 >/dev/null 2>&1
fi
wait $recorder || echo "the recorder failed"
section uname; uname -r >&3
section drivers
for one in /sys/bus/pci/devices/*; do
  [ -e $one/driver ] && echo "${one##*/} $(basename $(readlink $one/driver))" >&3
done
section leftovers; ls /sys/kernel/tracing/instances >&3
section trace; cat /tmp/trace.txt >&3
