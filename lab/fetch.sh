#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fetch.sh --list: what can be fetched. fetch.sh NAME...: makes each complete in the cache and prints its folder,
# one a line, on stdout. Progress goes to stderr. Safe to interrupt and to run twice at once: a folder is built
# under another name and renamed when it is whole.
#
# A recipe is one file, recipes/NAME.sh. It sets
#   what   one line: what it is, how long it takes the first time
#   megabytes   the room it needs while it is built
# and defines `build`, which fills the folder it is started in, with the functions of apt.sh. It may define `variant`,
# which prints what else its content depends on.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
cache=$("$lab/../tools/cache.sh" path)
. "$lab/apt.sh"

say() {
	echo "lab: $*" >&2
}

# die MESSAGE NEXT-STEP
die() {
	echo "lab: $1" >&2
	echo "lab: $2" >&2
	exit 1
}

load_recipe() {
	[ -f "$lab/recipes/$1.sh" ] || die "there is no recipe \"$1\"" "fetch.sh --list shows them"
	variant() {
		:
	}
	. "$lab/recipes/$1.sh"
}

# The recipe's text, what it includes and its variant decide the folder's name: another recipe, another folder.
folder_of() {
	sum=$({
		cat "$lab/recipes/$1.sh"
		uname -m
		variant
	} | sha256sum | cut -c1-12)
	echo "$cache/$1-$sum"
}

free_megabytes() {
	df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'
}

build_recipe() {
	name=$1 folder=$2
	have=$(free_megabytes "$cache")
	[ "$have" -ge "$megabytes" ] || die "$name needs $megabytes MB in $cache, and $have MB are free" \
		"free some space, or set BULKHEAD_CACHE to a folder on a larger disk"
	say "$name: $what"
	work=$cache/.$name.partial
	rm -rf "$work"
	mkdir "$work"
	# Not in a condition: there the shell would ignore that a step of it failed.
	set +e
	(
		set -e
		cd "$work"
		build >&2
	)
	built=$?
	set -e
	[ $built = 0 ] || {
		rm -rf "$work"
		die "$name could not be made" "see the message above; run it again when its cause is gone"
	}
	sync -f "$work"
	mv "$work" "$folder"
	# Of other clones and earlier versions; one that is in use was touched.
	find "$cache" -maxdepth 1 -type d -name "$name-????????????" -mtime +30 -exec rm -rf {} +
}

# fetch NAME...
fetch() {
	for name; do
		fetch_one "$name"
	done
}

fetch_one() (
	load_recipe "$1"
	folder=$(folder_of "$1")
	if [ ! -d "$folder" ]; then
		mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] ||
			die "the cache $cache cannot be written" "set BULKHEAD_CACHE to a folder that can"
		# One at a time; whoever waited finds the work done.
		exec 9>"$cache/.$1.lock"
		flock -n 9 || {
			say "$1: another process is fetching it; waiting"
			flock 9
		}
		[ -d "$folder" ] || build_recipe "$1" "$folder"
	fi
	touch -c "$folder" 2>/dev/null || true
	echo "$folder"
)

case ${1---help} in
--list)
	for recipe in "$lab"/recipes/*.sh; do
		name=$(basename "$recipe" .sh)
		(
			. "$recipe"
			printf '%-14s %s\n' "$name" "$what"
		)
	done
	;;
-*)
	echo "usage: fetch.sh --list | fetch.sh NAME..." >&2
	exit 2
	;;
*)
	fetch "$@"
	;;
esac
