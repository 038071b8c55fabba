/* SPDX-License-Identifier: Apache-2.0 */
/* make_manifest VM MOOD: prints the manifest of a VM for fake_vmm. */
#include "machine/fixture.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static struct bh_manifest manifest;
	static char tree[65536];
	struct bh_buf blob;

	if (argc != 3)
		return 2;
	bh_buf_init(&blob);
	fixture_manifest(&manifest, tree, sizeof(tree));
	fixture_alone(&manifest);
	manifest.vm = argv[1];
	manifest.kernel = argv[2];
	if (!bh_manifest_write(&manifest, &blob, NULL))
		return 1;
	fwrite(blob.data, 1, blob.length, stdout);
	bh_buf_finish(&blob);
	return 0;
}
