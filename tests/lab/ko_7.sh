#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel module for a 7.x kernel, as DKMS makes it from the sources. It is not loaded: no board boots that kernel.
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/../.." || exit 1
made=$(lab/fetch.sh module-7 2>"$work/made.err") || {
	sed 's/^/# /' "$work/made.err"
	skip_all "the module cannot be built for a 7.x kernel here"
}
module=$made/bulkhead.ko
release=$(cat "$made/release")

# field NAME: of the module's own description.
field() {
	strings -a "$module" | sed -n "s/^$1=//p" | head -n 1
}

says_its_kernel() {
	field vermagic
	case $(field vermagic) in "$release "*aarch64*) ;; *) return 1 ;; esac
}

# What the module takes from the kernel, that kernel gives to GPL modules.
symbols_are_there() {
	aarch64-linux-gnu-nm -u "$module" | awk '{ print $2 }' | sort >"$work/wanted"
	awk '{ print $2 }' "$made/Module.symvers" | sort >"$work/given"
	comm -23 "$work/wanted" "$work/given" >"$work/missing"
	cat "$work/missing"
	[ -s "$work/wanted" ] && [ ! -s "$work/missing" ]
}
echo "# $release"
check "it says which kernel it is for" says_its_kernel
check "it is under the GPL" [ "$(field license)" = GPL ]
check "its version is the interface's" [ "$(field version)" = "$(sed -n 's/^#define BULKHEAD_UAPI_VERSION //p' kernel/bulkhead.h)" ]
check "every symbol it takes is exported" symbols_are_there
finish
