/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner on every device of every tree: sweep FOLDER [GOLDEN] [--dtc[=STEP]].
 *
 * Each enabled device with registers is planned for a VM that accepts DMA without an IOMMU; trees
 * that leave memory to the boot loader are given some, as the configuration can. The
 * outcome is a plan, whose guest tree is printed and passes all checks, or a refusal with a code.
 * Anything else fails. The summary (devices by class and outcome) is compared with GOLDEN.
 */
#include "emit/emit.h"

#include "base/file.h"
#include "base/map.h"
#include "base/proc.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CODES_MAX 64

struct sweep {
	const struct bh_partition *vm;
	size_t trees, without_memory, devices, units, planned, left_out, unexplained;
	size_t by_class[BH_CLASS_COUNT][CODES_MAX];
	char codes[CODES_MAX][8]; /* [0]: "planned" */
	size_t code_count;
	struct bh_map seen; /* hashes of printed trees */
	const char *unique; /* folder for printed trees, or NULL */
	size_t unique_count;
};

static size_t code_index(struct sweep *s, const char *code)
{
	for (size_t i = 0; i < s->code_count; i++)
		if (!strcmp(s->codes[i], code))
			return i;
	if (s->code_count == CODES_MAX)
		abort();
	snprintf(s->codes[s->code_count], sizeof(s->codes[0]), "%s", code);
	return s->code_count++;
}

static void complain(struct sweep *s, const char *tree, const struct bh_dt_node *node,
		     const struct bh_diags *diags)
{
	char *path = bh_dt_path(node);

	s->unexplained++;
	if (s->unexplained <= 40) {
		fprintf(stderr, "%s: %s: ", tree, path);
		if (diags->count)
			fprintf(stderr, "%s %s (%s:%s)\n", diags->items[0].code,
				diags->items[0].message,
				diags->items[0].node ? diags->items[0].node : "",
				diags->items[0].property ? diags->items[0].property : "");
		else
			fprintf(stderr, "no reason given\n");
	}
	free(path);
}

static uint64_t hash_of(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t hash = 14695981039346656037ull;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 1099511628211ull;
	return hash | 1;
}

static void keep_unique(struct sweep *s, const struct bh_guest *guest)
{
	uint64_t hash = hash_of(guest->tree, guest->tree_size);

	if (bh_map_get_u64(&s->seen, hash))
		return;
	bh_map_set_u64(&s->seen, hash, s);
	s->unique_count++;
	if (!s->unique)
		return;
	char *path = bh_strf("%s/%zu.dtb", s->unique, s->unique_count);
	FILE *file = fopen(path, "w");
	if (file) {
		fwrite(guest->tree, 1, guest->tree_size, file);
		fclose(file);
	}
	free(path);
}

/* The manifest as the VMM reads it: no two owners of an address or a line. */
static bool vmm_accepts(const struct bh_guest *guest, struct bh_diags *diags)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	struct bh_buf blob = {0};
	bool ok = bh_manifest_write(&guest->manifest, &blob, diags) &&
		  bh_manifest_read(manifest, blob.data, blob.length, diags);

	bh_buf_finish(&blob);
	free(manifest);
	return ok;
}

/* "planned", or the code that says why not; NULL: unexplained. */
static const char *plan_unit(struct sweep *s, const char *tree, const struct bh_survey *survey,
			     const struct bh_dt_node *unit)
{
	struct bh_plan plan;
	struct bh_diags diags = {0};
	const char *outcome = NULL;
	static char code[8];

	if (bh_plan_device(&plan, survey, unit, &s->vm->vms.items[0], 0, &diags)) {
		struct bh_guest guest;

		if (bh_guest_make(&guest, &plan, 0, s->vm, &diags) &&
		    bh_tree_check(guest.tree, guest.tree_size, "guest", &diags) &&
		    vmm_accepts(&guest, &diags)) {
			outcome = "planned";
			s->left_out += plan.vms[0].left_out_count;
			keep_unique(s, &guest);
		}
		bh_guest_finish(&guest);
	} else if (plan.vms[0].refusal_count) {
		snprintf(code, sizeof(code), "%s", plan.vms[0].refusals[0].code);
		outcome = code;
	}
	if (!outcome)
		complain(s, tree, unit, &diags);
	bh_diags_finish(&diags);
	bh_plan_finish(&plan);
	return outcome;
}

