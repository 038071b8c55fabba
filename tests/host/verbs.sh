#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verbs.sh BULKHEAD FAKE_VMM MAKE_MANIFEST: the verbs about running VMs, with a stand-in for the VMM.
set -u
bulkhead=$(realpath "$1") make_manifest=$(realpath "$3")
BULKHEAD_VMM=$(realpath "$2")
# The stand-in takes clients itself, and there may be no /dev/kvm here to open.
export BULKHEAD_VMM BULKHEAD_ISOLATION=off
work=$(mktemp -d)
export BULKHEAD_RUN="$work/run"
trap '"$bulkhead" stop net 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
checks=0

check() {
	name=$1
	shift
	checks=$((checks + 1))
	if ("$@") >check.out 2>&1; then
		echo "ok $checks - $name"
	else
		echo "not ok $checks - $name"
		sed 's/^/# /' check.out
	fi
}

# fails_with CODE VERB...
fails_with() {
	wanted=$1
	shift
	"$bulkhead" "$@" >said 2>&1 </dev/null
	code=$?
	cat said
	[ $code = 1 ] && grep -q "$wanted" said
}

# says TEXT VERB...
says() {
	wanted=$1
	shift
	"$bulkhead" "$@" >said 2>&1 </dev/null || {
		cat said
		return 1
	}
	cat said
	grep -q "$wanted" said
}

"$make_manifest" net runs >manifest
check "nothing runs" says 'no VM runs' status
check "a VM without a manifest is not started" fails_with E1119 start net
check "a manifest of another VM is not taken" fails_with E1119 start other --manifest manifest
check "a VM that does not run cannot be paused" fails_with E1111 pause net
check "a VM that does not run has no console" fails_with E1111 console net
check "a VM that does not run has no log" fails_with E1111 log net
check "a VM is started" "$bulkhead" start net -m manifest
check "it is not started twice" fails_with 'E1110' start net --json -m manifest
check "status shows it" says '^net *running' status
check "status counts what it was refused" says 'refused   3 SCMI calls' status net
check "status names its devices" says 'device    30be0000.ethernet' status
check "status as JSON" says '"state": "running"' status --json
check "a name like it is suggested" fails_with 'did you mean net' status nte
check "it is paused" "$bulkhead" pause net
check "status shows that" says '^net *paused' status
check "it is resumed" says '"ok": true' resume net --json
check "its machine is shown" says 'vm = "net"' show net
check "its log is printed" says '^boot' log net
check "its log is printed for programs, an object a line" says '^{"vm":"net","line":"boot' log net --json
check "its console's socket is named for programs" says '"socket": ".*/run/vm/net/console"' console net --json
check "it is restarted from what it was started from" "$bulkhead" restart net
check "a console that is gone is an error" sh -c 'rm run/vm/net/console; "$1" console net </dev/null 2>&1 | grep -q E1120' \
	sh "$bulkhead"
check "it is stopped" "$bulkhead" stop net
check "it is not stopped twice" fails_with E1111 stop net
check "nothing is left of it" [ -z "$(ls run/vm)" ]
check "the log is followed to the VM's end" sh -c '"$1" start net -m manifest || exit 1; "$1" log -f net >followed &
	until grep -q boot followed || ! kill -0 $!; do sleep 0.1; done; "$1" stop net; wait
	grep -q "^boot" followed' sh "$bulkhead"
echo "1..$checks"
