#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A VM whose GPU and shared folder other processes serve, on the board `virt`: our GPU server and Debian's virtiofsd,
# started by the VM's launcher.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

tools/arm64_gpu.sh >"$work/gpu.out" 2>&1 || {
	sed 's/^/# /' "$work/gpu.out"
	skip_all "the GPU server cannot be built for arm64 here"
}
server=$(lab/fetch.sh virtiofsd 2>"$work/server.out") || {
	sed 's/^/# /' "$work/server.out"
	skip_all "virtiofsd is not here and cannot be fetched"
}
cp build-arm64/src/cmd/bulkhead build-arm64-gpu/src/gpu/server/bulkhead-gpu "$work/board/"
tar -C "$server/root" -cf "$work/board/virtiofsd.tar" .
guest virtio_blk virtio_mmio virtio-gpu
manifest app served name=app share=files,/tmp/shared gpu=1024x768

boot virt --memory 2G --cpu max,pauth-impdef=on
run_there virt isolate_backends_board.sh
