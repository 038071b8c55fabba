#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# codes.sh TOP: every error code of the sources has a page, every page has a code, and every code is provoked by a
# test (its tests name it).
set -u
cd "$1" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -rhoE --include='*.[ch]' '"E[0-9]{4}' src lab | tr -d '"' | sort -u >"$work/used"
find docs/errors -name 'E*.md' -exec basename {} .md \; | sort >"$work/pages"
grep -rhoE '\bE[0-9]{4}\b' tests | sort -u >"$work/tested"
failed=0

# complain TEXT: each line of stdin is a code.
complain() {
	while read -r code; do
		echo "$code $1"
		failed=1
	done
	return $failed
}

comm -23 "$work/used" "$work/pages" | complain "is used, and docs/errors/ has no page for it" || failed=1
comm -13 "$work/used" "$work/pages" | complain "has a page, and nothing uses it" || failed=1
comm -23 "$work/used" "$work/tested" | complain "is named by no test" || failed=1
for page in docs/errors/E*.md; do
	code=$(basename "$page" .md)
	grep -q "^# $code: [^.]*$" "$page" || {
		echo "$page does not begin with \"# $code: title\""
		failed=1
	}
	[ "$(sed -n 2p "$page")" = "" ] && [ "$(wc -l <"$page")" -gt 2 ] || {
		echo "$page says nothing below its title"
		failed=1
	}
done
exit $failed
