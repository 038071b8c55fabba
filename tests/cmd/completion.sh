#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# completion.sh BULKHEAD SHELL: the shell accepts its completion script, and offers what it should.
set -eu
shell=$2
command -v "$shell" >/dev/null || {
	echo "$shell is not installed"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" completion "$shell" >"$work/script"
[ -s "$work/script" ]
"$shell" -n "$work/script"
"$shell" "$(dirname "$0")/completion.$shell" "$1"
