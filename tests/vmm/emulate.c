/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/emulate/emulate.h"
#include "test.h"

#include "vmm/emulate/translate.h"

#include <stdlib.h>
#include <string.h>

enum { REGISTERS = 0x9000 };

/* A vCPU, and one page of a device at REGISTERS. */
struct machine {
	uint64_t x[32];
	uint64_t v[32][2];
	uint8_t device[4096];
	unsigned accesses;
};

static int get(void *owner, unsigned reg, uint64_t *value)
{
	*value = ((struct machine *)owner)->x[reg];
	return 0;
}

static int set(void *owner, unsigned reg, uint64_t value)
{
	((struct machine *)owner)->x[reg] = value;
	return 0;
}

static int get_vector(void *owner, unsigned reg, uint64_t value[2])
{
	memcpy(value, ((struct machine *)owner)->v[reg], 16);
	return 0;
}

static int set_vector(void *owner, unsigned reg, const uint64_t value[2])
{
	memcpy(((struct machine *)owner)->v[reg], value, 16);
	return 0;
}

static uint64_t read_device(void *owner, uint64_t address, unsigned size)
{
	struct machine *m = owner;
	uint64_t value = 0;

	assert_true(address >= REGISTERS && address + size <= REGISTERS + sizeof(m->device));
	memcpy(&value, m->device + (address - REGISTERS), size);
	m->accesses++;
	return value;
}

static void write_device(void *owner, uint64_t address, unsigned size, uint64_t value)
{
	struct machine *m = owner;

	assert_true(address >= REGISTERS && address + size <= REGISTERS + sizeof(m->device));
	memcpy(m->device + (address - REGISTERS), &value, size);
	m->accesses++;
}

/* Runs one instruction whose first byte is at REGISTERS + `at`. */
static bool run(struct machine *m, uint32_t word, uint64_t at)
{
	const struct bh_emulation emulation = {.get = get,
					       .set = set,
					       .get_vector = get_vector,
					       .set_vector = set_vector,
					       .read = read_device,
					       .write = write_device,
					       .owner = m};
	struct bh_access access;

	return bh_decode(word, &access) && bh_emulate(&emulation, &access, REGISTERS + at);
}

static uint64_t word_at(const struct machine *m, unsigned offset)
{
	uint64_t value;

	memcpy(&value, m->device + offset, sizeof(value));
	return value;
}

static struct machine *machine(void)
{
	static struct machine m;

	memset(&m, 0, sizeof(m));
	for (unsigned i = 0; i < sizeof(m.device); i++)
		m.device[i] = (uint8_t)(0x80 + i);
	return &m;
}

static void post_index_changes_the_base_afterwards(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[4] = 0xffff000000001010;
	m->x[3] = 0x1122334455667788;
	assert_true(run(m, 0xb8004483, 0x10)); /* str w3, [x4], #4 */
	assert_int_equal(word_at(m, 0x10) & 0xffffffff, 0x55667788);
	assert_int_equal(m->device[0x14], 0x94);
	assert_int_equal(m->x[4], 0xffff000000001014);
}

static void pre_index_changes_the_base_before(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[6] = 0x5011;
	assert_true(run(m, 0x385ffcc5, 0x10)); /* ldrb w5, [x6, #-1]! */
	assert_int_equal(m->x[5], 0x90);
	assert_int_equal(m->x[6], 0x5010);
}

static void signs_are_extended_as_far_as_the_register_goes(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[8] = 0;
	assert_true(run(m, 0x79800d07, 6)); /* ldrsh x7, [x8, #6] */
	assert_int_equal(m->x[7], 0xffffffffffff8786);
	assert_true(run(m, 0x79c00d07, 6)); /* ldrsh w7, [x8, #6] */
	assert_int_equal(m->x[7], 0xffff8786);
	m->x[31] = 8;
	assert_true(run(m, 0xb89fc3e7, 4)); /* ldrsw x7, [sp, #-4] */
	assert_int_equal(m->x[7], 0xffffffff87868584);
}

static void an_offset_register_is_extended_and_shifted(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[12] = 0x100;
	m->x[13] = 0xffffffff00000002;
	assert_true(run(m, 0xf86d598b, 0x110)); /* ldr x11, [x12, w13, uxtw #3] */
	assert_int_equal(m->x[11], word_at(m, 0x110));
	m->x[13] = 0xfffffffe;
	assert_true(run(m, 0xb82dd98b, 0xf8)); /* str w11, [x12, w13, sxtw #2] */
	m->x[13] = 0x20;
	assert_true(run(m, 0xb86d698b, 0x120)); /* ldr w11, [x12, x13] */
	assert_int_equal(m->x[11], word_at(m, 0x120) & 0xffffffff);
}