/* A boot loader completes such trees; the configuration can, and here it does. */
static void say_memory(struct sweep *s, struct bh_survey *survey)
{
	/* The first gap of 1 GiB, or 512 MiB, between the registers of the low addresses. */
	for (uint64_t size = 0x40000000; size >= 0x20000000; size /= 2) {
		for (uint64_t base = 0x40000000; base + size <= 0x100000000; base += 0x10000000) {
			const struct bh_range place = {base, size};
			size_t at = 0;

			if (bh_survey_overlap(survey, place, &at))
				continue;
			bh_survey_set_memory(survey, &place, 1);
			s->without_memory++;
			return;
		}
	}
}

static void sweep_tree(struct sweep *s, const char *path)
{
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_board board;
	struct bh_survey survey;
	struct bh_diags diags = {0};
	const char *outcome = NULL;

	if (!bh_dt_load(&tree, path, &diags)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		s->unexplained++;
		bh_diags_finish(&diags);
		return;
	}
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	if (!bh_board_read(&board, &tree, NULL, &diags)) {
		fprintf(stderr, "%s: %s\n", path, diags.items[0].message);
		s->unexplained++;
		goto refs;
	}
	bh_survey_init(&survey, &tree, &refs, &board, NULL);
	s->trees++;
	if (!survey.memory_count && !board.ram.size)
		say_memory(s, &survey);
	const struct bh_dt_node *last = NULL;
	bh_dt_for_each(node, tree.root)
	{
		const struct bh_survey_node *facts = bh_survey_of(&survey, node);

		if (!facts->addressed)
			continue;
		s->devices++;
		/* Parts of a unit follow it in the tree and share its fate. */
		if (facts->unit != last) {
			last = facts->unit;
			outcome = plan_unit(s, path, &survey, last);
			s->units++;
		}
		if (!outcome)
			continue;
		s->by_class[bh_class_of(node)][code_index(s, outcome)]++;
		s->planned += !strcmp(outcome, "planned");
	}
	bh_survey_finish(&survey);
refs:
	bh_board_finish(&board);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	bh_diags_finish(&diags);
}

