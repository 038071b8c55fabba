# SPDX-License-Identifier: Apache-2.0
# completion.zsh BULKHEAD: what zsh offers after some words. What the completion system does with it is put in its place.
script=$("$1" completion zsh) || exit 1
compdef() { }
_files() { print -r -- '(files)' }
_describe() { print -rl -- "${(@P)2}" }
eval "$script"
failed=0

# offers WORDS... EXPECTED: completing the last of WORDS offers EXPECTED.
offers() {
	local expected=$argv[-1]
	words=("${(@)argv[1,-2]}")
	CURRENT=$#words
	local have=$(_bulkhead)
	[[ $'\n'$have$'\n' == *$'\n'$expected(:*|)$'\n'* ]] && return
	print -r -- "after \"$words\": expected \"$expected\", have:" $have
	failed=1
}

offers bulkhead '' config
offers bulkhead '' version
offers bulkhead config '' check
offers bulkhead config check '' --json
offers bulkhead dt check '' '(files)'
offers bulkhead config show --config '' '(files)'
offers bulkhead config show '' --origin
offers bulkhead completion '' zsh
offers bulkhead lab up '' virt
exit $failed
