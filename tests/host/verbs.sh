#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verbs.sh BULKHEAD FAKE_VMM MAKE_MANIFEST: the verbs about running VMs, with a stand-in for the VMM.
set -u
. "$(dirname "$0")/../tap.sh"
bulkhead=$(realpath "$1") make_manifest=$(realpath "$3")
BULKHEAD_VMM=$(realpath "$2")
# The stand-in takes clients itself, and there may be no /dev/kvm here to open.
export BULKHEAD_VMM BULKHEAD_ISOLATION=off
work=$(mktemp -d)
export BULKHEAD_RUN="$work/run"
trap '"$bulkhead" stop net 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

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
check "status says that isolation is off" says 'isolation OFF' status net
check "status as JSON" says '"state": "running"' status --json
check "status says that it is ready" says '^net *running .*, ready' status net
check "status tells where its memory is" says 'memory    256M set aside at boot .*monitor .*launcher .*in all' status net
check "status as JSON adds memory up" says '"taken":' status --json net
check "top prints a line for it" says '^net *running *yes' top -b -n 1
check "top as JSON" says '"schema": "bulkhead.top/1"' top --json
check "top does not take a word for a number" sh -c '"$1" top -b -n many; [ $? = 2 ]' sh "$bulkhead"
check "a VM without a balloon has none to set" fails_with E1126 balloon net 128M
check "a size is a size" fails_with E1126 balloon net much
check "a balloon of no VM" fails_with E1111 balloon nte 128M
check "a name like it is suggested" fails_with 'did you mean net' status nte
check "it is paused" "$bulkhead" pause net
check "status shows that" says '^net *paused' status
check "it is resumed" says '"ok": true' resume net --json
check "events tell of all that" sh -c '"$1" events net >said && cat said && grep -q "net  *started" said &&
	grep -q "net  *ready" said && grep -q "net  *paused" said && grep -q "net  *resumed" said' sh "$bulkhead"
check "events as lines of JSON" says '^{"schema": "bulkhead.event/1",.*"event": "paused"' events --json
check "events of another VM are others" sh -c '! "$1" events app | grep .' sh "$bulkhead"
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
check "events are followed as they come" sh -c '"$1" events -f net >followed & follower=$!
	until grep -q stopped followed; do kill -0 $follower || exit 1; sleep 0.1; done; "$1" start net -m manifest || exit 1
	until [ "$(grep -c "net  *started" followed)" -gt "$(grep -c "net  *stopped" followed)" ]; do
		kill -0 $follower || exit 1; sleep 0.1; done
	"$1" stop net; kill $follower; wait $follower; true' sh "$bulkhead"
# With a balloon, as the stand-in plays it.
"$make_manifest" net balloon >manifest
check "a VM with a balloon is started" "$bulkhead" start net -m manifest
check "it is asked to keep so much" "$bulkhead" balloon net 192M
check "and no less than its floor" fails_with E1126 balloon net 64M
check "and no more than it has" fails_with E1126 balloon net 1G
check "status shows the balloon" says 'balloon   64M given of 64M asked for (at most 128M)' status net
check "an event tells of it" says 'net *balloon *is to keep 192M' events
check "it stops" "$bulkhead" stop net
finish
