#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# units.sh BULKHEAD FOLDER: systemd finds nothing to say about the units in FOLDER.
set -eu
bulkhead=$(realpath "$1")
folder=$(realpath "$2")
command -v systemd-analyze >/dev/null || {
	echo "skipped: systemd-analyze is not installed"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The program where it is now; a VM of the template.
for unit in "$folder"/bulkhead*.service "$folder"/bulkhead.target; do
	sed "s|^\(Exec[A-Za-z]*=-\{0,1\}\)[^ ]*/bulkhead |\1$bulkhead |" "$unit" >"$work/$(basename "$unit")"
done
cp "$work/bulkhead@.service" "$work/bulkhead@net.service"
cd "$work"
SYSTEMD_UNIT_PATH="$work:" systemd-analyze --man=no verify ./bulkhead.target ./bulkhead-plan.service ./bulkhead@net.service >said 2>&1 || {
	cat said
	# Inside a container there may be no systemd to ask.
	! grep -qE 'Failed to (initialize manager|setup)|Permission denied' said || exit 77
	exit 1
}
if grep bulkhead said; then
	exit 1
fi
# What the units say exists.
for verb in "apply --no-start" "apply --down" "start --wait"; do
	"$bulkhead" ${verb%% *} --help | grep -q -- "${verb##* }" || {
		echo "there is no $verb"
		exit 1
	}
done
