#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man.sh PRINTER PAGE [ARGUMENT]: what PRINTER writes is good scdoc and good roff, and names PAGE.
set -eu
command -v scdoc >/dev/null || {
	echo "scdoc is not installed"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printer=$1
page=$2
shift 2
"$printer" "$@" >"$work/page.scd"
scdoc <"$work/page.scd" >"$work/page"
grep -q "^\.TH \"$page\"" "$work/page"
! command -v groff >/dev/null || {
	groff -man -Tutf8 -ww "$work/page" >"$work/text" 2>"$work/warnings"
	cat "$work/warnings"
	[ ! -s "$work/warnings" ]
}
