/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where two texts part, as a line of each: easier to read than both whole. */
static void show_difference(const char *path, const char *want, const char *have)
{
	int line = 1;

	while (*want && *want == *have) {
		line += *want++ == '\n';
		have++;
	}
	while (line > 1 && want[-1] != '\n') {
		want--;
		have--;
	}
	fail_msg("%s:%d: expected \"%.*s\", have \"%.*s\"", path, line, (int)strcspn(want, "\n"),
		 want, (int)strcspn(have, "\n"), have);
}

void golden(const char *path, const char *text)
{
	char *want;
	size_t size;

	if (getenv("UPDATE")) {
		assert_int_equal(bh_file_write(path, text, strlen(text), 0644), 0);
		return;
	}
	if (bh_file_read(path, 16u << 20, &want, &size))
		fail_msg("cannot read %s", path);
	if (strcmp(want, text))
		show_difference(path, want, text);
	free(want);
}

size_t golden_cases(struct CMUnitTest **tests, size_t count, const char *folder, const char *suffix,
		    CMUnitTestFunction test)
{
	struct dirent **entries;
	size_t room = count;
	int found = scandir(folder, &entries, NULL, alphasort);

	for (int i = 0; i < found; i++) {
		const char *name = entries[i]->d_name;
		if (bh_str_ends(name, suffix)) {
			char *stem = bh_strf("%s/%.*s", folder,
					     (int)(strlen(name) - strlen(suffix)), name);
			bh_grow((void **)tests, &room, count + 1, sizeof(**tests));
			(*tests)[count++] = (struct CMUnitTest){
				.name = stem, .test_func = test, .initial_state = stem};
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}

void golden_cases_finish(struct CMUnitTest *tests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(tests[i].initial_state);
	free(tests);
}
