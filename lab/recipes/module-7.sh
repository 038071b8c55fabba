# SPDX-License-Identifier: Apache-2.0
# module-7: bulkhead.ko for the kernel of the recipe `root-7`, made by DKMS as a user's machine makes it. A warning fails
# it.
what="bulkhead.ko, built by DKMS for a 7.x kernel (half a minute)"
megabytes=50

variant() {
	fetch root-7
	cat "$lab"/../kernel/*.[ch] "$lab/../kernel/Kbuild" "$lab/../kernel/Makefile" "$lab/../kernel/dkms.conf"
}

build() {
	root=$(fetch root-7)
	release=$(cat "$root/release")
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$lab/../kernel/dkms.conf")
	# In /tmp, which the root shares.
	work=$(mktemp -d /tmp/bulkhead-dkms.XXXXXX)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/source/bulkhead-$version" "$work/tree"
	cp "$lab"/../kernel/*.[ch] "$lab/../kernel/Kbuild" "$lab/../kernel/Makefile" "$lab/../kernel/dkms.conf" \
		"$work/source/bulkhead-$version/"
	for step in add build; do
		"$root/run" dkms $step -m bulkhead -v "$version" -k "$release" -a aarch64 --dkmstree "$work/tree" \
			--sourcetree "$work/source" || {
			cat "$work"/tree/bulkhead/*/build/make.log 2>/dev/null
			return 1
		}
	done
	log=$(find "$work/tree" -name make.log | head -n 1)
	! grep -i 'warning:' "$log"
	found=$(find "$work/tree" -name 'bulkhead.ko*' ! -path '*/build/*' | head -n 1)
	case $found in
	*.xz) xz -dc "$found" >bulkhead.ko ;;
	*.zst) zstd -dqc "$found" >bulkhead.ko ;;
	*) cp "$found" bulkhead.ko ;;
	esac
	cp "$root/usr/src/linux-headers-$release/Module.symvers" . 2>/dev/null ||
		cp "$root/root/usr/src/linux-headers-$release/Module.symvers" .
	echo "$release" >release
}
