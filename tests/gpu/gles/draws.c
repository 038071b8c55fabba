/* SPDX-License-Identifier: Apache-2.0 */
/* How vertices become primitives: types, indices and their types, restart, instances, divisors. */
#include "check.h"

#include <string.h>

#define SIDE 16

/*
 * A grid of 5x5 vertices, four pixels apart. What a list of vertices should cover is drawn again as
 * triangles or lines one by one, and the pictures compared.
 */
static const char grid_text[] = "uniform int shift;\n"
				"layout(location = 0) in int number;\n"
				"void main() {\n"
				"int n = number + shift;\n"
				"gl_PointSize = 1.0;\n"
				"gl_Position = vec4((vec2(float(n % 5), float(n / 5)) * 4.0 + "
				"0.25) / 8.0 - 1.0, 0.0, 1.0);\n"
				"}\n";
static const char count_text[] = "out vec4 color;\nvoid main() { color = vec4(0.25); }\n";

static const uint32_t walk[] = {0, 6, 1, 7, 2, 8, 13, 12, 18, 11, 16, 10, 21, 5, 20};
#define WALK (sizeof(walk) / sizeof(walk[0]))

static const struct {
	const char *name;
	GLenum mode;
} modes[] = {{"points", GL_POINTS},
	     {"lines", GL_LINES},
	     {"line strip", GL_LINE_STRIP},
	     {"line loop", GL_LINE_LOOP},
	     {"triangles", GL_TRIANGLES},
	     {"triangle strip", GL_TRIANGLE_STRIP},
	     {"triangle fan", GL_TRIANGLE_FAN}};

/* Primitive `n` of a list: its vertices; 0: there is none. */
static unsigned primitive_of(GLenum mode, const uint32_t *list, unsigned count, unsigned n,
			     uint32_t out[3])
{
	unsigned size = mode == GL_POINTS       ? 1
			: mode <= GL_LINE_STRIP ? 2
						: 3,
		 at[3] = {n, n + 1, 0};

	switch (mode) {
	case GL_LINES:
		at[0] = 2 * n;
		at[1] = 2 * n + 1;
		break;
	case GL_LINE_LOOP:
		if (count < 2 || n >= count)
			return 0;
		at[1] = (n + 1) % count;
		break;
	case GL_TRIANGLES:
		at[0] = 3 * n;
		at[1] = at[0] + 1;
		at[2] = at[0] + 2;
		break;
	case GL_TRIANGLE_STRIP:
		at[0] = n + n % 2;
		at[1] = n + 1 - n % 2;
		at[2] = n + 2;
		break;
	case GL_TRIANGLE_FAN:
		at[0] = 0;
		at[1] = n + 1;
		at[2] = n + 2;
		break;
	default:
		break;
	}
	for (unsigned i = 0; i < size; i++) {
		if (at[i] >= count)
			return 0;
		out[i] = list[at[i]];
	}
	return size;
}

static void add_list(GLenum mode, const uint32_t *list, unsigned count)
{
	static const GLenum single[] = {0, GL_POINTS, GL_LINES, GL_TRIANGLES};
	uint32_t vertices[3];
	unsigned size;

	for (unsigned n = 0; (size = primitive_of(mode, list, count, n, vertices)); n++) {
		glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof(vertices), vertices, GL_STREAM_DRAW);
		glDrawElements(single[size], (GLsizei)size, GL_UNSIGNED_INT, NULL);
	}
}

static void read_picture(uint8_t picture[SIDE * SIDE][4])
{
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, picture);
	glClear(GL_COLOR_BUFFER_BIT);
}

static void put_index(uint8_t *data, unsigned i, unsigned bytes, uint32_t value)
{
	memcpy(data + i * bytes, &value, bytes);
}

/* The walk by itself, by indices of each size, and with a restart in its middle. */
static void check_mode(struct check *check, unsigned m, GLint shift)
{
	static uint8_t wanted[SIDE * SIDE][4], found[SIDE * SIDE][4];
	static const GLenum types[] = {0, GL_UNSIGNED_BYTE, GL_UNSIGNED_SHORT, 0, GL_UNSIGNED_INT};
	uint8_t data[(WALK + 9) * 4];

	glUniform1i(shift, 0);
	for (unsigned bytes = 1; bytes <= 4; bytes *= 2) {
		for (unsigned split = 0; split < WALK; split += 4) {
			unsigned count = 0;

			add_list(modes[m].mode, walk, split ? split : WALK);
			if (split)
				add_list(modes[m].mode, walk + split, WALK - split);
			read_picture(wanted);
			for (unsigned i = 0; i < WALK; i++) {
				if (split && i == split)
					put_index(data, count++, bytes, ~0u);
				put_index(data, count++, bytes, walk[i]);
			}
			if (split)
				glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
			glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof(data), data, GL_STREAM_DRAW);
			glDrawElements(modes[m].mode, (GLsizei)count, types[bytes], NULL);
			glDisable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
			read_picture(found);
			expect(check, !memcmp(wanted, found, sizeof(found)),
			       "%s, indices of %u bytes, restart at %u", modes[m].name, bytes,
			       split);
		}
	}
	/* Without indices: vertices 3 to 14. */
	{
		uint32_t list[12];

		for (unsigned i = 0; i < 12; i++)
			list[i] = i + 3;
		for (unsigned count = 0; count <= 12; count++) {
			add_list(modes[m].mode, list, count);
			read_picture(wanted);
			glDrawArrays(modes[m].mode, 3, (GLsizei)count);
			read_picture(found);
			expect(check, !memcmp(wanted, found, sizeof(found)),
			       "%s, %u vertices from the third on", modes[m].name, count);
		}
	}
}

