# Sourced by init.sh: binds the probe to the edu device and runs /plan.
device=
for one in /sys/bus/pci/devices/*; do
  [ "$(cat $one/vendor):$(cat $one/device)" = 0x1234:0x11e8 ] && device=${one##*/}
done
if [ -f /first.sh ]; then . /first.sh; fi
insmod /dma_probe.ko
echo dma-probe >/sys/bus/pci/devices/$device/driver_override
echo $device >/sys/bus/pci/drivers_probe
section uname; uname -r >&3
section iomem; grep -i 'system ram' /proc/iomem >&3
section dmesg; dmesg | grep -E 'software IO TLB|root bus resource|iommu|DMAR|AMD-Vi' >&3
if [ -e /sys/bus/pci/devices/$device/iommu_group ]; then
  section domain; cat /sys/bus/pci/devices/$device/iommu_group/type >&3
  section reserved; cat /sys/bus/pci/devices/$device/iommu_group/reserved_regions >&3
fi
probe=/sys/kernel/debug/dma-probe/$device
[ -d $probe ] || { echo "the device was not bound"; cat /proc/modules; ls /sys/bus/virtio/devices /sys/bus/virtio/drivers/*; dmesg | tail -25; }
cat /plan >$probe/plan || echo "the plan was refused"
section recording; cat $probe/recording >&3
