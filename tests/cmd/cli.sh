#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli.sh BULKHEAD FOLDER: runs the command lines of FOLDER/*.txt and compares what they say. A file begins with the
# command line after "$ "; then comes what the program wrote on stdout and stderr, and how it ended. Files of the
# command line are looked up in FOLDER/files. With UPDATE=1 the files are written anew.
set -u
bulkhead=$(realpath "$1")
folder=$(realpath "$2")
cd "$folder/files" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0
PATH=$(dirname "$bulkhead"):$PATH
export NO_COLOR=1
unset TERM

for file in "$folder"/*.txt; do
	command=$(sed -n '1s/^\$ //p' "$file")
	count=$((count + 1))
	sh -c "$command" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	{
		echo "\$ $command"
		cat "$work/out"
		[ ! -s "$work/err" ] || {
			echo "-- stderr --"
			cat "$work/err"
		}
		echo "-- exit $code --"
	} >"$work/have"
	if [ "${UPDATE-}" ]; then
		cp "$work/have" "$file"
	elif ! diff -u "$file" "$work/have"; then
		failed=$((failed + 1))
	fi
done
echo "$count command lines, $failed differ"
[ "$failed" = 0 ] && [ "$count" -gt 0 ]
