/* SPDX-License-Identifier: Apache-2.0 */
#include "base/blob.h"

#include <stdint.h>
#include <string.h>

enum { MAGIC = 0, TOTAL = 1, STRUCT = 2, STRINGS = 3, RESERVED = 4, VERSION = 5, COMPATIBLE = 6 };
enum { STRINGS_SIZE = 8, STRUCT_SIZE = 9, HEADER_WORDS = 10 };
enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

static uint32_t word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* A run of bytes and how far it was read. at <= size always. */
struct part {
	const uint8_t *bytes;
	size_t size, at;
};

static bool part_of(const uint8_t *blob, uint32_t total, uint32_t offset, uint32_t size,
		    struct part *part)
{
	if (offset > total || size > total - offset)
		return false;
	*part = (struct part){.bytes = blob + offset, .size = size};
	return true;
}

static bool next_word(struct part *part, uint32_t *value)
{
	if (part->size - part->at < 4)
		return false;
	*value = word(part->bytes + part->at);
	part->at += 4;
	return true;
}

/* Passes `size` bytes and the padding behind them. */
static bool skip(struct part *part, size_t size)
{
	if (size > part->size - part->at)
		return false;
	part->at += size;
	size_t padding = -part->at & 3;
	if (padding > part->size - part->at)
		return false;
	part->at += padding;
	return true;
}

static bool skip_name(struct part *part)
{
	const uint8_t *name = part->bytes + part->at;
	const uint8_t *end = memchr(name, '\0', part->size - part->at);

	return end && skip(part, (size_t)(end - name) + 1);
}

static bool skip_property(struct part *part, const struct part *strings)
{
	uint32_t size, name;

	if (!next_word(part, &size) || !next_word(part, &name) || name >= strings->size)
		return false;
	return memchr(strings->bytes + name, '\0', strings->size - name) && skip(part, size);
}

static bool structure_is_sound(struct part *part, const struct part *strings)
{
	unsigned depth = 0, roots = 0;
	uint32_t token;

	while (next_word(part, &token)) {
		switch (token) {
		case BEGIN_NODE:
			roots += !depth;
			if (depth++ == BH_BLOB_DEPTH_MAX || roots > 1 || !skip_name(part))
				return false;
			break;
		case END_NODE:
			if (!depth--)
				return false;
			break;
		case PROPERTY:
			if (!depth || !skip_property(part, strings))
				return false;
			break;
		case NOP:
			break;
		case END:
			return !depth && roots == 1;
		default:
			return false;
		}
	}
	return false;
}

/* Pairs of 64-bit words, the last of them zero. */
static bool reservations_end(const uint8_t *blob, uint32_t total, uint32_t offset)
{
	static const uint8_t zero[16];

	for (; offset <= total && total - offset >= sizeof(zero); offset += sizeof(zero)) {
		if (!memcmp(blob + offset, zero, sizeof(zero)))
			return true;
	}
	return false;
}

bool bh_blob_is_sound(const void *data, size_t size)
{
	const uint8_t *blob = data;
	uint32_t header[HEADER_WORDS];
	struct part structure, strings;

	if (size < sizeof(header))
		return false;
	for (unsigned i = 0; i < HEADER_WORDS; i++)
		header[i] = word(blob + 4 * (size_t)i);
	uint32_t total = header[TOTAL];
	if (header[MAGIC] != 0xd00dfeed || header[VERSION] != 17 || header[COMPATIBLE] > 17 ||
	    total > size || total > INT32_MAX || total < sizeof(header) ||
	    header[STRUCT] < sizeof(header) || header[STRUCT] % 4 || header[RESERVED] % 8 ||
	    header[RESERVED] < sizeof(header))
		return false;
	return part_of(blob, total, header[STRUCT], header[STRUCT_SIZE], &structure) &&
	       part_of(blob, total, header[STRINGS], header[STRINGS_SIZE], &strings) &&
	       reservations_end(blob, total, header[RESERVED]) &&
	       structure_is_sound(&structure, &strings);
}
