#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# completion.bash BULKHEAD: what bash offers after some words.
set -u
source <("$1" completion bash)
cd "$(mktemp -d)" || exit 1
touch a-file.toml
mkdir a-folder
failed=0

# offers WORDS... EXPECTED: completing the last of WORDS offers EXPECTED (one word: among others; "": nothing).
offers()
{
	local expected=${*: -1}
	COMP_WORDS=("${@:1:$#-1}")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_bulkhead
	local have=" ${COMPREPLY[*]-} "
	if [ -z "$expected" ]; then
		[ "$have" = "  " ] && return
	elif [[ $have == *" $expected "* ]]; then
		return
	fi
	echo "after \"${COMP_WORDS[*]}\": expected \"$expected\", have \"$have\""
	failed=1
}

offers bulkhead "" config
offers bulkhead "" version
offers bulkhead "" --help
offers bulkhead ver version
offers bulkhead xyz ""
offers bulkhead config "" check
offers bulkhead config ch check
offers bulkhead config check "" --json
offers bulkhead dt check "" a-file.toml
offers bulkhead dt check a-f a-file.toml
offers bulkhead config show --o --origin
offers bulkhead config show --config "" a-file.toml
offers bulkhead completion "" zsh
offers bulkhead version --js --json
rm -rf "$PWD"
exit $failed