static void sweep_folder(struct sweep *s, const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = bh_strf("%s/%s", folder, names[i]->d_name);
		struct stat st;

		if (names[i]->d_name[0] != '.' && !stat(path, &st)) {
			if (S_ISDIR(st.st_mode))
				sweep_folder(s, path);
			else if (bh_str_ends(path, ".dtb"))
				sweep_tree(s, path);
		}
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void summarise(struct sweep *s, struct bh_buf *text)
{
	const char *codes[CODES_MAX];

	for (size_t i = 0; i < s->code_count; i++)
		codes[i] = s->codes[i];
	qsort(codes + 1, s->code_count - 1, sizeof(*codes), by_text);
	bh_buf_addf(text, "trees %zu, devices %zu in %zu units, planned %zu\n", s->trees,
		    s->devices, s->units, s->planned);
	bh_buf_addf(text,
		    "%zu trees leave it to the boot loader to say where memory is: [[board.ram]] "
		    "says it here\n%zu chips left out of planned units\n",
		    s->without_memory, s->left_out);
	bh_buf_addf(text, "\n%-12s %8s %8s  %s\n", "class", "devices", "planned",
		    "refused, by code");
	for (int c = 0; c < BH_CLASS_COUNT; c++) {
		size_t total = 0;

		for (size_t i = 0; i < s->code_count; i++)
			total += s->by_class[c][i];
		if (!total)
			continue;
		bh_buf_addf(text, "%-12s %8zu %8zu ", bh_class_name((enum bh_class)c), total,
			    s->by_class[c][0]);
		for (size_t i = 1; i < s->code_count; i++) {
			size_t at = code_index(s, codes[i]);
			if (s->by_class[c][at])
				bh_buf_addf(text, " %s:%zu", codes[i], s->by_class[c][at]);
		}
		bh_buf_addc(text, '\n');
	}
	bh_buf_addf(text, "\n%-12s %8s\n", "outcome", "devices");
	for (size_t i = 0; i < s->code_count; i++) {
		size_t total = 0, at = code_index(s, codes[i]);

		for (int c = 0; c < BH_CLASS_COUNT; c++)
			total += s->by_class[c][at];
		bh_buf_addf(text, "%-12s %8zu\n", codes[i], total);
	}
}

static int compare(const char *golden, const struct bh_buf *text)
{
	char *want = NULL;
	size_t size;
	int result = 0;

	if (getenv("UPDATE"))
		return bh_file_write(golden, text->data, text->length, 0644) ? 1 : 0;
	if (bh_file_read(golden, 1 << 20, &want, &size) || strcmp(want, bh_buf_str(text))) {
		fprintf(stderr,
			"the summary is not the golden one, %s\n"
			"(set UPDATE=1 to take over what is right)\n",
			golden);
		result = 1;
	}
	free(want);
	return result;
}

/* dtc on every distinct printed tree, or on each STEP-th: errors only. */
static int run_dtc(const char *folder, size_t count, size_t step, size_t *tried)
{
	int failed = 0;

	for (size_t i = 1; i <= count; i += step, ++*tried) {
		char *path = bh_strf("%s/%zu.dtb", folder, i);
		const char *argv[] = {"dtc", "-q", "-I",        "dtb", "-O",
				      "dtb", "-o", "/dev/null", path,  NULL};
		struct bh_buf err = {0};
		int status = 1;

		if (bh_run(argv, 4096, NULL, &err, &status) || status ||
		    strstr(bh_buf_str(&err), "ERROR")) {
			if (failed++ < 10)
				fprintf(stderr, "dtc on %s: %s\n", path, bh_buf_str(&err));
		}
		bh_buf_finish(&err);
		free(path);
	}
	return failed;
}

int main(int argc, char **argv)
{
	struct sweep s = {.code_count = 1, .codes = {"planned"}};
	struct bh_partition vm;
	struct bh_diags diags = {0};
	struct bh_buf text = {0};
	const char *golden = NULL;
	static const char config[] =
		"[vm.guest]\nkernel = \"/boot/Image\"\nunsafe-dma = \"I accept\"\n";
	char folder[] = "/tmp/bulkhead-sweep-XXXXXX";
	uint64_t step = 0; /* 0: without dtc */
	int result = 0;

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--dtc"))
			step = 1;
		else if (bh_str_starts(argv[i], "--dtc=") && bh_parse_u64(argv[i] + 6, &step) &&
			 step)
			continue;
		else
			golden = argv[i];
	}
	if (!bh_path_exists(argv[1])) {
		printf("skipped: %s is not there; lab/fetch.sh fetches the trees\n", argv[1]);
		return 77;
	}
	if (bh_partition_parse(&vm, "vm", config, sizeof(config) - 1, &diags))
		return 2;
	s.vm = &vm;
	if (step)
		s.unique = mkdtemp(folder);
	bh_map_init(&s.seen);
	sweep_folder(&s, argv[1]);
	summarise(&s, &text);
	fputs(bh_buf_str(&text), stdout);
	fflush(stdout);
	if (s.unexplained) {
		fprintf(stderr, "%zu unexplained outcomes\n", s.unexplained);
		result = 1;
	}
	if (golden)
		result |= compare(golden, &text);
	printf("%zu distinct guest trees\n", s.unique_count);
	if (step) {
		size_t tried = 0;
		int failed = run_dtc(folder, s.unique_count, (size_t)step, &tried);
		printf("dtc: %d of %zu with errors\n", failed, tried);
		result |= failed != 0;
		bh_remove_tree(folder);
	}
	bh_map_finish(&s.seen);
	bh_buf_finish(&text);
	bh_diags_finish(&diags);
	bh_partition_finish(&vm);
	return result;
}
