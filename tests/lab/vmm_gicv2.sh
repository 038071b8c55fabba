#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A VM with a GICv2, on a board that has one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

guest virtio_blk virtio_mmio virtio_net virtio-rng
manifest mmio devices vcpus=4 gic=2 transport=mmio disk=/tmp/disk disk=/tmp/disk,ro rng=1 console=1 net=tap:tap0
boot virt --gic 2 --cpu cortex-a72 --memory 2G
run_there virt vmm_gicv2_board.sh
