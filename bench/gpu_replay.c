/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_replay NAME TRACE...: recordings drawn again and again by the GPU alone, without a client.
 * How much faster two threads are than one, by the clock on the wall; and what a submission takes
 * at first use, when no code was made before, beyond what it takes with everything compiled.
 */
#include "bench.h"

#include "base/file.h"
#include "gpu/server/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PASSES       9
#define FIRST_PASSES 3
#define TRACE_MAX    (1u << 30)

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

/* What each submission costs: CPU time of the thread that serves, and time on the wall. */
struct costs {
	double *cpu, *wall; /* the least of all passes, in ms; 0: none was seen */
	unsigned count;
};

static void note(double *least, double value)
{
	if (*least == 0 || value < *least)
		*least = value;
}

static void time_submissions(struct player *player, unsigned submissions, struct costs *costs)
{
	unsigned i = 0;

	for (; i < submissions; i++) {
		double began = wall();
		uint64_t start = bench_now();

		if (!bh_replay_next(&player->replay))
			break;
		bh_gpu_wait(player->gpu);
		note(&costs->cpu[i], (double)(bench_now() - start) / 1e6);
		note(&costs->wall[i], (wall() - began) / 1e6);
	}
	costs->count = i;
}

/*
 * The submission that takes longest beyond what it takes with everything compiled: `ready` is of
 * recordings drawn once more by a GPU that drew them before.
 */
static unsigned find_worst(const double *first, const double *ready, unsigned count)
{
	unsigned worst = 0;

	for (unsigned i = 1; i < count; i++) {
		if (first[i] - ready[i] > first[worst] - ready[worst])
			worst = i;
	}
	return worst;
}

static void print_worst(const char *name, const char *clock, const double *first,
			const double *ready, unsigned count)
{
	unsigned worst = find_worst(first, ready, count);
	char what[64], own[64], peer[64];

	snprintf(what, sizeof(what), "gpu %s, first use, %s", name, clock);
	snprintf(own, sizeof(own), "+%.1f ms: %.1f", first[worst] - ready[worst], first[worst]);
	snprintf(peer, sizeof(peer), "compiled %.1f", ready[worst]);
	bench_result(what, own, peer, 0);
}

static void print_first_use(const char *name, const char *data, size_t size, unsigned submissions)
{
	double *room = calloc(submissions + 1, 6 * sizeof(*room));
	size_t step = submissions + 1;
	struct costs first = {room, room + step, 0}, ready = {room + 2 * step, room + 3 * step, 0};
	struct costs filling = {room + 4 * step, room + 5 * step, 0};
	struct player player;

	for (unsigned pass = 0; pass < FIRST_PASSES; pass++) {
		open_player(&player, 2, false, data, size);
		time_submissions(&player, submissions, &first);
		close_player(&player);
	}
	open_player(&player, 2, true, data, size);
	for (unsigned pass = 0; pass < FIRST_PASSES + 1; pass++) {
		/* The first fills. */
		time_submissions(&player, submissions, pass ? &ready : &filling);
		bh_replay_finish(&player.replay);
		if (!bh_replay_init(&player.replay, player.gpu, data, size, NULL))
			bench_die("the recording", "it cannot be drawn again");
	}
	close_player(&player);
	print_worst(name, "CPU time of the serving thread", first.cpu, ready.cpu, first.count);
	print_worst(name, "time of two threads", first.wall, ready.wall, first.count);
	free(room);
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
		print_first_use(argv[i], data, size, submissions);
		fflush(stdout);
		free(data);
	}
	return 0;
}
