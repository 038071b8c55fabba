#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is refused before anything boots, and the cache. Nothing here needs a network: the mirror is one that does not
# answer.
. "$(dirname "$0")/lib.sh"
export BULKHEAD_MIRROR=http://127.0.0.1:9/debian

check "an unknown board is refused, and the nearest named" fails_with E0701 lab up vrit
suggests() {
	lab up vrit 2>&1 | grep 'did you mean virt'
}
check "the nearest board's name is suggested" suggests
check "a board that does not run is an error" fails_with E0703 lab exec virt -- true
check "a name that leads out of the run directory is no board" fails_with E0703 lab down ../../etc
check "too many CPUs are refused" fails_with E0711 lab up virt --cpus 100
check "a number of CPUs must be one" fails_with E0711 lab up virt --cpus two --memory 1G
check "too little memory is refused" fails_with E0711 lab up virt --memory 1M
check "a size must be one" fails_with E0711 lab up virt --memory much
check "an interrupt controller that is fixed cannot be chosen" fails_with E0711 lab up imx8mp-evk --gic 3
check "a CPU that is fixed cannot be chosen" fails_with E0711 lab up imx8mp-evk --cpu max
check "a disk where no slot is free is refused" fails_with E0711 lab up imx8mp-evk --disk "$0" --disk "$0"
check "a name that is no host's is refused" fails_with E0711 lab up virt --name 'a/b'
check "a disk that is not there is refused" fails_with E0709 lab up virt --disk "$work/absent"
check "usage errors exit with 2" exits 2 lab up virt --memory much
check "without a board to exec on the exit code is 255" exits 255 lab exec virt -- true

lists() {
	lab list | grep '^virt ' && lab list | grep '^imx8mp-evk ' && lab list --json | grep '"imx8mp-evk"'
}
check "list names the boards" lists

misplaced() {
	mkdir "$work/bin"
	cp "$BULKHEAD" "$work/bin/bulkhead"
	"$work/bin/bulkhead" lab up virt 2>"$work/err"
	[ $? = 1 ] && grep 'error\[E0705\]' "$work/err"
}
check "a program without its scripts says so" misplaced

# --- the cache ---
fetch() {
	BULKHEAD_CACHE="$work/cache" LAB_AGENT=/bin/true "$LAB/fetch.sh" "$@"
}

no_parts() {
	BULKHEAD_CACHE="$work/cache" lab up virt 2>"$work/err"
	[ $? = 1 ] && grep 'error\[E0704\]' "$work/err" && grep 'network' "$work/err"
}
check "without parts and without network, up says what to do" no_parts
check "what could not be fetched leaves no folder" sh -c '! ls -d "$1"/cache/*-*' sh "$work"
lists_recipes() {
	fetch --list | grep '^kernel '
}
check "recipes can be listed" lists_recipes
unknown() {
	! fetch no-such-recipe 2>"$work/err" && grep 'no recipe' "$work/err"
}
check "an unknown recipe is refused" unknown

# A recipe of our own, in a copy of the lab: it needs no network, and fails half-way when it is told to.
mkdir -p "$work/copy/tools"
cp -R "$LAB" "$work/copy/lab"
cp "$LAB/../tools/cache.sh" "$work/copy/tools/"
cat >"$work/copy/lab/recipes/sample.sh" <<'END'
what="a sample"
megabytes=1
build() {
	echo one >one
	test ! -e "$FAIL"
	echo two >two
}
END
sample() {
	BULKHEAD_CACHE="$work/cache" FAIL="$work/fail" "$work/copy/lab/fetch.sh" sample
}
fails_half_way() {
	: >"$work/fail"
	! sample && [ -z "$(find "$work/cache" -name one)" ]
}
check "a step that fails is not overlooked, and leaves nothing" fails_half_way
completes() {
	rm -f "$work/fail"
	mkdir -p "$work/cache/.sample.partial"
	echo rubbish >"$work/cache/.sample.partial/rubbish"
	folder=$(sample) && [ "$(ls "$folder" | tr '\n' ' ')" = "one two " ]
}
check "what an interrupted run left is not used" completes
again() {
	folder=$(sample)
	echo kept >"$folder/three"
	[ "$(sample)" = "$folder" ] && [ -f "$folder/three" ]
}
check "what is complete is not built again" again
another() {
	folder=$(sample)
	echo '# changed' >>"$work/copy/lab/recipes/sample.sh"
	[ "$(sample)" != "$folder" ]
}
check "a changed recipe gives another folder" another
at_once() {
	echo '# again' >>"$work/copy/lab/recipes/sample.sh"
	sample >"$work/first" &
	sample >"$work/second"
	wait $! && cmp "$work/first" "$work/second" && [ -f "$(cat "$work/first")/two" ]
}
check "two at once build one" at_once
no_space() {
	sed -i 's/^megabytes=.*/megabytes=999999999/' "$work/copy/lab/recipes/sample.sh"
	! sample 2>"$work/err" && grep 'free some space' "$work/err"
}
check "too little room on the disk is said before anything is fetched" no_space
unwritable() {
	! BULKHEAD_CACHE=/proc/cache "$work/copy/lab/fetch.sh" sample 2>"$work/err" && grep BULKHEAD_CACHE "$work/err"
}
check "a cache that cannot be written is an error" unwritable

# --- what needs the parts, but no boot ---
unset BULKHEAD_MIRROR
bad_tree() {
	echo nonsense >"$work/nonsense.dtb"
	lab up virt --dtb "$work/nonsense.dtb" 2>"$work/err"
	code=$?
	! grep -q 'error\[E0704\]' "$work/err" || { echo "no parts here"; return 0; }
	[ $code = 1 ] && grep 'error\[E0710\]' "$work/err" && [ -z "$(lab status 2>/dev/null)" ]
}
check "a file that is no device tree is refused" bad_tree
no_run_directory() {
	XDG_RUNTIME_DIR=/proc/none lab up virt 2>"$work/err"
	grep -q 'error\[E0704\]' "$work/err" || grep 'error\[E0712\]' "$work/err"
}
check "a run directory that cannot be made is an error" no_run_directory
finish
