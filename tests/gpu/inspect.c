/* SPDX-License-Identifier: Apache-2.0 */
/* inspect FOLDER: pages of recorded frames hold what was drawn. */
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"
#include "gpu/inspect/inspect.h"
#include "gpu/server/trace.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

struct page {
	char *trace;
	size_t size;
	struct bh_buf html;
	struct bh_diags diags;
	bool made;
	json_t *frame; /* of a page that was made */
};

/* The data between the page's marks. */
static json_t *frame_of(const struct bh_buf *html)
{
	static const char mark[] = "id=\"frame\">";
	const char *begin = strstr(html->data, mark), *end;

	assert_non_null(begin);
	begin += sizeof(mark) - 1;
	end = strstr(begin, "</script>");
	assert_non_null(end);
	return json_loadb(begin, (size_t)(end - begin), 0, NULL);
}

static void make_page(struct page *page, const char *name, unsigned frame)
{
	struct bh_gpu_config config = {.level = BH_GPU_LEVEL_A, .threads = 1};
	struct bh_page_about about = {.title = "<a title>", .frame = frame};
	char *path = bh_strf("%s/%s", folder, name);

	memset(page, 0, sizeof(*page));
	assert_int_equal(bh_file_read(path, 1 << 24, &page->trace, &page->size), 0);
	bh_buf_init(&page->html);
	bh_diags_init(&page->diags);
	page->made =
		bh_inspect(&config, page->trace, page->size, &about, &page->html, &page->diags);
	if (page->made)
		page->frame = frame_of(&page->html);
	free(path);
}

static void drop_page(struct page *page)
{
	json_decref(page->frame);
	bh_buf_finish(&page->html);
	bh_diags_finish(&page->diags);
	free(page->trace);
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void a_page_holds_every_command_and_what_it_drew(void **state)
{
	size_t draws = 0, pixels = 0, triangles = 0, i, k;
	json_t *step, *tile;
	struct page page;

	(void)state;
	make_page(&page, "faces.trc", 0);
	assert_true(page.made);
	assert_non_null(page.frame);
	assert_int_equal(number(page.frame, "frame"), 3);
	json_array_foreach(json_object_get(page.frame, "steps"), i, step)
	{
		json_t *geometry = json_object_get(step, "geometry");

		if (!strcmp(json_string_value(json_object_get(step, "name")), "draw"))
			draws += geometry != NULL;
		triangles += (size_t)number(geometry, "triangleCount");
		json_array_foreach(json_object_get(step, "tiles"), k, tile) pixels +=
			(size_t)number(tile, "pixels");
	}
	assert_true(i > 10);
	assert_true(draws > 0 && triangles > 0 && pixels > 1000);
	drop_page(&page);
}

static void both_programs_of_a_draw_stand_beside_their_code(void **state)
{
	unsigned vertex = 0, fragment = 0;
	json_t *shader;
	struct page page;
	size_t i;

	(void)state;
	make_page(&page, "textures.trc", 0);
	assert_true(page.made);
	json_array_foreach(json_object_get(page.frame, "shaders"), i, shader)
	{
		const char *text = json_string_value(json_object_get(shader, "text"));

		vertex += !strncmp(text, "VERT", 4);
		fragment += !strncmp(text, "FRAG", 4) && strstr(text, "TEX") != NULL;
		assert_non_null(json_object_get(shader, "code"));
	}
	assert_true(vertex > 0 && fragment > 0);
	drop_page(&page);
}

static void a_title_cannot_end_the_data(void **state)
{
	struct page page;

	(void)state;
	make_page(&page, "faces.trc", 1);
	assert_true(page.made);
	assert_null(strstr(page.html.data, "<a title>"));
	assert_string_equal(json_string_value(json_object_get(page.frame, "title")), "<a title>");
	drop_page(&page);
}

static void a_frame_that_is_not_there_is_an_error(void **state)
{
	struct page page;

	(void)state;
	make_page(&page, "faces.trc", 4);
	assert_false(page.made);
	assert_true(page.diags.count > 0);
	assert_string_equal(page.diags.items[0].code, "E2004");
	drop_page(&page);
}

static void submissions_are_counted_without_drawing(void **state)
{
	struct page page;

	(void)state;
	make_page(&page, "loops.trc", 1);
	assert_int_equal(bh_trace_submissions(page.trace, page.size), 3);
	assert_true(bh_trace_submissions(page.trace, page.size / 2) < 3);
	assert_int_equal(bh_trace_submissions(page.trace, 12), 0);
	assert_int_equal(bh_trace_submissions("BHGPUTRC", 8), 0);
	drop_page(&page);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_holds_every_command_and_what_it_drew),
		cmocka_unit_test(both_programs_of_a_draw_stand_beside_their_code),
		cmocka_unit_test(a_title_cannot_end_the_data),
		cmocka_unit_test(a_frame_that_is_not_there_is_an_error),
		cmocka_unit_test(submissions_are_counted_without_drawing),
	};

	if (argc != 2)
		return 1;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
