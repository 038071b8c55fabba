/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner beside dtc: plan BULKHEAD SWEEP TREES BLOB DEVICE. One device's plan with its printed
 * and checked guest tree beside dtc on the same blob; all devices of all trees beside one pass of
 * dtc over them; and how one plan grows with the tree.
 *
 * Whole processes are compared, start and all, by their CPU time.
 */
#include "emit/emit.h"

#include "base/file.h"
#include "base/str.h"
#include "bench.h"
#include "synthetic.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNS 21

static struct bench_cost run_dtc(const char *blob)
{
	const char *argv[] = {"dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", "/dev/null", blob, NULL};

	return bench_run(argv);
}

static void one_device(const char *bulkhead, const char *blob, const char *device)
{
	char config[] = "/tmp/bulkhead-bench-XXXXXX", figure[64], peer[64];
	char *text = bh_strf("[board]\ntree = \"%s\"\n[vm.guest]\ndevices = [\"%s\"]\n"
			     "unsafe-dma = \"I accept\"\n",
			     blob, device);
	const char *argv[] = {bulkhead, "dt",       "guest", "guest", "--config",
			      config,   "--format", "dtb",   NULL};
	double ours[RUNS], theirs[RUNS], memory[RUNS];
	int fd = mkstemp(config);

	if (fd < 0 || bh_write_all(fd, text, strlen(text)))
		bench_die("cannot be written", config);
	close(fd);
	for (int i = 0; i < RUNS; i++) {
		struct bench_cost own = bench_run(argv);

		ours[i] = own.milliseconds;
		memory[i] = own.megabytes;
		theirs[i] = run_dtc(blob).milliseconds;
	}
	unlink(config);
	free(text);
	double own = bench_median(ours, RUNS), dtc = bench_median(theirs, RUNS);
	snprintf(figure, sizeof(figure), "%.2f ms", own);
	snprintf(peer, sizeof(peer), "dtc %.2f ms", dtc);
	bench_result("plan: one device, printed and checked", figure, peer, own / dtc);
	snprintf(figure, sizeof(figure), "%.1f MB", bench_median(memory, RUNS));
	bench_result("plan: one device, memory (at most 16 MB)", figure, NULL, 0);
}

static void dtc_folder(const char *folder, double *sum, size_t *trees)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = bh_strf("%s/%s", folder, names[i]->d_name);
		struct stat st;

		if (names[i]->d_name[0] != '.' && !stat(path, &st)) {
			if (S_ISDIR(st.st_mode)) {
				dtc_folder(path, sum, trees);
			} else if (bh_str_ends(path, ".dtb")) {
				*sum += run_dtc(path).milliseconds;
				++*trees;
			}
		}
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void all_devices(const char *sweep, const char *trees)
{
	const char *argv[] = {sweep, trees, NULL};
	struct bench_cost own = bench_run(argv);
	double dtc = 0;
	size_t count = 0;
	char figure[64], peer[64];

	dtc_folder(trees, &dtc, &count);
	snprintf(figure, sizeof(figure), "%.2f s", own.milliseconds / 1e3);
	snprintf(peer, sizeof(peer), "dtc on each of %zu %.2f s", count, dtc / 1e3);
	bench_result("plan: all devices of all trees", figure, peer, own.milliseconds / dtc);
}

struct growth {
	char *small, *large;
	size_t small_size, large_size;
	int times;
	struct bh_partition vm;
};

static void plan_blob(const struct growth *growth, const void *blob, size_t size)
{
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_board board;
	struct bh_survey survey;
	struct bh_plan plan;
	struct bh_guest guest;

	if (!bh_dt_read(&tree, blob, size, "bench", NULL))
		bench_die("refused", "synthetic blob");
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_board_read(&board, &tree, NULL, NULL);
	bh_survey_init(&survey, &tree, &refs, &board, NULL);
	if (!bh_plan_device(&plan, &survey, bh_dt_resolve(&tree, "serial@5000", NULL, NULL),
			    &growth->vm.vms.items[0], 0, NULL) ||
	    !bh_guest_make(&guest, &plan, 0, &growth->vm, NULL))
		bench_die("no plan", "synthetic blob");
	bh_guest_finish(&guest);
	bh_plan_finish(&plan);
	bh_survey_finish(&survey);
	bh_board_finish(&board);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
}

static void plan_large(void *data)
{
	const struct growth *growth = data;

	plan_blob(growth, growth->large, growth->large_size);
}

static void plan_small(void *data)
{
	const struct growth *growth = data;

	for (int i = 0; i < growth->times; i++)
		plan_blob(growth, growth->small, growth->small_size);
}

/* As many small trees as make up the nodes of the large one: 1 is linear. */
static void measure_growth(uint32_t nodes, int times)
{
	static const char config[] = "[vm.guest]\n";
	struct growth growth = {.times = times};
	struct bh_diags diags = {0};
	char what[64], figure[32], peer[48];

	if (bh_partition_parse(&growth.vm, "vm", config, strlen(config), &diags))
		bench_die("refused", "configuration");
	growth.small = bench_tree(1000, &growth.small_size);
	growth.large = bench_tree(nodes, &growth.large_size);
	struct bench_pair cost = bench_compare(plan_large, plan_small, &growth, 7);
	snprintf(what, sizeof(what), "plan: one device of %u nodes", nodes);
	snprintf(figure, sizeof(figure), "%.2f ms", cost.own / 1e6);
	snprintf(peer, sizeof(peer), "%d of 1000 nodes %.2f ms", times, cost.peer / 1e6);
	bench_result(what, figure, peer, cost.own / cost.peer);
	free(growth.small);
	free(growth.large);
	bh_partition_finish(&growth.vm);
	bh_diags_finish(&diags);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	one_device(argv[1], argv[4], argv[5]);
	all_devices(argv[2], argv[3]);
	measure_growth(10000, 10);
	measure_growth(100000, 100);
	return 0;
}
