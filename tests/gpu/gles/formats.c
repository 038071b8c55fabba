/* SPDX-License-Identifier: Apache-2.0 */
/* Each sized format of GLES 3.0 for colours: uploaded, fetched by a shader, drawn to, read back. */
#include "check.h"

#include <math.h>
#include <string.h>

#define SIDE 32

enum kind { UNORM, SNORM, FLOAT, UINT, SINT };

static const struct format {
	const char *name;
	GLenum internal, pixels, type;
	uint8_t channels, kind;
	bool drawn, srgb;
} formats[] = {
#define F(name, pixels, type, channels, kind, drawn)                                   \
	{                                                                              \
#name, GL_##name, GL_##pixels, GL_##type, channels, kind, drawn, false \
	}
	F(R8, RED, UNSIGNED_BYTE, 1, UNORM, true),
	F(RG8, RG, UNSIGNED_BYTE, 2, UNORM, true),
	F(RGB8, RGB, UNSIGNED_BYTE, 3, UNORM, true),
	F(RGBA8, RGBA, UNSIGNED_BYTE, 4, UNORM, true),
	{"SRGB8", GL_SRGB8, GL_RGB, GL_UNSIGNED_BYTE, 3, UNORM, false, true},
	{"SRGB8_ALPHA8", GL_SRGB8_ALPHA8, GL_RGBA, GL_UNSIGNED_BYTE, 4, UNORM, true, true},
	F(R8_SNORM, RED, BYTE, 1, SNORM, false),
	F(RG8_SNORM, RG, BYTE, 2, SNORM, false),
	F(RGB8_SNORM, RGB, BYTE, 3, SNORM, false),
	F(RGBA8_SNORM, RGBA, BYTE, 4, SNORM, false),
	F(RGB565, RGB, UNSIGNED_SHORT_5_6_5, 3, UNORM, true),
	F(RGBA4, RGBA, UNSIGNED_SHORT_4_4_4_4, 4, UNORM, true),
	F(RGB5_A1, RGBA, UNSIGNED_SHORT_5_5_5_1, 4, UNORM, true),
	F(RGB10_A2, RGBA, UNSIGNED_INT_2_10_10_10_REV, 4, UNORM, true),
	F(RGB10_A2UI, RGBA_INTEGER, UNSIGNED_INT_2_10_10_10_REV, 4, UINT, true),
	F(R11F_G11F_B10F, RGB, UNSIGNED_INT_10F_11F_11F_REV, 3, FLOAT, true),
	F(RGB9_E5, RGB, UNSIGNED_INT_5_9_9_9_REV, 3, FLOAT, false),
	F(R16F, RED, HALF_FLOAT, 1, FLOAT, true),
	F(RG16F, RG, HALF_FLOAT, 2, FLOAT, true),
	F(RGB16F, RGB, HALF_FLOAT, 3, FLOAT, false),
	F(RGBA16F, RGBA, HALF_FLOAT, 4, FLOAT, true),
	F(R32F, RED, FLOAT, 1, FLOAT, true),
	F(RG32F, RG, FLOAT, 2, FLOAT, true),
	F(RGB32F, RGB, FLOAT, 3, FLOAT, false),
	F(RGBA32F, RGBA, FLOAT, 4, FLOAT, true),
	F(R8UI, RED_INTEGER, UNSIGNED_BYTE, 1, UINT, true),
	F(RG8UI, RG_INTEGER, UNSIGNED_BYTE, 2, UINT, true),
	F(RGB8UI, RGB_INTEGER, UNSIGNED_BYTE, 3, UINT, false),
	F(RGBA8UI, RGBA_INTEGER, UNSIGNED_BYTE, 4, UINT, true),
	F(R8I, RED_INTEGER, BYTE, 1, SINT, true),
	F(RG8I, RG_INTEGER, BYTE, 2, SINT, true),
	F(RGB8I, RGB_INTEGER, BYTE, 3, SINT, false),
	F(RGBA8I, RGBA_INTEGER, BYTE, 4, SINT, true),
	F(R16UI, RED_INTEGER, UNSIGNED_SHORT, 1, UINT, true),
	F(RG16UI, RG_INTEGER, UNSIGNED_SHORT, 2, UINT, true),
	F(RGB16UI, RGB_INTEGER, UNSIGNED_SHORT, 3, UINT, false),
	F(RGBA16UI, RGBA_INTEGER, UNSIGNED_SHORT, 4, UINT, true),
	F(R16I, RED_INTEGER, SHORT, 1, SINT, true),
	F(RG16I, RG_INTEGER, SHORT, 2, SINT, true),
	F(RGB16I, RGB_INTEGER, SHORT, 3, SINT, false),
	F(RGBA16I, RGBA_INTEGER, SHORT, 4, SINT, true),
	F(R32UI, RED_INTEGER, UNSIGNED_INT, 1, UINT, true),
	F(RG32UI, RG_INTEGER, UNSIGNED_INT, 2, UINT, true),
	F(RGB32UI, RGB_INTEGER, UNSIGNED_INT, 3, UINT, false),
	F(RGBA32UI, RGBA_INTEGER, UNSIGNED_INT, 4, UINT, true),
	F(R32I, RED_INTEGER, INT, 1, SINT, true),
	F(RG32I, RG_INTEGER, INT, 2, SINT, true),
	F(RGB32I, RGB_INTEGER, INT, 3, SINT, false),
	F(RGBA32I, RGBA_INTEGER, INT, 4, SINT, true),
};

