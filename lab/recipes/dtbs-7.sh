# SPDX-License-Identifier: Apache-2.0
# dtbs-7: the device trees of the newest arm64 kernel in Debian 13's backports, for the corpus: about 1650 boards, with
# Tegra 234, which 6.12's do not have.
what="the device trees of Debian's 7.x arm64 kernel (10 MB fetched, a few seconds)"
megabytes=300

build() {
	apt_begin arm64 trixie-backports
	package=$(depends_on linux-image-arm64 '^linux-image-[0-9]')
	release=${package#linux-image-}
	unpack root "linux-base-$release"
	mv "$(dirname "$(find root -type d -name nvidia | head -n 1)")" dtbs
	rm -rf root
	echo "$release" >release
	test -s dtbs/nvidia/tegra234-p3737-0000+p3701-0000.dtb
}
