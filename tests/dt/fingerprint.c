/* SPDX-License-Identifier: Apache-2.0 */
#include "dts.h"

#include "dt/fingerprint.h"

#include <string.h>

#define BOARD                                                                                    \
	"/ { chosen { bootargs = \"a\"; stdout-path = \"/s@1\"; }; memory@0 { device_type = "    \
	"\"memory\"; reg = <0 1>; }; s@1 { reg = <1>; local-mac-address = [00 01 02 03 04 05]; " \
	"}; t { }; };"

static uint64_t of(const char *text)
{
	struct bh_dt tree = dts(text);
	uint64_t fingerprint = bh_dt_fingerprint(&tree);

	bh_dt_finish(&tree);
	return fingerprint;
}

static void what_each_boot_writes_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(of(BOARD), of("/ { serial-number = \"1\"; chosen { rng-seed = <1 2>; "
				       "stdout-path = \"/s@1\"; };"
				       "s@1 { reg = <1>; }; t { }; };"));
}

static void order_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(of("/ { a = <1>; b = <2>; x { }; y { c; }; };"),
			 of("/ { b = <2>; a = <1>; y { c; }; x { }; };"));
}

static void memory_that_we_had_set_aside_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(
		of("/ { x { }; };"),
		of("/ { reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; "
		   "bulkhead-net@0 { compatible = \"bulkhead,memory\"; reg = <0 1>; }; }; x { "
		   "}; };"));
	assert_int_not_equal(of("/ { x { }; };"),
			     of("/ { reserved-memory { p@0 { }; }; x { }; };"));
}

static void everything_else_counts(void **state)
{
	const char *const others[] = {
		"/ { x { a = <1>; }; y { }; };",    /* a value */
		"/ { x { a = <2>; b; }; y { }; };", /* a property more */
		"/ { x { a = <2>; }; };",           /* a node less */
		"/ { x { a = <2>; y { }; }; };",    /* its place */
		"/ { x { b = <2>; }; y { }; };",    /* a name */
		"/ { x { }; y { a = <2>; }; };",    /* whose it is */
		"/ { chosen { stdout-path = \"y\"; }; x { a = <2>; }; y { }; };",
	};
	uint64_t here = of("/ { x { a = <2>; }; y { }; };");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_not_equal(here, of(others[i]));
}

/* It is written into configurations: it must never change for a tree. */
static void it_is_the_same_everywhere(void **state)
{
	(void)state;
	assert_true(of("/ { compatible = \"board\"; x@10 { reg = <0x10>; }; };") ==
		    0xaa3c05176d1220d7ull);
}

static void differences_are_counted_and_the_first_is_named(void **state)
{
	struct bh_dt a =
		dts("/ { w { v = <1>; }; x { a = <1>; }; old { p; q { }; }; y { b = <1>; }; };");
	struct bh_dt b =
		dts("/ { y { b = <1>; c; }; w { v = <1>; }; x { a = <2>; n@1 { }; }; m { }; };");
	struct bh_dt_difference d;

	(void)state;
	bh_dt_compare(&a, &b, &d);
	assert_int_equal(d.changed, 2);
	assert_string_equal(d.first_changed->name, "x");
	assert_string_equal(d.property, "a");
	assert_int_equal(d.removed, 1);
	assert_string_equal(d.first_removed->name, "old");
	assert_int_equal(d.added, 2);
	assert_string_equal(d.first_added->name, "n@1");
	bh_dt_compare(&a, &a, &d);
	assert_int_equal(d.changed + d.removed + d.added, 0);
	bh_dt_finish(&a);
	bh_dt_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_each_boot_writes_does_not_count),
		cmocka_unit_test(order_does_not_count),
		cmocka_unit_test(memory_that_we_had_set_aside_does_not_count),
		cmocka_unit_test(everything_else_counts),
		cmocka_unit_test(it_is_the_same_everywhere),
		cmocka_unit_test(differences_are_counted_and_the_first_is_named),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