/* Where a packed type has its channels: bits and the lowest of them. */
static bool packed_bits(GLenum type, unsigned c, unsigned *bits, unsigned *shift)
{
	static const struct {
		GLenum type;
		uint8_t bits[4], shift[4];
	} packed[] = {
		{GL_UNSIGNED_SHORT_5_6_5, {5, 6, 5}, {11, 5, 0}},
		{GL_UNSIGNED_SHORT_4_4_4_4, {4, 4, 4, 4}, {12, 8, 4, 0}},
		{GL_UNSIGNED_SHORT_5_5_5_1, {5, 5, 5, 1}, {11, 6, 1, 0}},
		{GL_UNSIGNED_INT_2_10_10_10_REV, {10, 10, 10, 2}, {0, 10, 20, 30}},
		{GL_UNSIGNED_INT_10F_11F_11F_REV, {11, 11, 10}, {0, 11, 22}},
		{GL_UNSIGNED_INT_5_9_9_9_REV, {9, 9, 9}, {0, 9, 18}},
	};

	for (unsigned i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		if (packed[i].type != type)
			continue;
		*bits = packed[i].bits[c];
		*shift = packed[i].shift[c];
		return true;
	}
	return false;
}

static unsigned channel_bytes(GLenum type)
{
	switch (type) {
	case GL_BYTE:
	case GL_UNSIGNED_BYTE:
		return 1;
	case GL_SHORT:
	case GL_UNSIGNED_SHORT:
	case GL_HALF_FLOAT:
		return 2;
	default:
		return 4;
	}
}

static unsigned texel_bytes(const struct format *f)
{
	unsigned bits, shift;

	if (packed_bits(f->type, 0, &bits, &shift))
		return bits < 9 ? 2 : 4;
	return channel_bytes(f->type) * f->channels;
}

static double small_float(unsigned raw, unsigned mantissa_bits)
{
	unsigned mantissa = raw & ((1u << mantissa_bits) - 1), exponent = raw >> mantissa_bits & 31;
	double sign = raw >> (mantissa_bits + 5) & 1 ? -1 : 1;

	if (!exponent)
		return sign * ldexp(mantissa, -14 - (int)mantissa_bits);
	return sign *
	       ldexp((1u << mantissa_bits) + mantissa, (int)exponent - 15 - (int)mantissa_bits);
}

