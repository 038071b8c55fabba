/* SPDX-License-Identifier: Apache-2.0 */
/* Which pixels triangles, lines and points cover. */
#include "check.h"

#include <math.h>
#include <string.h>

#define SIDE 64
#define GRID 9

static const char place_text[] = "layout(location = 0) in vec3 given;\n"
				 "void main() { gl_PointSize = given.z;\n"
				 "gl_Position = vec4(given.xy / 32.0 - 1.0, 0.0, 1.0); }\n";
static const char one_text[] = "out vec4 color;\nvoid main() { color = vec4(1.0 / 255.0); }\n";

static void begin(struct check *check, struct target *target, GLuint *program, GLuint *buffer)
{
	make_target(check, target, GL_RGBA8, SIDE, SIDE);
	*program = make_program(check, place_text, one_text);
	glGenBuffers(1, buffer);
	glBindBuffer(GL_ARRAY_BUFFER, *buffer);
	glEnableVertexAttribArray(0);
	glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 0, NULL);
	glEnable(GL_BLEND);
	glBlendEquation(GL_FUNC_ADD);
	glBlendFunc(GL_ONE, GL_ONE);
}

static void end(struct target *target, GLuint program, GLuint buffer)
{
	glDisable(GL_BLEND);
	glDisableVertexAttribArray(0);
	glDeleteBuffers(1, &buffer);
	glDeleteProgram(program);
	drop_target(target);
}

static void draw(GLenum mode, const float (*vertices)[3], unsigned count,
		 uint8_t found[SIDE * SIDE][4])
{
	glClear(GL_COLOR_BUFFER_BIT);
	glBufferData(GL_ARRAY_BUFFER, count * sizeof(*vertices), vertices, GL_STREAM_DRAW);
	glDrawArrays(mode, 0, (GLsizei)count);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
}

/* Vertices at any place, at eighths of pixels, or at pixels' centres: where rules decide. */
static float jitter(uint32_t *state, unsigned kind)
{
	/* Less than a quarter of a cell: no triangle turns over. */
	float value = next_float(state) * 3.8f - 1.9f;

	if (kind == 1)
		return floorf(value * 8) / 8;
	if (kind == 2)
		return floorf(value) + 0.5f;
	return value;
}

/* A sheet of triangles that share edges covers each pixel once, also where edges meet centres. */
static void check_sheet(struct check *check, uint32_t seed)
{
	static float vertices[GRID * GRID * 6][3], points[GRID][GRID][2];
	static uint8_t found[SIDE * SIDE][4];
	unsigned count = 0, wrong = 0, kind = seed % 3;
	uint32_t state = seed * 1237 + 5;

	for (unsigned y = 0; y < GRID; y++) {
		for (unsigned x = 0; x < GRID; x++) {
			points[y][x][0] = (float)x * 8;
			points[y][x][1] = (float)y * 8;
			if (x && y && x < GRID - 1 && y < GRID - 1) {
				points[y][x][0] += jitter(&state, kind);
				points[y][x][1] += jitter(&state, kind);
			}
		}
	}
	for (unsigned i = 0; i < (GRID - 1) * (GRID - 1); i++) {
		unsigned x = i % (GRID - 1), y = i / (GRID - 1);
		const float *quad[4] = {points[y][x], points[y][x + 1], points[y + 1][x + 1],
					points[y + 1][x]};
		static const uint8_t ways[2][6] = {{0, 1, 2, 0, 2, 3}, {1, 3, 0, 2, 3, 1}};

		for (unsigned k = 0; k < 6; k++, count++) {
			memcpy(vertices[count], quad[ways[next_number(&state) % 1 + i % 2][k]], 8);
			vertices[count][2] = 1;
		}
	}
	draw(GL_TRIANGLES, (const float(*)[3])vertices, count, found);
	for (unsigned i = 0; i < SIDE * SIDE; i++)
		wrong += found[i][0] != 1;
	expect(check, !wrong, "sheet %u: %u pixels are not covered once", seed, wrong);
}

static double edge(const float *a, const float *b, double x, double y)
{
	return ((double)b[0] - (double)a[0]) * (y - (double)a[1]) -
	       ((double)b[1] - (double)a[1]) * (x - (double)a[0]);
}

