/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_replay NAME TRACE...: recordings drawn again and again by the GPU alone, without a client.
 * How much faster two threads are than one, by the clock on the wall; and how long the device
 * thread computes for the longest submission when no code was made before.
 */
#include "bench.h"

#include "base/file.h"
#include "gpu/server/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PASSES    9
#define TRACE_MAX (1u << 30)

struct player {
	struct bh_gpu *gpu;
	struct bh_replay replay;
	size_t begin, end; /* of what is repeated */
};

static double wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void open_player(struct player *player, unsigned threads, bool now, const char *data,
			size_t size)
{
	struct bh_gpu_config config = {
		.level = BH_GPU_LEVEL_B, .threads = threads, .compile_now = now};

	player->gpu = bh_gpu_create(&config, NULL);
	if (!player->gpu || !bh_replay_init(&player->replay, player->gpu, data, size, NULL))
		bench_die("the recording", "it cannot be drawn");
}

static void close_player(struct player *player)
{
	bh_replay_finish(&player->replay);
	bh_gpu_destroy(player->gpu);
}

/* The first two thirds load and warm up; the last of all may be the client's farewell. */
static void warm_up(struct player *player, unsigned submissions)
{
	unsigned begin = submissions * 2 / 3, end = submissions - submissions / 10 - 1;

	for (unsigned i = 0; i < end; i++) {
		if (i == begin)
			player->begin = player->replay.at;
		if (!bh_replay_next(&player->replay))
			break;
	}
	player->end = player->replay.at;
	bh_gpu_wait(player->gpu);
}

static double play(struct player *player)
{
	double start = wall();
	unsigned count = 0;

	player->replay.at = player->begin;
	while (player->replay.at < player->end && bh_replay_next(&player->replay)) {
		bh_gpu_wait(player->gpu);
		count++;
	}
	return (wall() - start) / (count ? count : 1);
}

static void print_scaling(const char *name, const char *data, size_t size, unsigned submissions)
{
	double times[2][PASSES];
	struct player players[2];
	char what[64], own[32], peer[32];

	for (unsigned i = 0; i < 2; i++) {
		open_player(&players[i], i + 1, true, data, size);
		warm_up(&players[i], submissions);
		play(&players[i]);
	}
	for (unsigned pass = 0; pass < PASSES; pass++) {
		for (unsigned i = 0; i < 2; i++)
			times[i][pass] = play(&players[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		times[i][0] = bench_median(times[i], PASSES);
		close_player(&players[i]);
	}
	snprintf(what, sizeof(what), "gpu %s, a submission by two threads", name);
	snprintf(own, sizeof(own), "%.3f ms", times[1][0] / 1e6);
	snprintf(peer, sizeof(peer), "one thread %.3f ms", times[0][0] / 1e6);
	bench_result(what, own, peer, times[0][0] / times[1][0]);
}

static void print_longest(const char *name, const char *data, size_t size, unsigned submissions)
{
	struct player player;
	double longest = 0, *times = calloc(submissions + 1, sizeof(*times));
	char what[64], own[64];
	unsigned count = 0;

	open_player(&player, 2, false, data, size);
	while (count < submissions) {
		uint64_t start = bench_now();

		if (!bh_replay_next(&player.replay))
			break;
		bh_gpu_wait(player.gpu);
		times[count] = (double)(bench_now() - start) / 1e6;
		longest = times[count] > longest ? times[count] : longest;
		count++;
	}
	close_player(&player);
	snprintf(what, sizeof(what), "gpu %s, the longest with nothing compiled", name);
	snprintf(own, sizeof(own), "%.1f ms, median %.2f", longest,
		 count ? bench_median(times, count) : 0);
	bench_result(what, own, NULL, 0);
	free(times);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		unsigned submissions;
		char *data;
		size_t size;

		if (bh_file_read(argv[i + 1], TRACE_MAX, &data, &size))
			bench_die("the recording", argv[i + 1]);
		submissions = bh_trace_submissions(data, size);
		print_scaling(argv[i], data, size, submissions);
		print_longest(argv[i], data, size, submissions);
		fflush(stdout);
		free(data);
	}
	return 0;
}
