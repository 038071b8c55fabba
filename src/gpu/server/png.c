/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/png.h"

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

/* A copy of 258 bytes from 3 back (the pixel before): length code 285, distance code 2. */
static void put_run(struct bits *bits)
{
	put_symbol(bits, 285);
	put_bits(bits, 8, 5); /* code 2 with its five bits reversed */
}

#define RUN 258

static void deflate(struct bh_buf *out, const uint8_t *data, size_t size)
{
	struct bits bits = {out, 0, 0};
	size_t same = 0, at = 0;

	put_bits(&bits, 3, 3); /* the last block, with the fixed code */
	while (at < size) {
		same = 0;
		while (at >= 3 && at + same < size && same < RUN &&
		       data[at + same] == data[at + same - 3])
			same++;
		if (same == RUN) {
			put_run(&bits);
			at += RUN;
		} else {
			put_symbol(&bits, data[at++]);
		}
	}
	put_symbol(&bits, 256);
	put_bits(&bits, 0, 7);
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

void bh_png_write(struct bh_buf *out, const uint8_t *pixels, uint32_t width, uint32_t height,
		  int flip)
{
	static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	static const uint8_t format[5] = {8, 2, 0, 0, 0}; /* 8 bits, RGB */
	struct bh_buf header, raw, packed;

	bh_buf_init(&header);
	bh_buf_init(&raw);
	bh_buf_init(&packed);
	put32(&header, width);
	put32(&header, height);
	bh_buf_add(&header, format, sizeof(format));
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *row = pixels + (size_t)(flip ? height - 1 - y : y) * width * 4;

		bh_buf_addc(&raw, 0); /* no filter */
		for (uint32_t x = 0; x < width; x++, row += 4) {
			uint8_t rgb[3] = {row[2], row[1], row[0]};

			bh_buf_add(&raw, rgb, 3);
		}
	}
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
