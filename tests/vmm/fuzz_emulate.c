/* SPDX-License-Identifier: Apache-2.0 */
/* Any instruction with any registers touches one page, and the registers that it names; any page
 * tables are walked inside memory. */
#include "vmm/emulate/emulate.h"
#include "vmm/emulate/translate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint32_t word, unused;
	uint64_t guest, base;
	struct bh_translation how;
	uint64_t address;
};

struct cpu {
	const struct input *input;
	const struct bh_access *access;
};

static int get(void *owner, unsigned reg, uint64_t *value)
{
	const struct cpu *cpu = owner;

	if (reg > 31)
		abort();
	*value = reg == cpu->access->base ? cpu->input->base : cpu->input->address;
	return 0;
}

static int set(void *owner, unsigned reg, uint64_t value)
{
	(void)owner;
	(void)value;
	if (reg > 31)
		abort();
	return 0;
}

static int get_vector(void *owner, unsigned reg, uint64_t value[2])
{
	return get(owner, reg, value) || get(owner, reg, value + 1);
}

static int set_vector(void *owner, unsigned reg, const uint64_t value[2])
{
	return set(owner, reg, value[0]);
}

static void check(const struct cpu *cpu, uint64_t address, unsigned size)
{
	if (address >> 12 != cpu->input->guest >> 12 || (address + size - 1) >> 12 != address >> 12)
		abort();
	if (size != 1 && size != 2 && size != 4 && size != 8)
		abort();
}

static uint64_t read_device(void *owner, uint64_t address, unsigned size)
{
	check(owner, address, size);
	return size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
}

static void write_device(void *owner, uint64_t address, unsigned size, uint64_t value)
{
	(void)value;
	check(owner, address, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_access access;
	struct input input;
	struct cpu cpu = {&input, &access};
	const struct bh_emulation emulation = {.get = get,
					       .set = set,
					       .get_vector = get_vector,
					       .set_vector = set_vector,
					       .read = read_device,
					       .write = write_device,
					       .owner = &cpu};
	uint64_t guest;

	if (size < sizeof(input))
		return 0;
	memcpy(&input, data, sizeof(input));
	if (bh_decode(input.word, &access))
		bh_emulate(&emulation, &access, input.guest);

	size_t rest = (size - sizeof(input)) / 8 * 8;
	uint8_t *memory = rest ? malloc(rest) : NULL;
	const struct bh_ram ram = {.host = memory, .guest = {0x1000, rest}, .fd = -1};
	if (rest)
		memcpy(memory, data + sizeof(input), rest);
	bh_translate(&ram, &input.how, input.address, &guest);
	free(memory);
	return 0;
}
