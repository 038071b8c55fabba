#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# passt.sh PROGRAM: runs the test PROGRAM with Debian's passt.
program=$(readlink -f "$1")
cd "$(dirname "$0")/../.." || exit 1
folder=$(lab/fetch.sh passt) || {
	echo "passt cannot be fetched here"
	exit 77
}
exec "$program" "$folder/passt"
