/* SPDX-License-Identifier: Apache-2.0 */
/* Vertex attributes: types by counts, normalised or not, strides and offsets; and integers. */
#include "check.h"

#include <math.h>
#include <string.h>

#define COUNT 64

static const struct type {
	const char *name;
	GLenum type;
	unsigned bytes; /* of a component; 0: four are packed into four bytes */
	bool is_signed, is_float, is_integer;
} types[] = {
	{"BYTE", GL_BYTE, 1, true, false, true},
	{"UNSIGNED_BYTE", GL_UNSIGNED_BYTE, 1, false, false, true},
	{"SHORT", GL_SHORT, 2, true, false, true},
	{"UNSIGNED_SHORT", GL_UNSIGNED_SHORT, 2, false, false, true},
	{"INT", GL_INT, 4, true, false, true},
	{"UNSIGNED_INT", GL_UNSIGNED_INT, 4, false, false, true},
	{"FLOAT", GL_FLOAT, 4, true, true, false},
	{"HALF_FLOAT", GL_HALF_FLOAT, 2, true, true, false},
	{"FIXED", GL_FIXED, 4, true, false, false},
	{"INT_2_10_10_10_REV", GL_INT_2_10_10_10_REV, 0, true, false, false},
	{"UNSIGNED_INT_2_10_10_10_REV", GL_UNSIGNED_INT_2_10_10_10_REV, 0, false, false, false},
};

static int64_t integer_at(const struct type *type, const uint8_t *data, unsigned c, unsigned *bits)
{
	uint32_t raw = 0;

	if (!type->bytes) {
		memcpy(&raw, data, 4);
		*bits = c == 3 ? 2 : 10;
		raw = raw >> c * 10 & ((1u << *bits) - 1);
	} else {
		memcpy(&raw, data + c * type->bytes, type->bytes);
		*bits = type->bytes * 8;
	}
	if (type->is_signed)
		return (int32_t)(raw << (32 - *bits)) >> (32 - *bits);
	return raw;
}

static double half(uint16_t raw)
{
	int exponent = raw >> 10 & 31, mantissa = raw & 1023;
	double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);

	return raw >> 15 ? -value : value;
}

static double component(const struct type *type, const uint8_t *data, unsigned c, bool normalised)
{
	unsigned bits;
	int64_t value;
	float single;
	uint16_t raw;

	if (type->is_float && type->bytes == 4) {
		memcpy(&single, data + c * 4, 4);
		return (double)single;
	}
	if (type->is_float) {
		memcpy(&raw, data + c * 2, 2);
		return half(raw);
	}
	value = integer_at(type, data, c, &bits);
	if (type->type == GL_FIXED)
		return (double)value / 65536;
	if (!normalised)
		return (double)value;
	if (type->is_signed)
		return fmax((double)value / (ldexp(1, (int)bits - 1) - 1), -1);
	return (double)value / (ldexp(1, (int)bits) - 1);
}

static void fill(const struct type *type, uint8_t *data, unsigned size)
{
	uint32_t state = type->type;

	for (unsigned i = 0; i < size; i += 4) {
		uint32_t word = next_number(&state);

		if (type->is_float)
			word = type->bytes == 4 ? (word & 0x8fffffff) | 0x30000000
						: word & 0xdfffdfff;
		memcpy(data + i, &word, 4);
	}
}

static const char place_text[] =
	"void place() {\n"
	"gl_PointSize = 1.0;\n"
	"gl_Position = vec4((float(gl_VertexID % 64) + 0.5) / 32.0 - 1.0, 0.0, 0.0, 1.0);\n"
	"}\n";

static void check_type(struct check *check, const struct type *type, unsigned count,
		       bool normalised, unsigned stride, unsigned offset)
{
	static uint8_t data[COUNT * 40 + 64];
	static float found[COUNT][4];
	unsigned step = stride ? stride : type->bytes ? type->bytes * count : 4;
	double worst = 0;

	fill(type, data, sizeof(data));
	glBufferData(GL_ARRAY_BUFFER, sizeof(data), data, GL_STATIC_DRAW);
	glVertexAttribPointer(0, (GLint)count, type->type, normalised, (GLsizei)stride,
			      (const void *)(uintptr_t)offset);
	glDrawArrays(GL_POINTS, 0, COUNT);
	glReadPixels(0, 0, COUNT, 1, GL_RGBA, GL_FLOAT, found);
	for (unsigned i = 0; i < COUNT; i++) {
		for (unsigned c = 0; c < 4; c++) {
			double wanted = c >= count ? c == 3
						   : component(type, data + offset + i * step, c,
							       normalised);
			double off = fabs(wanted - (double)found[i][c]);

			worst = fmax(worst, off / fmax(fabs(wanted), 1e-3));
		}
	}
	/* Of 32 bits a float keeps 24. */
	expect(check, worst < (type->bytes == 4 && normalised ? 3e-5 : 3e-7),
	       "%s x%u, normalised %d, stride %u, offset %u: off by %g", type->name, count,
	       normalised, stride, offset, worst);
}

