/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a tree with all its references beside dtc, which reads and writes the same blob; then how
 * the time grows with the tree. trees [BLOB...]
 *
 * Against dtc whole processes are compared, start and all, by their CPU time; growth is measured
 * inside of this one.
 */
#include "dt/refs.h"

#include "base/file.h"
#include "bench.h"
#include "synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS 21

/* What one of the processes does. */
static int read_file(const char *path)
{
	struct bh_dt tree;
	struct bh_refs refs;

	if (!bh_dt_load(&tree, path, NULL))
		return 1;
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	return 0;
}

static void beside_dtc(const char *program, const char *path, const char *name)
{
	const char *own[] = {program, "--read", path, NULL};
	const char *dtc[] = {"dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", "/dev/null", path, NULL};
	double times[2][RUNS], sizes[2][RUNS];
	char what[128], figure[64], peer[64];

	for (int i = 0; i < RUNS; i++) {
		struct bench_cost ours = bench_run(own), theirs = bench_run(dtc);

		times[0][i] = ours.milliseconds;
		times[1][i] = theirs.milliseconds;
		sizes[0][i] = ours.megabytes;
		sizes[1][i] = theirs.megabytes;
	}
	double ours = bench_median(times[0], RUNS), theirs = bench_median(times[1], RUNS);
	double room = bench_median(sizes[0], RUNS), their_room = bench_median(sizes[1], RUNS);
	snprintf(what, sizeof(what), "tree: %s, read with references", name);
	snprintf(figure, sizeof(figure), "%.2f ms", ours);
	snprintf(peer, sizeof(peer), "dtc %.2f ms", theirs);
	bench_result(what, figure, peer, ours / theirs);
	snprintf(what, sizeof(what), "tree: %s, memory", name);
	snprintf(figure, sizeof(figure), "%.1f MB", room);
	snprintf(peer, sizeof(peer), "dtc %.1f MB", their_room);
	bench_result(what, figure, peer, room / their_room);
}

struct growth {
	char *small, *large;
	size_t small_size, large_size;
	int times;
};

static void read_blob(const void *blob, size_t size)
{
	struct bh_dt tree;
	struct bh_refs refs;

	if (!bh_dt_read(&tree, blob, size, "bench", NULL))
		bench_die("refused", "synthetic blob");
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
}

static void read_large(void *data)
{
	const struct growth *growth = data;

	read_blob(growth->large, growth->large_size);
}

static void read_small(void *data)
{
	const struct growth *growth = data;

	for (int i = 0; i < growth->times; i++)
		read_blob(growth->small, growth->small_size);
}

/* As many small trees as make up the nodes of the large one: 1 is linear. */
static void measure_growth(uint32_t nodes, int times)
{
	struct growth growth = {.times = times};
	char what[64], figure[32], peer[48];

	growth.small = bench_tree(1000, &growth.small_size);
	growth.large = bench_tree(nodes, &growth.large_size);
	struct bench_pair cost = bench_compare(read_large, read_small, &growth, 7);
	snprintf(what, sizeof(what), "tree: %u nodes, read with references", nodes);
	snprintf(figure, sizeof(figure), "%.2f ms", cost.own / 1e6);
	snprintf(peer, sizeof(peer), "%d of 1000 nodes %.2f ms", times, cost.peer / 1e6);
	bench_result(what, figure, peer, cost.own / cost.peer);
	free(growth.small);
	free(growth.large);
}

static void synthetic_beside_dtc(const char *program, uint32_t nodes)
{
	char path[] = "/tmp/bulkhead-bench-XXXXXX", name[32];
	int fd = mkstemp(path);
	size_t size;
	char *blob = bench_tree(nodes, &size);

	if (fd < 0 || bh_write_all(fd, blob, size))
		bench_die("cannot be written", path);
	close(fd);
	snprintf(name, sizeof(name), "%u nodes", nodes);
	beside_dtc(program, path, name);
	unlink(path);
	free(blob);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--read"))
		return read_file(argv[2]);
	for (int i = 1; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');
		beside_dtc(argv[0], argv[i], name ? name + 1 : argv[i]);
	}
	synthetic_beside_dtc(argv[0], 1000);
	synthetic_beside_dtc(argv[0], 10000);
	measure_growth(10000, 10);
	measure_growth(100000, 100);
	return 0;
}
