#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh [quick]: format, shell syntax, static analysis. Prints what is wrong; exit 1 when anything is. "quick": the first
# two, which take seconds and are part of what continuous integration runs.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh
status=0

echo "== clang-format"
git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror || status=1

echo "== shell syntax"
for script in $(git ls-files '*.sh') .ci/run; do
	sh -n "$script" || status=1
done
[ "${1-}" != quick ] || exit $status

echo "== cppcheck"
# It takes vectors that are written lane by lane, and rows of tables that macros make, for mistakes.
[ -f build/build.ninja ] || meson setup build --buildtype=release >/dev/null
ninja -C build --quiet
cppcheck --quiet --enable=warning,portability --inline-suppr --std=c11 --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=preprocessorErrorDirective \
	'--suppress=uninitvar:src/gpu/*' '--suppress=unknownMacro:*.def' \
	-I src -I . -j 2 src lab || status=1

echo "== clang-tidy"
tools/arm64.sh
# What only an arm64 build has.
arm64='src/vmm/kvm/*.c src/vmm/main.c src/vmm/commands.c'
git ls-files 'src/*.c' 'lab/*.c' ':!lab/agent' ':!src/vmm/kvm' ':!src/vmm/main.c' ':!src/vmm/commands.c' | xargs clang-tidy --quiet -p build 2>/dev/null || status=1
# shellcheck disable=SC2086
git ls-files $arm64 | xargs clang-tidy --quiet -p build-arm64 2>/dev/null || status=1
exit $status
