/* SPDX-License-Identifier: Apache-2.0 */
/* Run by the build and by tests: the reference of the configuration, as `man` or `markdown`. */
#include "config/schema.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct bh_buf out = {0};

	if (argc == 2 && !strcmp(argv[1], "man"))
		bh_schema_man(&out);
	else
		bh_schema_markdown(&out);
	fwrite(bh_buf_str(&out), 1, out.length, stdout);
	bh_buf_finish(&out);
	return fflush(stdout) ? 1 : 0;
}
