/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/width.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads one character; returns its bytes, at least 1. *point is UINT32_MAX for a byte that begins
 * none.
 */
static size_t next_character(const unsigned char *text, size_t bytes, uint32_t *point)
{
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	*point = UINT32_MAX;
	if (!length || length > bytes)
		return 1;
	uint32_t value = length == 1 ? text[0] : text[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (text[i] & 0x3f);
	}
	if ((length == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))) ||
	    (length == 4 && (value < 0x10000 || value > 0x10ffff)))
		return 1;
	*point = value;
	return length;
}

struct block {
	uint32_t first, last;
};

static bool in_blocks(const struct block *blocks, size_t count, uint32_t point)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= blocks[i].first && point <= blocks[i].last)
			return true;
	}
	return false;
}

static size_t width(uint32_t point)
{
	static const struct block none[] = {
		{0x300, 0x36f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}};
	static const struct block two[] = {
		{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},
		{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
		{0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
		{0x20000, 0x3fffd},
	};

	if (point < 0x300)
		return 1;
	if (in_blocks(none, sizeof(none) / sizeof(*none), point))
		return 0;
	return in_blocks(two, sizeof(two) / sizeof(*two), point) ? 2 : 1;
}

size_t bh_columns(const char *text, size_t bytes)
{
	size_t count = 0;
	uint32_t point;

	while (bytes) {
		size_t length = next_character((const unsigned char *)text, bytes, &point);
		count += width(point);
		text += length;
		bytes -= length;
	}
	return count;
}

void bh_add_visible(struct bh_buf *out, const char *text, size_t bytes)
{
	uint32_t point;

	while (bytes) {
		size_t length = next_character((const unsigned char *)text, bytes, &point);
		if (point == '\t')
			bh_buf_addc(out, ' ');
		else if (point < ' ' || (point >= 0x7f && point < 0xa0) || point == UINT32_MAX)
			bh_buf_addc(out, '?');
		else
			bh_buf_add(out, text, length);
		text += length;
		bytes -= length;
	}
}
