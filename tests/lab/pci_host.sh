# SPDX-License-Identifier: Apache-2.0
# What the lab tests of PCI functions share: programs for the board, and a guest. Sourced after lib.sh; leaves the
# sources' root as the current folder and what goes to the board in $work/board.
cd "$(dirname "$0")/../.." || exit 1

case $(uname -m) in
aarch64) compiler=gcc ;;
*) compiler=aarch64-linux-gnu-gcc ;;
esac
command -v "$compiler" >/dev/null || skip_all "$compiler is not installed"
tools/arm64.sh >"$work/arm64.log" 2>&1 || {
	sed 's/^/# /' "$work/arm64.log"
	skip_all "programs for boards cannot be built here"
}
base=$(lab/fetch.sh pci-guest 2>"$work/guest.err") || {
	sed 's/^/# /' "$work/guest.err"
	skip_all "the guest cannot be built here"
}
mkdir -p "$work/board" "$work/programs/bin"
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm tests/lab/ko_board.sh tests/lab/pci_board.sh "$work/board/"

# for_board FOLDER NAME...: programs of tests/lab/pci.
for_board() {
	folder=$1
	shift
	for program; do
		"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$folder/$program" "tests/lab/pci/$program.c"
	done
}

for_host() {
	for program; do
		cc -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/$program" "tests/lab/pci/$program.c"
	done
}

# guest PROGRAM...: the initial RAM disk with these programs in it.
guest() {
	for_board "$work/programs/bin" "$@"
	{
		cat "$base/pci-guest.cpio"
		(cd "$work/programs" && find . | cpio --quiet -o -H newc)
	} >"$work/board/pci-guest.cpio"
}

# plan VM KEY=VALUE...: a manifest, as a plan would leave it.
plan() {
	vm=$1
	shift
	mkdir -p "$work/board"
	"$MKMANIFEST" "$work/board/$vm.manifest" "name=$vm" kernel=/lab/Image initrd=/tmp/pci-guest.cpio "$@"
}

# with DEVICE...: options of `lab up` that add devices to the board.
with() {
	for device; do
		printf '%s\n' --qemu-arg -device --qemu-arg "$device"
	done
}

there() {
	lab exec virt sh -c "cd /tmp && PATH=/tmp:\$PATH && $1"
}

# run_there SCRIPT: on the board, which prints one line of TAP a behaviour.
run_there() {
	cp "tests/lab/$1" "$work/board/"
	lab push virt "$work"/board/* /tmp 2>"$work/push.err" || {
		sed 's/^/# /' "$work/push.err"
		echo "Bail out! the board takes no files"
		exit 1
	}
	lab exec virt sh "/tmp/$1" 2>&1
}
