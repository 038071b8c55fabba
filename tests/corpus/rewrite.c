/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite TREE BLOB TEXT: writes a tree as a blob and as DTS with references. */
#include "dt/print.h"
#include "dt/refs.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_buf text;
	size_t size;

	if (argc != 4 || !bh_dt_load(&tree, argv[1], NULL)) {
		fprintf(stderr, "usage: rewrite TREE BLOB TEXT\n");
		return 1;
	}
	void *blob = bh_dt_write(&tree, &size, NULL);
	int error = blob ? bh_file_write(argv[2], blob, size, 0644) : -1;
	free(blob);
	bh_buf_init(&text);
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_dt_print(&text, &tree, tree.root, &refs, 0);
	if (!error)
		error = bh_file_write(argv[3], text.data, text.length, 0644);
	bh_buf_finish(&text);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	return error ? 1 : 0;
}
