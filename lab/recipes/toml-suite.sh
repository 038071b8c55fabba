# SPDX-License-Identifier: Apache-2.0
# toml-suite: TOML's public conformance suite, as a Debian package of a Go library carries it.
what="TOML's public conformance suite (1 MB, a few seconds)"
megabytes=20

build() {
	apt_begin "$(native_arch)" trixie
	unpack root golang-github-burntsushi-toml-dev
	mv "$(find root -type d -path '*/toml-test/tests')" tests
	rm -rf root
	test -f tests/valid/array/array.toml
}
