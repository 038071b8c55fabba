#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line coverage of the unit tests: one line a folder of src/, and the least covered files. The details of a file are in
# build-coverage/report/NAME.gcov. Built without optimisation, so that lines are those of the source.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh
echo "== build for coverage and run the unit tests (two minutes)"
[ -f build-coverage/build.ninja ] || meson setup build-coverage --buildtype=debug -Db_coverage=true >/dev/null
ninja -C build-coverage --quiet
find build-coverage -name '*.gcda' -delete
meson test -C build-coverage --no-rebuild --suite unit --quiet --timeout-multiplier 0 >build-coverage/unit.log 2>&1 || {
	tail -20 build-coverage/unit.log
	echo "coverage: some tests failed; what they covered is counted" >&2
}

rm -rf build-coverage/report
mkdir build-coverage/report
# One line a source file: "FOLDER FILE PERCENT LINES". gcov names sources as the compiler was given them, from the build
# folder.
(
	cd build-coverage
	find . -name '*.gcda' -print0 | xargs -0 gcov -p 2>/dev/null
	find . -maxdepth 1 -name '*.gcov' -exec mv {} report/ \;
) | awk -F"'" '
	/^File / { file = $2; sub(/^\.\.\//, "", file) }
	/^Lines executed:/ && file ~ /^(src|lab)\// && file ~ /\.c$/ {
		split($0, part, /[:% ]+/)
		percent = part[3]; lines = part[5]
		# A file that is compiled twice is reported twice: the better run is the one that ran.
		if (!(file in best) || percent * lines > best[file] * total[file]) {
			best[file] = percent; total[file] = lines
		}
		file = ""
	}
	END {
		for (file in best) {
			folder = file
			sub(/\/[^\/]*$/, "", folder)
			print folder, file, best[file], total[file]
		}
	}' >build-coverage/lines.txt
[ -s build-coverage/lines.txt ] || {
	echo "coverage: gcov reported nothing" >&2
	exit 1
}

awk '
	{ lines[$1] += $4; hit[$1] += $3 * $4 / 100; all += $4; allhit += $3 * $4 / 100 }
	END {
		for (folder in lines)
			printf "%-24s %6d lines %6.1f %%\n", folder, lines[folder], 100 * hit[folder] / lines[folder]
		printf "%-24s %6d lines %6.1f %%\n", "~all", all, 100 * allhit / all
	}' build-coverage/lines.txt | sort | sed 's/^~all/all /'
echo
echo "least covered (of more than 20 lines):"
awk '$4 > 20 { printf "%6.1f %%  %s\n", $3, $2 }' build-coverage/lines.txt | sort -n | head -10
