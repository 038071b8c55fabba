# SPDX-License-Identifier: Apache-2.0
# What scripts that print TAP share; sourced. $work is the script's own folder.
checks=0

# skip_all REASON: nothing of this can be tested here.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# check NAME COMMAND...: passes when the command succeeds. What it printed is shown when it does not.
check() {
	name=$1
	shift
	checks=$((checks + 1))
	if ("$@") >"$work/check.out" 2>&1; then
		echo "ok $checks - $name"
	else
		echo "not ok $checks - $name"
		sed 's/^/# /' "$work/check.out"
	fi
}

finish() {
	echo "1..$checks"
	exit 0
}