static void pairs_lie_next_to_each_other(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[16] = 0x110;
	assert_true(run(m, 0xa97f3e0e, 0x100)); /* ldp x14, x15, [x16, #-16] */
	assert_int_equal(m->x[14], word_at(m, 0x100));
	assert_int_equal(m->x[15], word_at(m, 0x108));
	m->x[31] = 0x200;
	m->x[17] = 1;
	m->x[18] = 2;
	assert_true(run(m, 0x29814bf1, 0x208)); /* stp w17, w18, [sp, #8]! */
	assert_int_equal(word_at(m, 0x208), 0x200000001);
	assert_int_equal(m->x[31], 0x208);
	m->x[2] = 0x208;
	assert_true(run(m, 0x28c17c41, 0x208)); /* ldp w1, wzr, [x2], #8 */
	assert_int_equal(m->x[1], 1);
	assert_int_equal(m->x[2], 0x210);
	assert_int_equal(m->x[31], 0x208);
	m->x[21] = 0x80;
	assert_true(run(m, 0x6940d2b3, 0x84)); /* ldpsw x19, x20, [x21, #4] */
	assert_int_equal(m->x[20], 0x000000000b0a0908);
	m->x[3] = 0;
	assert_true(run(m, 0xa8410861, 0x10)); /* ldnp x1, x2, [x3, #16] */
	assert_int_equal(m->x[2], word_at(m, 0x18));
}

static void vectors_are_moved_in_halves(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[23] = 0;
	assert_true(run(m, 0x3dc00af6, 0x20)); /* ldr q22, [x23, #32] */
	assert_int_equal(m->accesses, 2);
	assert_memory_equal(m->v[22], m->device + 0x20, 16);
	m->v[24][0] = 0x1234567812345678;
	m->x[25] = 0x40;
	assert_true(run(m, 0xfc008738, 0x40)); /* str d24, [x25], #8 */
	assert_int_equal(word_at(m, 0x40), 0x1234567812345678);
	memset(m->v[26], 1, 32);
	m->x[28] = 0x80;
	assert_true(run(m, 0xad006f9a, 0x80)); /* stp q26, q27, [x28] */
	assert_memory_equal(m->device + 0x80, m->v[26], 32);
	m->x[3] = 0x100;
	m->v[1][1] = 7;
	assert_true(run(m, 0x2d408861, 0x104)); /* ldp s1, s2, [x3, #4] */
	assert_int_equal(m->v[1][0], 0x87868584);
	assert_int_equal(m->v[1][1], 0);
	m->x[30] = 0;
	m->v[29][0] = 0xabcd;
	assert_true(run(m, 0x3d0003dd, 0)); /* str b29, [x30] */
	assert_int_equal(m->device[0], 0xcd);
}

