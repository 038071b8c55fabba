/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/alloc.h"
#include "test.h"

#include <stdlib.h>

static void what_is_set_is_found_and_nothing_else(void **state)
{
	struct bh_map map;
	int one, two;

	(void)state;
	bh_map_init(&map);
	assert_null(bh_map_get(&map, "a"));
	bh_map_set(&map, "a", &one);
	bh_map_set(&map, "", &two);
	assert_ptr_equal(bh_map_get(&map, "a"), &one);
	assert_ptr_equal(bh_map_get(&map, ""), &two);
	assert_null(bh_map_get(&map, "b"));
	assert_null(bh_map_get(&map, "aa"));
	bh_map_finish(&map);
}

static void setting_again_replaces(void **state)
{
	struct bh_map map;
	int one, two;

	(void)state;
	bh_map_init(&map);
	bh_map_set(&map, "a", &one);
	bh_map_set(&map, "a", &two);
	assert_ptr_equal(bh_map_get(&map, "a"), &two);
	assert_int_equal(map.count, 1);
	bh_map_finish(&map);
}

static void many_keys_are_all_found(void **state)
{
	struct bh_map texts, numbers;
	struct bh_arena arena;

	(void)state;
	bh_map_init(&texts);
	bh_map_init(&numbers);
	bh_arena_init(&arena);
	for (uintptr_t i = 1; i <= 20000; i++) {
		bh_map_set(&texts, bh_arena_strf(&arena, "key number %d", (int)i), (void *)i);
		bh_map_set_u64(&numbers, i << 32, (void *)i);
	}
	for (uintptr_t i = 1; i <= 20000; i++) {
		char *key = bh_strf("key number %d", (int)i);
		assert_ptr_equal(bh_map_get(&texts, key), (void *)i);
		assert_ptr_equal(bh_map_get_u64(&numbers, i << 32), (void *)i);
		free(key);
	}
	assert_int_equal(texts.count, 20000);
	assert_null(bh_map_get(&texts, "key number 20001"));
	assert_null(bh_map_get_u64(&numbers, 7));
	bh_arena_finish(&arena);
	bh_map_finish(&texts);
	bh_map_finish(&numbers);
}

static void keys_by_length_may_hold_nuls(void **state)
{
	struct bh_map map;
	int one, two, three;

	(void)state;
	bh_map_init(&map);
	bh_map_set_bytes(&map, "a\0b", 3, &one);
	bh_map_set_bytes(&map, "a\0c", 3, &two);
	bh_map_set_bytes(&map, "a", 1, &three);
	assert_ptr_equal(bh_map_get_bytes(&map, "a\0b", 3), &one);
	assert_ptr_equal(bh_map_get_bytes(&map, "a\0c", 3), &two);
	assert_ptr_equal(bh_map_get(&map, "a"), &three);
	assert_null(bh_map_get_bytes(&map, "a\0", 2));
	bh_map_finish(&map);
}

static void the_numbers_at_both_ends_are_keys(void **state)
{
	struct bh_map map;
	int one, two;

	(void)state;
	bh_map_init(&map);
	bh_map_set_u64(&map, 0, &one);
	bh_map_set_u64(&map, UINT64_MAX, &two);
	assert_ptr_equal(bh_map_get_u64(&map, 0), &one);
	assert_ptr_equal(bh_map_get_u64(&map, UINT64_MAX), &two);
	bh_map_finish(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_found_and_nothing_else),
		cmocka_unit_test(setting_again_replaces),
		cmocka_unit_test(many_keys_are_all_found),
		cmocka_unit_test(keys_by_length_may_hold_nuls),
		cmocka_unit_test(the_numbers_at_both_ends_are_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