static double from_srgb(double v)
{
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double number_of(const struct format *f, uint32_t raw, unsigned bits, unsigned c)
{
	double most = ldexp(1, (int)bits) - 1, value;
	float single;

	switch (f->kind) {
	case UNORM:
		value = raw / most;
		return f->srgb && c < 3 ? from_srgb(value) : value;
	case SNORM:
		return fmax((int8_t)raw / 127.0, -1);
	case FLOAT:
		if (bits < 32)
			return small_float(raw, bits == 16 ? 10 : bits - 5);
		memcpy(&single, &raw, 4);
		return (double)single;
	case SINT:
		return bits == 8 ? (int8_t)raw : bits == 16 ? (int16_t)raw : (int32_t)raw;
	default:
		return raw;
	}
}

static double channel_of(const struct format *f, const uint8_t *texel, unsigned c)
{
	unsigned bits, shift;
	uint32_t raw = 0;

	if (c >= f->channels)
		return c == 3;
	if (packed_bits(f->type, c, &bits, &shift)) {
		memcpy(&raw, texel, texel_bytes(f));
		if (f->type == GL_UNSIGNED_INT_5_9_9_9_REV)
			return ldexp(raw >> shift & 511, (int)(raw >> 27) - 24);
		return number_of(f, raw >> shift & ((1u << bits) - 1), bits, c);
	}
	bits = channel_bytes(f->type) * 8;
	memcpy(&raw, texel + c * bits / 8, bits / 8);
	return number_of(f, raw, bits, c);
}

/* Any bits; floats without infinities and NaNs. */
static void fill(const struct format *f, uint8_t *data, unsigned size)
{
	uint32_t state = f->internal * 7919u;

	for (unsigned i = 0; i < size; i += 4) {
		uint32_t word = next_number(&state);

		if (f->type == GL_HALF_FLOAT)
			word &= 0xdfffdfff;
		if (f->type == GL_FLOAT)
			word = (word & 0x8fffffff) | 0x30000000;
		if (f->type == GL_UNSIGNED_INT_10F_11F_11F_REV)
			word &= ~(1u << 9 | 1u << 20 | 1u << 30);
		memcpy(data + i, &word, size - i < 4 ? size - i : 4);
	}
}

static const char *fetch_text(unsigned kind)
{
	switch (kind) {
	case UINT:
		return "uniform highp usampler2D image; out uvec4 color;\n"
		       "void main() { color = texelFetch(image, ivec2(gl_FragCoord.xy), 0); }\n";
	case SINT:
		return "uniform highp isampler2D image; out ivec4 color;\n"
		       "void main() { color = texelFetch(image, ivec2(gl_FragCoord.xy), 0); }\n";
	default:
		return "uniform highp sampler2D image; out vec4 color;\n"
		       "void main() { color = texelFetch(image, ivec2(gl_FragCoord.xy), 0); }\n";
	}
}

/* The bound framebuffer as numbers. */
static void read_numbers(unsigned kind, bool bytes, double *out)
{
	static union {
		float f[SIDE * SIDE * 4];
		int32_t i[SIDE * SIDE * 4];
		uint32_t u[SIDE * SIDE * 4];
		uint8_t b[SIDE * SIDE * 4];
	} found;

	memset(&found, 0x5a, sizeof(found));
	if (kind == UINT)
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA_INTEGER, GL_UNSIGNED_INT, &found);
	else if (kind == SINT)
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA_INTEGER, GL_INT, &found);
	else
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, bytes ? GL_UNSIGNED_BYTE : GL_FLOAT,
			     &found);
	for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
		out[i] = kind == UINT   ? found.u[i]
			 : kind == SINT ? found.i[i]
			 : bytes        ? found.b[i] / 255.0
					: (double)found.f[i];
}

static void compare_numbers(struct check *check, const struct format *f, const char *what,
			    const double *wanted, const double *found, double limit)
{
	unsigned wrong = 0, first = 0;

	for (unsigned i = 0; i < SIDE * SIDE * 4; i++) {
		double most = limit * fmax(fabs(wanted[i]), f->kind <= SNORM ? 1 : 0);

		if (!(fabs(wanted[i] - found[i]) <= most) && !wrong++)
			first = i;
	}
	expect(check, !wrong, "%s, %s: %u numbers; %u is %.9g, not %.9g", f->name, what, wrong,
	       first, found[first], wanted[first]);
}

static void check_format(struct check *check, const struct format *f)
{
	static uint8_t data[SIDE * SIDE * 16];
	static double wanted[SIDE * SIDE * 4], found[SIDE * SIDE * 4];
	static const GLenum wide[] = {GL_RGBA32F, GL_RGBA32F, GL_RGBA32F, GL_RGBA32UI, GL_RGBA32I};
	unsigned bytes = texel_bytes(f);
	GLuint texture, program = make_program(check, quad_vertex, fetch_text(f->kind));
	struct target target;

	fill(f, data, SIDE * SIDE * bytes);
	for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
		wanted[i] = channel_of(f, data + i / 4 * bytes, i % 4);
	texture = make_texture(GL_TEXTURE_2D, f->internal, SIDE, SIDE, f->pixels, f->type, NULL,
			       GL_NEAREST);
	/* In parts. */
	for (int part = 0; part < 4; part++) {
		glPixelStorei(GL_UNPACK_ROW_LENGTH, SIDE);
		glTexSubImage2D(
			GL_TEXTURE_2D, 0, part % 2 * SIDE / 2, part / 2 * SIDE / 2, SIDE / 2,
			SIDE / 2, f->pixels, f->type,
			data + (unsigned)(part / 2 * SIDE / 2 * SIDE + part % 2 * SIDE / 2) *
					bytes);
		glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
	}
	if (make_target(check, &target, wide[f->kind], SIDE, SIDE)) {
		glBindTexture(GL_TEXTURE_2D, texture);
		draw_quad();
		read_numbers(f->kind, false, found);
		compare_numbers(check, f, "fetched", wanted, found, f->srgb ? 2e-3 : 1e-6);
		drop_target(&target);
	}
	if (f->drawn && make_target(check, &target, f->internal, SIDE, SIDE)) {
		glBindTexture(GL_TEXTURE_2D, texture);
		draw_quad();
		read_numbers(f->kind, f->kind == UNORM, found);
		if (f->srgb) {
			/* Read as it is kept. */
			for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
				wanted[i] = data[i] / 255.0;
		}
		compare_numbers(check, f, "drawn and read", wanted, found,
				f->kind == UNORM ? 0.0041 : 1e-6);
		drop_target(&target);
	}
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

void check_formats(struct check *check)
{
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		check_format(check, &formats[i]);
}