/* Instances: each its own column, its colour from attributes with divisors 0 to 3. */
static void check_instances(struct check *check)
{
	static const char vertex[] = "layout(location = 1) in float given; flat out vec4 value;\n"
				     "void main() {\n"
				     "gl_PointSize = 1.0;\n"
				     "vec2 p = vec2(float(gl_InstanceID), float(gl_VertexID));\n"
				     "gl_Position = vec4((p + 0.5) / 8.0 - 1.0, 0.0, 1.0);\n"
				     "value = vec4(given, p, 1.0);\n"
				     "}\n";
	static const char fragment[] = "flat in vec4 value; out vec4 color;\n"
				       "void main() { color = value; }\n";
	static float found[SIDE * SIDE][4];
	float numbers[32];
	struct target target;
	GLuint program = make_program(check, vertex, fragment), buffer;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	for (unsigned i = 0; i < 32; i++)
		numbers[i] = (float)(100 + i);
	glGenBuffers(1, &buffer);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glBufferData(GL_ARRAY_BUFFER, sizeof(numbers), numbers, GL_STATIC_DRAW);
	glVertexAttribPointer(1, 1, GL_FLOAT, GL_FALSE, 0, NULL);
	glEnableVertexAttribArray(1);
	for (unsigned divisor = 0; divisor < 4; divisor++) {
		unsigned wrong = 0;

		glVertexAttribDivisor(1, divisor);
		glClear(GL_COLOR_BUFFER_BIT);
		glDrawArraysInstanced(GL_POINTS, 0, 10, 13);
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
		for (unsigned i = 0; i < SIDE * SIDE; i++) {
			unsigned x = i % SIDE, y = i / SIDE;
			float wanted =
				x < 13 && y < 10 ? (float)(100 + (divisor ? x / divisor : y)) : 0;

			wrong += found[i][0] != wanted || (wanted > 0 && (found[i][1] != (float)x ||
									  found[i][2] != (float)y));
		}
		expect(check, !wrong, "divisor %u: %u pixels", divisor, wrong);
	}
	glVertexAttribDivisor(1, 0);
	glDisableVertexAttribArray(1);
	glDeleteBuffers(1, &buffer);
	glDeleteProgram(program);
	drop_target(&target);
}

/* A flat output comes from the last vertex. */
static void check_provoking(struct check *check)
{
	static const char vertex[] =
		"flat out float value;\n"
		"void main() {\n"
		"vec2 p[6] = vec2[6](vec2(-1, -1), vec2(1, -1), vec2(-1, 1), vec2(1, 1), vec2(-1, "
		"3), "
		"vec2(3, 3));\n"
		"value = float(gl_VertexID); gl_Position = vec4(p[gl_VertexID], 0.0, 1.0);\n"
		"}\n";
	static const struct {
		GLenum mode;
		GLsizei count;
		float wanted[2]; /* near the lower left and the upper right corner */
	} cases[] = {{GL_TRIANGLES, 3, {2, 0}},
		     {GL_TRIANGLE_STRIP, 4, {2, 3}},
		     {GL_TRIANGLE_FAN, 3, {2, 0}}};
	struct target target;
	GLuint program = make_program(check, vertex,
				      "flat in float value; out vec4 color;\n"
				      "void main() { color = vec4(value); }\n");
	float pixel[2][4];

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	for (unsigned i = 0; i < 3; i++) {
		glClear(GL_COLOR_BUFFER_BIT);
		glDrawArrays(cases[i].mode, 0, cases[i].count);
		glReadPixels(1, 1, 1, 1, GL_RGBA, GL_FLOAT, pixel[0]);
		glReadPixels(SIDE - 2, SIDE - 2, 1, 1, GL_RGBA, GL_FLOAT, pixel[1]);
		expect(check,
		       pixel[0][0] == cases[i].wanted[0] && pixel[1][0] == cases[i].wanted[1],
		       "flat outputs of mode %u: %g and %g", cases[i].mode, (double)pixel[0][0],
		       (double)pixel[1][0]);
	}
	glDeleteProgram(program);
	drop_target(&target);
}

void check_draws(struct check *check)
{
	struct target target;
	GLuint program, buffers[2];
	int32_t numbers[256];
	GLint shift;

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	program = make_program(check, grid_text, count_text);
	shift = glGetUniformLocation(program, "shift");
	for (int i = 0; i < 256; i++)
		numbers[i] = i % 25;
	glGenBuffers(2, buffers);
	glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
	glBufferData(GL_ARRAY_BUFFER, sizeof(numbers), numbers, GL_STATIC_DRAW);
	glVertexAttribIPointer(0, 1, GL_INT, 0, NULL);
	glEnableVertexAttribArray(0);
	glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[1]);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_ONE);
	glClear(GL_COLOR_BUFFER_BIT);
	for (unsigned m = 0; m < sizeof(modes) / sizeof(modes[0]); m++)
		check_mode(check, m, shift);
	glDisable(GL_BLEND);
	glDisableVertexAttribArray(0);
	glDeleteBuffers(2, buffers);
	glDeleteProgram(program);
	drop_target(&target);
	check_instances(check);
	check_provoking(check);
}
