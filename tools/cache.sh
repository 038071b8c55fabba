#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cache.sh path: where fetched packages and built boards are kept, outside the checkout so that clones share
# them. cache.sh remove: remove all of it.
set -eu
cache=${BULKHEAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bulkhead}
case ${1-} in
path) echo "$cache" ;;
remove) rm -rf "$cache" ;;
*)
	echo "usage: cache.sh path|remove" >&2
	exit 2
	;;
esac
