/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/png.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void put32(struct bh_buf *out, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			    (uint8_t)value};

	bh_buf_add(out, bytes, 4);
}

static uint32_t crc(const uint8_t *data, size_t size)
{
	uint32_t value = ~0u;

	for (size_t i = 0; i < size; i++) {
		value ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
	}
	return ~value;
}

static void chunk(struct bh_buf *out, const char *type, const void *data, size_t size)
{
	size_t start;

	put32(out, (uint32_t)size);
	start = out->length;
	bh_buf_add(out, type, 4);
	bh_buf_add(out, data, size);
	put32(out, crc((const uint8_t *)out->data + start, size + 4));
}

/* Bits of a deflate stream, lowest first. */
struct bits {
	struct bh_buf *out;
	uint32_t value;
	unsigned count;
};

static void put_bits(struct bits *bits, uint32_t value, unsigned count)
{
	bits->value |= value << bits->count;
	bits->count += count;
	for (; bits->count >= 8; bits->count -= 8, bits->value >>= 8)
		bh_buf_addc(bits->out, (char)bits->value);
}

/* A symbol of the fixed Huffman code, whose bits go highest first. */
static void put_symbol(struct bits *bits, unsigned symbol)
{
	unsigned code, length, reversed = 0;

	if (symbol < 144) {
		code = 0x30 + symbol;
		length = 8;
	} else if (symbol < 256) {
		code = 0x190 + symbol - 144;
		length = 9;
	} else if (symbol < 280) {
		code = symbol - 256;
		length = 7;
	} else {
		code = 0xc0 + symbol - 280;
		length = 8;
	}
	for (unsigned i = 0; i < length; i++)
		reversed |= (code >> i & 1) << (length - 1 - i);
	put_bits(bits, reversed, length);
}

#define MATCH_MIN  3
#define MATCH_MAX  258
#define WINDOW     32768
#define HASH_BITS  15
#define HASH_EMPTY UINT32_MAX

/* Number of the last entry of a rising table that is not above the value. */
static unsigned find_code(const uint16_t *table, unsigned count, unsigned value)
{
	unsigned code = count - 1;

	while (table[code] > value)
		code--;
	return code;
}

/* A copy of `length` bytes from `distance` back, in deflate's codes. */
static void put_copy(struct bits *bits, unsigned length, unsigned distance)
{
	static const uint16_t lengths[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
					   15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
					   67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint16_t distances[] = {1,    2,    3,    4,     5,     7,    9,    13,
					     17,   25,   33,   49,    65,    97,   129,  193,
					     257,  385,  513,  769,   1025,  1537, 2049, 3073,
					     4097, 6145, 8193, 12289, 16385, 24577};
	unsigned code = find_code(lengths, 29, length), extra, reversed = 0;

	put_symbol(bits, 257 + code);
	extra = code < 8 || code == 28 ? 0 : code / 4 - 1;
	put_bits(bits, length - lengths[code], extra);
	code = find_code(distances, 30, distance);
	for (unsigned i = 0; i < 5; i++)
		reversed |= (code >> i & 1) << (4 - i);
	put_bits(bits, reversed, 5);
	extra = code < 4 ? 0 : code / 2 - 1;
	put_bits(bits, distance - distances[code], extra);
}

static unsigned hash_of(const uint8_t *data)
{
	uint32_t value = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];

	return (uint32_t)(value * 2654435761u) >> (32 - HASH_BITS);
}

static unsigned match_length(const uint8_t *a, const uint8_t *b, size_t room)
{
	unsigned length = 0, most = room < MATCH_MAX ? (unsigned)room : MATCH_MAX;

	while (length < most && a[length] == b[length])
		length++;
	return length;
}

/* Looks only at the last place where the same three bytes stood: enough for drawn pictures. */
static void deflate(struct bh_buf *out, const uint8_t *data, size_t size)
{
	uint32_t *last = bh_alloc(sizeof(*last) << HASH_BITS);
	struct bits bits = {out, 0, 0};

	memset(last, 0xff, sizeof(*last) << HASH_BITS);
	put_bits(&bits, 3, 3); /* the last block, with the fixed code */
	for (size_t at = 0; at < size;) {
		unsigned length = 0, hash;
		uint32_t from;

		if (size - at < MATCH_MIN) {
			put_symbol(&bits, data[at++]);
			continue;
		}
		hash = hash_of(data + at);
		from = last[hash];
		last[hash] = (uint32_t)at;
		if (from != HASH_EMPTY && at - from <= WINDOW)
			length = match_length(data + at, data + from, size - at);
		if (length >= MATCH_MIN) {
			put_copy(&bits, length, (unsigned)(at - from));
			at += length;
		} else {
			put_symbol(&bits, data[at++]);
		}
	}
	put_symbol(&bits, 256);
	put_bits(&bits, 0, 7);
	free(last);
}

static uint32_t adler(const uint8_t *data, size_t size)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < size; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* A row as PNG's filter 1 has it: each byte less the one of the pixel before. */
static void add_row(struct bh_buf *raw, const uint8_t *row, uint32_t width, unsigned channels)
{
	static const unsigned order[4] = {2, 1, 0, 3};
	uint8_t before[4] = {0};

	bh_buf_addc(raw, 1);
	for (uint32_t x = 0; x < width; x++, row += 4) {
		for (unsigned i = 0; i < channels; i++) {
			uint8_t value = row[order[i]];

			bh_buf_addc(raw, (char)(uint8_t)(value - before[i]));
			before[i] = value;
		}
	}
}

void bh_png_write(struct bh_buf *out, const uint8_t *pixels, uint32_t width, uint32_t height,
		  enum bh_png_alpha alpha, bool flip)
{
	static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	uint8_t format[5] = {8, alpha == BH_PNG_ALPHA ? 6 : 2, 0, 0, 0};
	struct bh_buf header, raw, packed;

	bh_buf_init(&header);
	bh_buf_init(&raw);
	bh_buf_init(&packed);
	put32(&header, width);
	put32(&header, height);
	bh_buf_add(&header, format, sizeof(format));
	for (uint32_t y = 0; y < height; y++)
		add_row(&raw, pixels + (size_t)(flip ? height - 1 - y : y) * width * 4, width,
			alpha == BH_PNG_ALPHA ? 4 : 3);
	bh_buf_add(&packed, "\x78\x01", 2);
	deflate(&packed, (const uint8_t *)raw.data, raw.length);
	put32(&packed, adler((const uint8_t *)raw.data, raw.length));
	bh_buf_add(out, magic, sizeof(magic));
	chunk(out, "IHDR", header.data, header.length);
	chunk(out, "IDAT", packed.data, packed.length);
	chunk(out, "IEND", "", 0);
	bh_buf_finish(&packed);
	bh_buf_finish(&raw);
	bh_buf_finish(&header);
}
