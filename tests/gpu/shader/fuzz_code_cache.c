/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of generated code: what is taken from it comes out as it was put in. */
#include "gpu/shader/code_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[BH_SHA256_SIZE] = {42};
	int fd = memfd_create("cache", MFD_CLOEXEC);
	struct bh_code_cache *cache;
	struct bh_buf found;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	cache = bh_code_cache_create(fd, 0);
	bh_code_cache_add(cache, key, data, size);
	bh_buf_init(&found);
	if (!bh_code_cache_find(cache, key, &found) || found.length != size ||
	    (size && memcmp(found.data, data, size)))
		abort();
	bh_buf_finish(&found);
	bh_code_cache_destroy(cache);
	close(fd);
	return 0;
}
