# SPDX-License-Identifier: Apache-2.0
# completion.fish BULKHEAD: what fish offers after some words.
$argv[1] completion fish | source
set -g failed 0

# offers LINE EXPECTED: completing LINE offers EXPECTED.
function offers
	set -l have (complete -C $argv[1] | string split -f1 \t)
	contains -- $argv[2] $have; and return
	echo "after \"$argv[1]\": expected \"$argv[2]\", have: $have"
	set -g failed 1
end

# withholds LINE UNEXPECTED
function withholds
	set -l have (complete -C $argv[1] | string split -f1 \t)
	contains -- $argv[2] $have; or return
	echo "after \"$argv[1]\": \"$argv[2]\" is offered"
	set -g failed 1
end

offers 'bulkhead ' config
offers 'bulkhead ver' version
offers 'bulkhead config ' check
offers 'bulkhead config check --j' --json
offers 'bulkhead config show --' --origin
offers 'bulkhead completion ' zsh
offers 'bulkhead lab up ' virt
withholds 'bulkhead lab up ' down
withholds 'bulkhead config ' version
exit $failed
