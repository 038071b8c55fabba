/* SPDX-License-Identifier: Apache-2.0 */
#include "dts.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void dts_need_dtc(void)
{
	const char *argv[] = {"dtc", "--version", NULL};
	int status;

	if (!bh_run(argv, 100, NULL, NULL, &status) && !status)
		return;
	puts("skipped: dtc (package device-tree-compiler) is not installed");
	exit(77);
}

void *dts_compile(const char *text, const char *option, size_t *size)
{
	char path[] = "/tmp/bulkhead-dts-XXXXXX";
	int fd = mkstemp(path), status;
	char *whole = bh_strf("/dts-v1/;\n%s", text);
	const char *argv[] = {"dtc", "-q",  "-q", "-f",   "-I", "dts",
			      "-O",  "dtb", path, option, NULL};
	struct bh_buf out, err;

	assert_true(fd >= 0);
	assert_int_equal(bh_write_all(fd, whole, strlen(whole)), 0);
	close(fd);
	bh_buf_init(&out);
	bh_buf_init(&err);
	assert_int_equal(bh_run(argv, BH_DT_SIZE_MAX, &out, &err, &status), 0);
	unlink(path);
	free(whole);
	if (status || !out.length)
		fail_msg("dtc: %s", bh_buf_str(&err));
	bh_buf_finish(&err);
	*size = out.length;
	return bh_buf_take(&out);
}

static struct bh_dt from(const char *text, const char *option)
{
	struct bh_diags diags;
	struct bh_dt tree;
	size_t size;
	void *blob = dts_compile(text, option, &size);

	bh_diags_init(&diags);
	if (!bh_dt_read(&tree, blob, size, "test.dts", &diags))
		fail_msg("%s: %s", diags.items[0].code, diags.items[0].message);
	bh_dt_adopt(&tree, blob);
	bh_diags_finish(&diags);
	return tree;
}

struct bh_dt dts(const char *text)
{
	return from(text, "-@");
}

struct bh_dt dts_without_labels(const char *text)
{
	return from(text, NULL);
}

struct bh_dt_node *dts_node(const struct bh_dt *tree, const char *name)
{
	struct bh_dt_node *node =
		*name == '/' ? bh_dt_find(tree, name) : bh_dt_by_label(tree, name);

	if (!node)
		fail_msg("the test's tree has no node %s", name);
	return node;
}

const struct bh_diag *only_diag(const struct bh_diags *diags, const char *code)
{
	if (diags->count != 1)
		fail_msg("%zu diagnostics instead of one %s; the first: %s", diags->count, code,
			 diags->count ? diags->items[0].message : "none");
	assert_string_equal(diags->items[0].code, code);
	return &diags->items[0];
}

static void assert_same_props(const struct bh_dt_node *a, const struct bh_dt_node *b)
{
	size_t count_a = 0, count_b = 0;

	for (struct bh_dt_prop *prop = b->props; prop; prop = prop->next)
		count_b++;
	for (struct bh_dt_prop *prop = a->props; prop; prop = prop->next, count_a++) {
		const struct bh_dt_prop *same = bh_dt_get(b, prop->name);

		if (!same || same->length != prop->length ||
		    memcmp(same->value, prop->value, prop->length))
			fail_msg("property %s of %s differs", prop->name, a->name);
	}
	assert_int_equal(count_a, count_b);
}

void assert_same_tree(const struct bh_dt *a, const struct bh_dt *b)
{
	assert_int_equal(a->count, b->count);
	bh_dt_for_each(node, a->root)
	{
		char *path = bh_dt_path(node);
		struct bh_dt_node *other = bh_dt_find(b, path);

		if (!other)
			fail_msg("%s is missing", path);
		assert_int_equal(node->phandle, other->phandle);
		assert_same_props(node, other);
		free(path);
	}
	assert_int_equal(a->reserve_count, b->reserve_count);
	for (size_t i = 0; i < a->reserve_count; i++) {
		assert_int_equal(a->reserves[i].address, b->reserves[i].address);
		assert_int_equal(a->reserves[i].size, b->reserves[i].size);
	}
}
