/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay FOLDER: every recording of FOLDER gives the pictures it gave when it was made, with each
 * back end that runs here and with one thread and several. FOLDER/hashes has a line each: file,
 * hash of all pictures, number of submissions.
 */
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"
#include "gpu/server/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static bool draw(enum bh_gpu_backend backend, unsigned threads, const char *data, size_t size,
		 uint64_t *hash, unsigned *frames)
{
	struct bh_gpu_config config = {.backend = backend,
				       .level = BH_GPU_LEVEL_A,
				       .threads = threads,
				       .compile_now = threads == 1};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);
	struct bh_replay replay;

	if (!gpu)
		return false; /* not on this CPU */
	*hash = 0;
	assert_true(bh_replay_init(&replay, gpu, data, size, NULL));
	while (bh_replay_next(&replay)) {
		uint32_t width, height;
		uint8_t *pixels = bh_replay_picture(&replay, &width, &height);

		if (pixels)
			*hash = bh_picture_hash(*hash, pixels, width, height);
		free(pixels);
	}
	*frames = replay.frame;
	bh_replay_finish(&replay);
	bh_gpu_destroy(gpu);
	return true;
}

static unsigned check(const char *name, uint64_t expected, unsigned submissions)
{
	char *path = bh_strf("%s/%s", folder, name), *data;
	unsigned drawn = 0, frames;
	uint64_t hash;
	size_t size;

	assert_int_equal(bh_file_read(path, 1 << 24, &data, &size), 0);
	for (int backend = BH_GPU_INTERPRETER; backend <= BH_GPU_SIMD16; backend++) {
		for (unsigned threads = 1; threads <= 3; threads += 2) {
			if (!draw(backend, threads, data, size, &hash, &frames))
				continue;
			drawn++;
			if (hash != expected || frames != submissions)
				fail_msg("%s, back end %d, %u threads: %016" PRIx64
					 " after %u submissions, not %016" PRIx64 " after %u",
					 name, backend, threads, hash, frames, expected,
					 submissions);
		}
	}
	free(data);
	free(path);
	return drawn;
}

static void recordings_give_the_same_pictures_everywhere(void **state)
{
	char *path = bh_strf("%s/hashes", folder), *text, *line;
	size_t size;
	unsigned count = 0;

	(void)state;
	assert_int_equal(bh_file_read(path, 65536, &text, &size), 0);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[64];
		uint64_t hash;
		unsigned submissions;

		assert_int_equal(sscanf(line, "%63s %" SCNx64 " %u", name, &hash, &submissions), 3);
		assert_true(check(name, hash, submissions) >= 2);
		count++;
	}
	assert_true(count > 0);
	free(text);
	free(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings_give_the_same_pictures_everywhere),
	};

	if (argc != 2)
		return 1;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
