/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the test machine: `print manifest|tree|dump`. For golden files and for fuzz seeds. */
#include "base/file.h"
#include "base/str.h"
#include "machine/fixture.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	static struct bh_manifest manifest;
	static uint64_t tree[8192];
	struct bh_buf out = {0};

	if (argc != 2)
		return 2;
	fixture_manifest(&manifest, tree, sizeof(tree));
	if (bh_str_eq(argv[1], "manifest")) {
		if (!bh_manifest_write(&manifest, &out, NULL))
			return 1;
	} else if (bh_str_eq(argv[1], "dump")) {
		bh_manifest_dump(&manifest, &out);
	} else {
		bh_buf_add(&out, tree, manifest.tree_size);
	}
	int err = bh_write_all(STDOUT_FILENO, out.data, out.length);
	bh_buf_finish(&out);
	return err ? 1 : 0;
}
