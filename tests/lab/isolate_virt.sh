#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# VMs as `bulkhead start` starts them, on the board `virt`: what their VMMs can reach, and what a VMM can do that
# somebody has taken over.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh
. tests/lab/isolate_host.sh

guest virtio_blk virtio_mmio virtio_net virtio-rng
manifest app isolated name=app limits=400M,24 vcpus=2 disk=/tmp/disk disk=/tmp/disk,ro rng=1 net=vhost:tap0 vsock=5
manifest other small name=other
"$MKMANIFEST" "$work/board/missing" name=missing kernel=/lab/none

boot virt --memory 2G --cpu max,pauth-impdef=on
run_there virt isolate_virt_board.sh
