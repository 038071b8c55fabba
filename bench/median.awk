# SPDX-License-Identifier: Apache-2.0
# The middle of times[KEY], numbers with spaces between. Put before a script's own program.
function median(key,   n, i, j, t, v) {
	n = split(times[key], v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return v[int((n + 1) / 2)]
}