static void what_is_no_plain_access_is_not_guessed(void **state)
{
	static const uint32_t words[] = {
		0xf9800020, /* prfm pldl1keep, [x1] */
		0xc85f7c41, /* ldxr x1, [x2] */
		0xf8210062, /* ldadd x1, x2, [x3] */
		0x58000001, /* ldr x1, . */
		0xd50b7421, /* dc zva, x1 */
		0x8b030041, /* add x1, x2, x3 */
		0x4c407020, /* ld1 {v0.16b}, [x1] */
		0,          0xffffffff,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_false(run(machine(), words[i], 0));
}

static void an_access_that_began_elsewhere_is_left_alone(void **state)
{
	struct machine *m = machine();

	(void)state;
	m->x[16] = 0x1008;
	/* ldp x14, x15, [x16, #-16]: its second half alone is in the device's page. */
	assert_false(run(m, 0xa97f3e0e, 0));
	m->x[16] = 0x1008;
	assert_false(run(m, 0xa97f3e0e, 0xff8));
	assert_int_equal(m->accesses, 0);
}

/* Tables of 4 KiB pages in memory at 0x80000000: at its begin the first, then the others. */
struct tables {
	uint64_t entries[5][512];
};

static struct bh_ram ram_of(void *memory, uint64_t size)
{
	return (struct bh_ram){.host = memory, .guest = {0x80000000, size}, .fd = -1};
}

static void addresses_are_found_in_the_guests_tables(void **state)
{
	struct tables *t = calloc(1, sizeof(*t));
	const struct bh_ram ram = ram_of(t, sizeof(*t));
	/* 48 bits and 4 KiB on both sides. */
	const struct bh_translation how = {
		.sctlr = 1, .tcr = 16 | 16 << 16 | UINT64_C(2) << 30, .ttbr1 = 0x80000000};
	uint64_t guest;

	(void)state;
	t->entries[0][256] = 0x80001003;
	t->entries[1][0] = 0x80002003;
	t->entries[1][1] = 0x0000000040000401; /* a block of 1 GiB */
	t->entries[2][1] = 0x80003003;
	t->entries[2][2] = 0x0060000080600711; /* a block of 2 MiB */
	t->entries[3][5] = 0x00400000fffff783;
	assert_true(bh_translate(&ram, &how, 0xffff800000205123, &guest));
	assert_int_equal(guest, 0xfffff123);
	assert_true(bh_translate(&ram, &how, 0xffff800000412345, &guest));
	assert_int_equal(guest, 0x80612345);
	assert_true(bh_translate(&ram, &how, 0xffff800040000010, &guest));
	assert_int_equal(guest, 0x40000010);
	assert_false(bh_translate(&ram, &how, 0xffff800000206000, &guest));
	/* The last level knows no blocks. */
	t->entries[3][6] = 0x80000001;
	assert_false(bh_translate(&ram, &how, 0xffff800000206000, &guest));
	free(t);
}

static void a_short_first_table_has_few_entries(void **state)
{
	struct tables *t = calloc(1, sizeof(*t));
	const struct bh_ram ram = ram_of(t, sizeof(*t));
	/* 39 bits of 16 KiB: two levels and a bit. */
	const struct bh_translation how = {.sctlr = 1, .tcr = 25 | 2 << 14, .ttbr0 = 0x80000000};
	uint64_t guest;

	(void)state;
	t->entries[0][7] = 0x80000003;
	t->entries[0][9] = 0x42000001; /* a block of 32 MiB */
	assert_true(bh_translate(&ram, &how, UINT64_C(7) << 36 | 9 << 25 | 0x123, &guest));
	assert_int_equal(guest, 0x42000123);
	assert_false(bh_translate(&ram, &how, UINT64_C(6) << 36, &guest));
	free(t);
}

static void addresses_of_52_bits_have_a_level_more(void **state)
{
	struct tables *t = calloc(1, sizeof(*t));
	const struct bh_ram ram = ram_of(t, sizeof(*t));
	const struct bh_translation how = {
		.sctlr = 1, .tcr = 12 | UINT64_C(1) << 59, .ttbr0 = UINT64_C(5) << 48 | 0x80000001};
	uint64_t guest;

	(void)state;
	t->entries[0][0] = 0x80001003;
	t->entries[1][0] = 0x80002003;
	t->entries[2][0] = 0x80003003;
	t->entries[3][2] = 0x80004003;
	t->entries[4][0] = 0x0060000090000443;
	t->entries[4][1] = 0x0061000090000743;
	assert_true(bh_translate(&ram, &how, 0x40059c, &guest));
	assert_int_equal(guest, 0x9000059c);
	assert_true(bh_translate(&ram, &how, 0x40159c, &guest));
	assert_int_equal(guest, 0xd00009000059c);
	free(t);
}

static void without_tables_addresses_are_what_they_are(void **state)
{
	const struct bh_ram ram = ram_of(NULL, 0);
	const struct bh_translation how = {.sctlr = 0};
	uint64_t guest;

	(void)state;
	assert_true(bh_translate(&ram, &how, 0x1234, &guest));
	assert_int_equal(guest, 0x1234);
}

static void tables_outside_memory_are_no_tables(void **state)
{
	struct tables *t = calloc(1, sizeof(*t));
	const struct bh_ram ram = ram_of(t, sizeof(*t));
	struct bh_translation how = {.sctlr = 1, .tcr = 16, .ttbr0 = 0x80000000};
	uint64_t guest;

	(void)state;
	t->entries[0][0] = 0xfffffffff003;
	assert_false(bh_translate(&ram, &how, 0, &guest));
	how.ttbr0 = 0x70000000;
	assert_false(bh_translate(&ram, &how, 0, &guest));
	how.tcr = 0; /* 64 bits */
	assert_false(bh_translate(&ram, &how, 0, &guest));
	how.tcr = 16 | UINT64_C(3) << 14;
	assert_false(bh_translate(&ram, &how, 0, &guest));
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(post_index_changes_the_base_afterwards),
		cmocka_unit_test(pre_index_changes_the_base_before),
		cmocka_unit_test(signs_are_extended_as_far_as_the_register_goes),
		cmocka_unit_test(an_offset_register_is_extended_and_shifted),
		cmocka_unit_test(pairs_lie_next_to_each_other),
		cmocka_unit_test(vectors_are_moved_in_halves),
		cmocka_unit_test(what_is_no_plain_access_is_not_guessed),
		cmocka_unit_test(an_access_that_began_elsewhere_is_left_alone),
		cmocka_unit_test(addresses_are_found_in_the_guests_tables),
		cmocka_unit_test(a_short_first_table_has_few_entries),
		cmocka_unit_test(addresses_of_52_bits_have_a_level_more),
		cmocka_unit_test(without_tables_addresses_are_what_they_are),
		cmocka_unit_test(tables_outside_memory_are_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
