#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vmm_gicv2.sh BUILD: a VM on a board with a GICv2.
cd "$(dirname "$0")/../.."
. tests/lab/vmm_host.sh

guest board/guest.cpio virtio_blk virtio_mmio virtio_net virtio-rng
manifest mmio devices vcpus=4 gic=2 transport=mmio disk=/tmp/disk disk=/tmp/disk,ro rng=1 console=1 net=tap:tap0
run_board vmm_gicv2_board.sh virt --gic 2 --cpu cortex-a72 --memory 2G
