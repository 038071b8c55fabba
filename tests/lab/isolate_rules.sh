#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which rules of their filters the lives of three VMs use, on the board `virt`: each rule that is used is one whose absence
# would have ended the VMM.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh
. tests/lab/isolate_host.sh

guest virtio_blk virtio_mmio virtio_net virtio-rng virtio_balloon
manifest app isolated name=app limits=400M,24 vcpus=2 disk=/tmp/disk disk=/tmp/disk,ro rng=1 net=vhost:tap0 vsock=5 \
	balloon=64M
manifest plain isolated name=plain vcpus=2 transport=mmio disk=/tmp/disk disk=/tmp/disk,ro rng=1 net=tap:tap1
bare odd.image o || skip_all "the bare guest cannot be built"
"$MKMANIFEST" "$work/board/odd" memory=16M kernel=fd:7 transport=mmio disk=fd:8

boot virt --memory 2G --cpu max,pauth-impdef=on
run_there virt isolate_rules_board.sh
