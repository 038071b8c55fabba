#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# VMs of every shape on the board `virt`, judged by what their guests did.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

guest virtio_blk virtio_mmio virtio_net virtio-rng vmw_vsock_virtio_transport sbsa_gwdt
disks="disk=/tmp/disk disk=/tmp/disk,ro"
manifest pci devices vcpus=4 $disks rng=1 console=1 net=vhost:tap0,4 vsock=5 shared=yes
manifest mmio devices vcpus=4 transport=mmio $disks rng=1 console=1 net=tap:tap0 vsock=5 direct=vm-big@0xa0000000
manifest broken small disk=/tmp/disk
manifest panic panic
manifest board board rtc=9010000.pl031 scmi=73010000.test consume=yes gpio=9030000.pl061 host-cpus=1
manifest watchdog watchdog watchdog=yes
manifest gicv2 small gic=2
manifest nokernel small kernel=/lab/none
manifest far small direct=far@0x1000000000000000
manifest moved small memory=4M direct=vm-named@0x72000000
manifest reserved small scmi=73010000.test scmi-call=0x80000000
manifest many small vcpus=16
manifest elsewhere small host-cpus=0,500

lab dtb virt "$work/virt.dtb"
iommu=$(fdtget -t x "$work/virt.dtb" /smmuv3@9050000 phandle)
sed "s/@IOMMU@/0x$iommu/" tests/lab/ko_virt.dtso | dtc -q -I dts -O dtb -o "$work/ko.dtbo" -
boot virt --memory 2G --cpu max,pauth-impdef=on --overlay "$work/ko.dtbo"
run_there virt vmm_virt_board.sh
