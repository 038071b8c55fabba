#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sweep.sh BUILD RECIPE STEP: the planner on all trees of a kernel; the summary is golden for the release it was made
# with. dtc reads each STEP-th distinct guest tree as well.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=$("$here/../../lab/fetch.sh" "$2") || {
	echo "skipped: the trees of recipe $2 cannot be had"
	exit 77
}
release=$(cat "$folder/release")
golden=$here/planned-$release.txt
[ -f "$golden" ] || [ "${UPDATE-}" ] || {
	echo "the trees are of $release, for which there is no golden summary: outcomes are checked, numbers are not"
	golden=
}
command -v dtc >/dev/null && dtc=--dtc=$3 || {
	echo "dtc is not installed: it reads none of the guest trees"
	dtc=
}
exec "$build/tests/corpus/sweep" "$folder/dtbs" $golden $dtc
