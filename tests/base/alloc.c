/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include "test.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void memory_comes_zeroed(void **state)
{
	unsigned char *bytes = bh_alloc(1000);

	(void)state;
	assert_true(is_zero(bytes, 1000));
	free(bytes);
}

static void nothing_is_still_something(void **state)
{
	void *none = bh_alloc(0), *also_none = bh_try_alloc(0, 0);

	(void)state;
	assert_non_null(none);
	assert_non_null(also_none);
	free(none);
	free(also_none);
}

static void a_product_that_wraps_is_refused(void **state)
{
	(void)state;
	/* More than there can be: not a matter of how much the machine has. */
	volatile size_t huge = SIZE_MAX / 2;
	assert_null(bh_try_alloc(huge, 3));
}

static void growing_keeps_items_and_is_geometric(void **state)
{
	int *items = NULL;
	size_t room = 0, moves = 0;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		size_t before = room;
		bh_grow((void **)&items, &room, i + 1, sizeof(*items));
		moves += room != before;
		items[i] = (int)i;
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(items[i], i);
	assert_in_range(moves, 1, 30);
	free(items);
}

static void text_is_formatted_at_any_length(void **state)
{
	char *text = bh_strf("%0500d|%s", 7, "x");

	(void)state;
	assert_int_equal(strlen(text), 502);
	assert_string_equal(text + 499, "7|x");
	free(text);
	text = bh_strndup("abcdef", 3);
	assert_string_equal(text, "abc");
	free(text);
}

static void an_arena_gives_zeroed_and_aligned_pieces(void **state)
{
	struct bh_arena arena;

	(void)state;
	bh_arena_init(&arena);
	for (size_t size = 1; size < 3000; size += 7) {
		unsigned char *piece = bh_arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
		assert_true(is_zero(piece, size));
		memset(piece, 0xa5, size);
	}
	bh_arena_finish(&arena);
	assert_int_equal(arena.total, 0);
}

static void a_large_piece_does_not_waste_the_block_being_filled(void **state)
{
	struct bh_arena arena;

	(void)state;
	bh_arena_init(&arena);
	char *first = bh_arena_alloc(&arena, 16);
	bh_arena_alloc(&arena, 1u << 20);
	char *second = bh_arena_alloc(&arena, 16);
	assert_ptr_equal(second, first + 16);
	bh_arena_finish(&arena);
}

static void an_arena_copies_what_it_is_given(void **state)
{
	struct bh_arena arena;
	char source[] = "abc";

	(void)state;
	bh_arena_init(&arena);
	char *copy = bh_arena_strdup(&arena, source);
	char *part = bh_arena_strndup(&arena, source, 2);
	char *text = bh_arena_strf(&arena, "%s-%d", source, 5);
	int *number = bh_arena_copy(&arena, &(int){42}, sizeof(int));
	source[0] = 'X';
	assert_string_equal(copy, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(text, "abc-5");
	assert_int_equal(*number, 42);
	bh_arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed),
		cmocka_unit_test(nothing_is_still_something),
		cmocka_unit_test(a_product_that_wraps_is_refused),
		cmocka_unit_test(growing_keeps_items_and_is_geometric),
		cmocka_unit_test(text_is_formatted_at_any_length),
		cmocka_unit_test(an_arena_gives_zeroed_and_aligned_pieces),
		cmocka_unit_test(a_large_piece_does_not_waste_the_block_being_filled),
		cmocka_unit_test(an_arena_copies_what_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