static void check_integer_type(struct check *check, const struct type *type, unsigned count)
{
	static uint8_t data[COUNT * 16];
	static int32_t found[COUNT][4];
	unsigned wrong = 0, bits;

	fill(type, data, sizeof(data));
	glBufferData(GL_ARRAY_BUFFER, sizeof(data), data, GL_STATIC_DRAW);
	glVertexAttribIPointer(0, (GLint)count, type->type, 0, NULL);
	glDrawArrays(GL_POINTS, 0, COUNT);
	glReadPixels(0, 0, COUNT, 1, GL_RGBA_INTEGER, GL_INT, found);
	for (unsigned i = 0; i < COUNT; i++) {
		for (unsigned c = 0; c < 4; c++) {
			int64_t wanted = c >= count
						 ? c == 3
						 : integer_at(type, data + i * type->bytes * count,
							      c, &bits);

			wrong += found[i][c] != (int32_t)wanted;
		}
	}
	expect(check, !wrong, "integers of %s x%u: %u wrong", type->name, count, wrong);
}

void check_attributes(struct check *check)
{
	static const char fragment[] = "flat in vec4 value; out vec4 color;\n"
				       "void main() { color = value; }\n";
	static const char integer_fragment[] = "flat in ivec4 value; out ivec4 color;\n"
					       "void main() { color = value; }\n";
	char vertex[600];
	struct target target;
	GLuint buffer, program;

	glGenBuffers(1, &buffer);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glEnableVertexAttribArray(0);
	strcpy(vertex, place_text);
	strcat(vertex, "layout(location = 0) in vec4 given; flat out vec4 value;\n"
		       "void main() { place(); value = given; }\n");
	program = make_program(check, vertex, fragment);
	if (!make_target(check, &target, GL_RGBA32F, COUNT, 1))
		return;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (unsigned k = 0; k < 16; k++) {
			unsigned count = k % 4 + 1;

			if (!types[i].bytes && count < 4)
				continue;
			check_type(check, &types[i], count, k & 4, k & 8 ? 20 + k % 4 * 4 : 0,
				   k & 8 ? 12 : 0);
			/* Not aligned to four bytes. */
			if (types[i].bytes == 1)
				check_type(check, &types[i], count, k & 4, 7, 3);
		}
	}
	glDisableVertexAttribArray(0);
	glVertexAttrib4f(0, 0.25f, -2, 1e10f, 3);
	glDrawArrays(GL_POINTS, 0, COUNT);
	{
		float pixel[4];

		glReadPixels(9, 0, 1, 1, GL_RGBA, GL_FLOAT, pixel);
		expect(check,
		       pixel[0] == 0.25f && pixel[1] == -2 && pixel[2] == 1e10f && pixel[3] == 3,
		       "a constant attribute: %g %g %g %g", (double)pixel[0], (double)pixel[1],
		       (double)pixel[2], (double)pixel[3]);
	}
	glVertexAttrib4f(0, 0, 0, 0, 1);
	glEnableVertexAttribArray(0);
	glDeleteProgram(program);
	drop_target(&target);
	strcpy(vertex, place_text);
	strcat(vertex, "layout(location = 0) in ivec4 given; flat out ivec4 value;\n"
		       "void main() { place(); value = given; }\n");
	program = make_program(check, vertex, integer_fragment);
	if (make_target(check, &target, GL_RGBA32I, COUNT, 1)) {
		for (unsigned i = 0; types[i].is_integer; i++) {
			/* Unsigned ones are a mistake in this program's eyes. */
			for (unsigned count = 1; types[i].is_signed && count <= 4; count++)
				check_integer_type(check, &types[i], count);
		}
		drop_target(&target);
	}
	glDeleteProgram(program);
	glDisableVertexAttribArray(0);
	glDeleteBuffers(1, &buffer);
}