/* Pixels whose centres are well inside are drawn, those well outside are not. */
static void check_triangle(struct check *check, uint32_t seed)
{
	static uint8_t found[SIDE * SIDE][4];
	uint32_t state = seed * 977 + 3;
	float v[3][3];
	unsigned wrong = 0;
	double sign, lengths[3];

	for (unsigned i = 0; i < 3; i++) {
		v[i][0] = next_float(&state) * 200 - 68;
		v[i][1] = next_float(&state) * 200 - 68;
		v[i][2] = 1;
	}
	draw(GL_TRIANGLES, (const float(*)[3])v, 3, found);
	sign = edge(v[0], v[1], (double)v[2][0], (double)v[2][1]) > 0 ? 1 : -1;
	for (unsigned k = 0; k < 3; k++)
		lengths[k] = hypot((double)v[(k + 1) % 3][0] - (double)v[k][0],
				   (double)v[(k + 1) % 3][1] - (double)v[k][1]);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		double least = 1e9;

		for (unsigned k = 0; k < 3; k++)
			least = fmin(
				least,
				sign * edge(v[k], v[(k + 1) % 3], i % SIDE + 0.5, i / SIDE + 0.5) /
					lengths[k]);
		if (fabs(least) > 0.02)
			wrong += found[i][0] != (least > 0);
	}
	expect(check, !wrong, "triangle %u: %u pixels", seed, wrong);
}

/* What faces away is left out; windings and sides. */
static void check_culling(struct check *check)
{
	static const float v[3][3] = {{1, 1, 1}, {60, 1, 1}, {1, 60, 1}};
	static const GLenum sides[] = {GL_FRONT, GL_BACK, GL_FRONT_AND_BACK};
	static uint8_t found[SIDE * SIDE][4];

	for (unsigned i = 0; i < 8; i++) {
		bool front = i / 4 == 0,
		     drawn = i % 4 == 3 || (i % 4 != 2 && (i % 4 == 1) == front);

		glFrontFace(front ? GL_CCW : GL_CW);
		if (i % 4 < 3) {
			glEnable(GL_CULL_FACE);
			glCullFace(sides[i % 4]);
		} else {
			glDisable(GL_CULL_FACE);
		}
		draw(GL_TRIANGLES, v, 3, found);
		expect(check, found[SIDE * 5 + 5][0] == drawn, "culling %u of a %s face: drawn %u",
		       i % 4, front ? "front" : "back", found[SIDE * 5 + 5][0]);
	}
	glFrontFace(GL_CCW);
	glDisable(GL_CULL_FACE);
}

void check_triangles(struct check *check)
{
	struct target target;
	GLuint program, buffer;

	begin(check, &target, &program, &buffer);
	for (uint32_t i = 0; i < 30; i++)
		check_sheet(check, i);
	for (uint32_t i = 0; i < 100; i++)
		check_triangle(check, i);
	check_culling(check);
	end(&target, program, buffer);
}

/* Whether a line leaves the pixel's diamond: it is inside somewhere, and does not end there. */
static int leaves_diamond(const float *a, const float *b, int x, int y)
{
	const double half = 0.5, eps = 0.01;
	bool inside = false, near = false;
	double last = 0;

	for (unsigned i = 0; i <= 4000; i++) {
		double t = i / 4000.0, px = (double)a[0] + t * ((double)b[0] - (double)a[0]);
		double py = (double)a[1] + t * ((double)b[1] - (double)a[1]);
		double d = fabs(px - x - 0.5) + fabs(py - y - 0.5);

		inside |= d < half - eps;
		near |= d < half + eps;
		last = d;
	}
	if (last < half - eps)
		return 0;
	if (last < half + eps)
		return near ? -1 : 0;
	return inside ? 1 : near ? -1 : 0;
}

static void check_line(struct check *check, uint32_t seed)
{
	static uint8_t found[SIDE * SIDE][4];
	uint32_t state = seed * 31 + 77;
	float v[2][3];
	unsigned wrong = 0;
	int first = -1;

	for (unsigned i = 0; i < 2; i++) {
		v[i][0] = 20 + next_float(&state) * 24;
		v[i][1] = 20 + next_float(&state) * 24;
		v[i][2] = 1;
	}
	/* Along the axes and the diagonals, too, through centres or not. */
	if (seed % 5 == 1)
		v[1][1] = v[0][1] = floorf(v[0][1]) + 0.5f;
	if (seed % 5 == 2)
		v[1][0] = v[0][0];
	draw(GL_LINES, (const float(*)[3])v, 2, found);
	for (int y = 18; y < 46; y++) {
		for (int x = 18; x < 46; x++) {
			int wanted = leaves_diamond(v[0], v[1], x, y);

			if (wanted < 0 || found[y * SIDE + x][0] == wanted)
				continue;
			wrong++;
			if (first < 0)
				first = y * SIDE + x;
		}
	}
	expect(check, !wrong, "line %u from %g %g to %g %g: %u pixels, the first at %d %d", seed,
	       (double)v[0][0], (double)v[0][1], (double)v[1][0], (double)v[1][1], wrong,
	       first % SIDE, first / SIDE);
}

