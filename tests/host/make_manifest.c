/* SPDX-License-Identifier: Apache-2.0 */
/* make_manifest VM MOOD [TAP BRIDGE]: prints the manifest of a VM for fake_vmm, which is always
 * started again at once; with names, on a network. */
#include "machine/fixture.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static struct bh_manifest manifest;
	static char tree[65536];
	struct bh_buf blob;

	if (argc != 3 && argc != 5)
		return 2;
	bh_buf_init(&blob);
	fixture_manifest(&manifest, tree, sizeof(tree));
	fixture_alone(&manifest);
	manifest.vm = argv[1];
	manifest.kernel = argv[2];
	manifest.restart_limit = 0;
	manifest.restart_delay = 10;
	manifest.restart_max_delay = 100;
	if (argc == 5) {
		manifest.virtio[1].host = argv[3];
		manifest.virtio[1].bridge = argv[4];
	}
	if (!bh_manifest_write(&manifest, &blob, NULL))
		return 1;
	fwrite(blob.data, 1, blob.length, stdout);
	bh_buf_finish(&blob);
	return 0;
}
