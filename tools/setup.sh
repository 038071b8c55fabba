#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of tools/packages.txt that are missing. The mirror is the machine's own.
set -eu
here=$(dirname "$0")

if ! command -v dpkg-query >/dev/null; then
	echo "setup: this is not a Debian system; install the equivalents of tools/packages.txt" >&2
	exit 1
fi
arch=$(dpkg --print-architecture)

missing=
while read -r name condition; do
	case $name in '' | '#'*) continue ;; esac
	[ -z "$condition" ] || [ "$condition" = "$arch" ] || continue
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
		missing="$missing $name"
done <"$here/packages.txt"
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "setup: these packages are missing, and there is neither root nor sudo to install them:" >&2
		echo "  apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi

echo "setup: installing with apt (one to three minutes):$missing"
$as_root apt-get update -q >/dev/null || {
	echo "setup: apt-get update failed: is the network up, and does sources.list name a mirror?" >&2
	exit 1
}
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
	>/dev/null || {
	echo "setup: apt-get install failed; run it by hand to see why:" >&2
	echo "  apt-get install$missing" >&2
	exit 1
}
