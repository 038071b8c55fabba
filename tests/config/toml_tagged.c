/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads TOML on stdin and prints it as the tagged JSON of the toml-test suite, whose decoder it can
 * be. Invalid input: the diagnostic on stderr, exit 1.
 */
#include "base/file.h"
#include "cmd/report.h"
#include "tagged.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_buf out = {0};
	struct bh_toml toml;
	char *text;
	size_t size;

	if (bh_file_read_fd(STDIN_FILENO, BH_TOML_SIZE_MAX + 1, &text, &size)) {
		fputs("toml_tagged: cannot read stdin\n", stderr);
		return 1;
	}
	bh_arena_init(&arena);
	bh_diags_init(&diags);
	int error = bh_toml_parse(&toml, &arena, "<stdin>", text, size, &diags);
	if (error) {
		bh_print_diags(&diags);
	} else {
		put_tagged(&out, toml.root);
		bh_buf_addc(&out, '\n');
		fwrite(out.data, 1, out.length, stdout);
	}
	bh_buf_finish(&out);
	bh_toml_finish(&toml);
	bh_diags_finish(&diags);
	bh_arena_finish(&arena);
	free(text);
	return error || fflush(stdout) ? 1 : 0;
}
