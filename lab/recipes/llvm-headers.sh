# SPDX-License-Identifier: Apache-2.0
# llvm-headers: the C headers of each LLVM that Debian 12 and 13 have, one folder a version.
what="headers of LLVM 14 to 19 and later (200 MB fetched, half a minute)"
megabytes=3000

build() {
	for suite in bookworm trixie; do
		apt_begin "$(native_arch)" $suite
		for version in 14 15 16 17 18 19 20 21 22; do
			[ ! -d "$version" ] || continue
			private_apt cache show "llvm-$version-dev" >/dev/null 2>&1 || continue
			unpack root "llvm-$version-dev"
			mkdir "$version"
			mv "root/usr/include/llvm-c-$version/llvm-c" "root/usr/include/llvm-$version/llvm" "$version/" ||
				die "llvm-$version-dev has no headers" "is the mirror complete? run it again"
			rm -rf root
		done
	done
	# What the C headers include; the rest is C++.
	find . -path '*/llvm/*' -type f ! -path '*/llvm/Config/*' -delete
	test -d 14 && test -d 19
}
