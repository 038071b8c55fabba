# SPDX-License-Identifier: Apache-2.0
# For tests that use emulated boards, sourced by them. Each check is one line of TAP; its name is the behaviour.
#
#   . "$(dirname "$0")/lib.sh"
#   boot virt
#   check "a command's exit code comes through" exits 7 lab exec virt -- sh -c 'exit 7'
#   finish
#
# BULKHEAD is the program under test. Boards started here are stopped at the end, however that comes.
set -u
: "${BULKHEAD:?is not set: run this through meson test}"
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work/run"
mkdir -m 700 "$XDG_RUNTIME_DIR"
. "$(dirname "$0")/../tap.sh"

lab() {
	"$BULKHEAD" lab "$@"
}

clean_up() {
	lab down --all 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# boot BOARD [OPTION...]: `lab up`, or the end of the test. Where the lab's parts are neither cached nor can be
# fetched, the test is skipped.
boot() {
	if ! lab up "$@" 2>"$work/boot.err"; then
		sed 's/^/# /' "$work/boot.err"
		! grep -q 'error\[E0704\]' "$work/boot.err" || skip_all "the lab's parts are not here and cannot be fetched"
		echo "Bail out! $1 did not boot"
		exit 1
	fi
	sed 's/^/# /' "$work/boot.err"
}

# exits CODE COMMAND...
exits() {
	wanted=$1
	shift
	"$@"
	code=$?
	echo "exit code $code"
	[ $code = "$wanted" ]
}

# prints TEXT COMMAND...: its standard output is this text.
prints() {
	wanted=$1
	shift
	got=$("$@") || return 1
	echo "printed: $got"
	[ "$got" = "$wanted" ]
}

# fails_with CODE COMMAND...: an error of this code, on stderr, and no success.
fails_with() {
	wanted=$1
	shift
	! "$@" 2>"$work/error.txt" || return 1
	cat "$work/error.txt"
	grep -q "error\[$wanted\]" "$work/error.txt"
}

# await PID COMMAND...: until it succeeds. Fails when the process PID, which is to bring it about, ends before.
await() {
	awaited=$1
	shift
	until "$@"; do
		kill -0 "$awaited" 2>/dev/null || "$@" || return 1
		sleep 0.05
	done
}

# ends PID: waits for the end of a process that is not ours to wait for; one that nobody collects has ended too.
ends() {
	while grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; do
		sleep 0.05
	done
}

# status_of NAME FIELD: of `lab status --json`.
status_of() {
	lab status --json | tr -d '\n ' | tr '{' '\n' | sed -n "/\"name\":\"$1\"/s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# has_no_rights PID: on the board, which `there` reaches: a VMM with a user of its own, without capabilities or new
# privileges, behind a filter.
has_no_rights() {
	there "cat /proc/$1/status" | awk '{ print } $1 == "Uid:" && $2 >= 1879048192 { n++ } $1 == "NoNewPrivs:" && $2 == 1 { n++ }
		$1 ~ /^Cap(Prm|Eff|Bnd|Amb):/ && $2 ~ /^0*$/ { n++ } $1 == "Seccomp:" && $2 == 2 { n++ } END { exit n != 7 }'
}
