# SPDX-License-Identifier: Apache-2.0
# What the tests of isolation share: a VMM that turns against its host (tests/vmm/compromised.c), and the programs
# that start VMs. Sourced after vmm_host.sh.
sysroot=$(lab/fetch.sh arm64-sysroot)
"$compiler" -static -Os -s -D_GNU_SOURCE -DBH_VERSION='"test"' -Wall -Wextra -Werror -Wl,--gc-sections \
	-isystem "$sysroot/include" -I. -Isrc -Itests -Dbh_sandbox_thread=bh_sandbox_confine -c -o "$work/thread.o" \
	src/vmm/sandbox/thread.c &&
	"$compiler" -static -Os -s -D_GNU_SOURCE -DBH_VERSION='"test"' -Wall -Wextra -Werror -Wl,--gc-sections \
		-isystem "$sysroot/include" -I. -Isrc -Itests -o "$work/board/compromised-vmm" tests/vmm/compromised.c \
		tests/vmm/attempts.c "$work/thread.o" src/vmm/main.c src/vmm/commands.c src/vmm/kvm/*.c \
		build-arm64/src/vmm/libvmm.a build-arm64/src/machine/libmachine.a build-arm64/src/base/libbase.a \
		-L"$sysroot/lib" -lfdt || skip_all "the VMM's test build cannot be made"
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/hostile" tests/lab/vmm/hostile.c \
	tests/host/hostile_client.c || skip_all "the hostile client cannot be built"
cp build-arm64/src/cmd/bulkhead tests/lab/isolate_board.sh "$work/board/"
