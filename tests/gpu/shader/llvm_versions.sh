#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The code generator compiles against the headers of every LLVM that Debian 12 and 13 have.
cd "$(dirname "$0")/../../.." || exit 1
headers=$(lab/fetch.sh llvm-headers 2>/dev/null) || {
	echo "the headers cannot be fetched"
	exit 77
}
failed=0
for folder in "$headers"/*; do
	for source in src/gpu/shader/emit*.c src/gpu/shader/fuse*.c src/gpu/shader/jit.c; do
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-missing-field-initializers \
			-Isrc -isystem "$folder" -fsyntax-only "$source" && continue
		echo "$source does not compile with LLVM $(basename "$folder")"
		failed=1
	done
	echo "LLVM $(basename "$folder")"
done
exit $failed