/* A strip's segments meet without a gap and without drawing a pixel twice. */
static void check_strip(struct check *check)
{
	static uint8_t found[SIDE * SIDE][4];
	float v[9][3];
	unsigned twice = 0;

	for (unsigned i = 0; i < 9; i++) {
		v[i][0] = 4 + (float)i * 7;
		v[i][1] = 10.3f + (float)(i * i) * 0.4f;
		v[i][2] = 1;
	}
	draw(GL_LINE_STRIP, (const float(*)[3])v, 9, found);
	for (int x = 5; x < 59; x++) {
		unsigned column = 0;

		for (int y = 0; y < SIDE; y++) {
			column += found[y * SIDE + x][0];
			twice += found[y * SIDE + x][0] > 1;
		}
		expect(check, column == 1, "strip: column %d has %u pixels", x, column);
	}
	expect(check, !twice, "strip: %u pixels twice", twice);
}

void check_lines(struct check *check)
{
	static const float wide[2][3] = {{10, 20.5f, 1}, {40, 20.5f, 1}};
	static uint8_t found[SIDE * SIDE][4];
	struct target target;
	GLuint program, buffer;
	float range[2];

	begin(check, &target, &program, &buffer);
	for (uint32_t i = 0; i < 60; i++)
		check_line(check, i);
	check_strip(check);
	glGetFloatv(GL_ALIASED_LINE_WIDTH_RANGE, range);
	for (int width = 1; width <= 9 && (float)width <= range[1]; width += 2) {
		unsigned wrong = 0;

		glLineWidth((float)width);
		draw(GL_LINES, wide, 2, found);
		for (int i = 0; i < SIDE * SIDE; i++) {
			int x = i % SIDE, y = i / SIDE;

			if (x > 10 && x < 39)
				wrong +=
					found[i][0] != (y >= 20 - width / 2 && y <= 20 + width / 2);
		}
		expect(check, !wrong, "width %d: %u pixels", width, wrong);
	}
	glLineWidth(1);
	end(&target, program, buffer);
}

void check_points(struct check *check)
{
	static const char coord_text[] =
		"out vec4 color;\nvoid main() { color = vec4(gl_PointCoord, 1.0, 1.0); }\n";
	static uint8_t found[SIDE * SIDE][4];
	static float coords[SIDE * SIDE][4];
	struct target target;
	GLuint program, buffer;
	uint32_t state = 4;

	begin(check, &target, &program, &buffer);
	for (unsigned i = 0; i < 60; i++) {
		float size = i < 40 ? (float)(i % 20 + 1) : 1 + next_float(&state) * 20;
		float v[3] = {32 + next_float(&state) * 2, 30 + next_float(&state) * 2, size};
		unsigned wrong = 0;

		/* Not where a centre is on the border. */
		v[0] = floorf(v[0] * 16) / 16 + 0.03f;
		v[1] = floorf(v[1] * 16) / 16 + 0.03f;
		draw(GL_POINTS, (const float(*)[3])v, 1, found);
		for (int k = 0; k < SIDE * SIDE; k++) {
			double dx = fabs(k % SIDE + 0.5 - (double)v[0]);
			double dy = fabs(k / SIDE + 0.5 - (double)v[1]);
			double d = fmax(dx, dy) - (double)size / 2;

			if (fabs(d) > 0.02)
				wrong += found[k][0] != (d < 0);
		}
		expect(check, !wrong, "a point of %g at %g %g: %u pixels", (double)size,
		       (double)v[0], (double)v[1], wrong);
	}
	end(&target, program, buffer);
	begin(check, &target, &program, &buffer);
	drop_target(&target);
	glDisable(GL_BLEND);
	glDeleteProgram(program);
	program = make_program(check, place_text, coord_text);
	if (make_target(check, &target, GL_RGBA32F, SIDE, SIDE)) {
		static const float v[3] = {31, 33, 16};
		double worst = 0;
		unsigned count = 0;

		glBufferData(GL_ARRAY_BUFFER, sizeof(v), v, GL_STREAM_DRAW);
		glDrawArrays(GL_POINTS, 0, 1);
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, coords);
		for (int k = 0; k < SIDE * SIDE; k++) {
			if (coords[k][2] == 0)
				continue;
			count++;
			worst = fmax(worst,
				     fabs((k % SIDE + 0.5 - 23) / 16 - (double)coords[k][0]));
			worst = fmax(worst,
				     fabs((41 - k / SIDE - 0.5) / 16 - (double)coords[k][1]));
		}
		expect(check, count == 256 && worst < 1e-3, "gl_PointCoord: %u pixels, off by %g",
		       count, worst);
	}
	end(&target, program, buffer);
}
