/* SPDX-License-Identifier: Apache-2.0 */
/* What fragments get: inputs in perspective, their own place and face; clipping; depth they write.
 */
#include "check.h"

#include <math.h>
#include <stddef.h>

#define SIDE 64

static const char vertex_text[] =
	"layout(location = 0) in vec4 place;\n"
	"out vec2 smooth_value; flat out int number; centroid out vec2 middle;\n"
	"void main() { gl_Position = place; number = gl_VertexID;\n"
	"smooth_value = vec2(float(gl_VertexID % 3 == 1), float(gl_VertexID % 3 == 2));\n"
	"middle = smooth_value; }\n";
static const char fragment_text[] =
	"in vec2 smooth_value; flat in int number; centroid in vec2 middle; out vec4 color;\n"
	"uniform int what;\n"
	"void main() { if (what == 0) color = vec4(smooth_value, middle);\n"
	"else if (what == 1) color = gl_FragCoord;\n"
	"else color = vec4(float(number), gl_FrontFacing ? 1.0 : 2.0, 1.0, 1.0); }\n";

/* Solves for the weights of three homogeneous corners at a pixel; false outside or behind. */
static bool weights_at(const float v[3][4], double x, double y, double out[3], double *margin)
{
	double e[3], sum = 0, length;

	*margin = 1e9;
	for (unsigned i = 0; i < 3; i++) {
		const float *a = v[(i + 1) % 3], *b = v[(i + 2) % 3];
		double ex = (double)a[1] * (double)b[3] - (double)b[1] * (double)a[3];
		double ey = (double)b[0] * (double)a[3] - (double)a[0] * (double)b[3];
		double ew = (double)a[0] * (double)b[1] - (double)b[0] * (double)a[1];

		e[i] = ex * x + ey * y + ew;
		length = hypot(ex, ey);
		*margin = fmin(*margin, fabs(e[i]) / length);
		sum += e[i];
	}
	for (unsigned i = 0; i < 3; i++)
		out[i] = e[i] / sum;
	/* In front of the eye the weights are all positive, and so is w. */
	return out[0] > 0 && out[1] > 0 && out[2] > 0 &&
	       out[0] * (double)v[0][3] + out[1] * (double)v[1][3] + out[2] * (double)v[2][3] > 0;
}

struct sums {
	unsigned inside, outside;
	double value, window, number;
};

static double off(double a, float b)
{
	return fabs(a - (double)b);
}

static void compare(const float v[3][4], float found[3][SIDE * SIDE][4], struct sums *sums)
{
	for (int i = 0; i < SIDE * SIDE; i++) {
		double x = (i % SIDE + 0.5) / SIDE * 2 - 1, y = (i / SIDE + 0.5) / SIDE * 2 - 1;
		double l[3], margin, w, z;
		bool drawn = found[2][i][2] != 0, wanted = weights_at(v, x, y, l, &margin);

		if (margin < 0.002)
			continue;
		w = l[0] * (double)v[0][3] + l[1] * (double)v[1][3] + l[2] * (double)v[2][3];
		z = l[0] * (double)v[0][2] + l[1] * (double)v[1][2] + l[2] * (double)v[2][2];
		if (fabs(fabs(z / w) - 1) < 0.01)
			continue;
		if (wanted && fabs(z / w) > 1)
			wanted = false;
		sums->outside += drawn && !wanted;
		sums->inside += !drawn && wanted;
		if (!drawn || !wanted)
			continue;
		sums->value = fmax(sums->value,
				   fmax(off(l[1], found[0][i][0]), off(l[2], found[0][i][1])));
		sums->value = fmax(sums->value,
				   fmax(off(l[1], found[0][i][2]), off(l[2], found[0][i][3])));
		sums->window = fmax(sums->window, off(i % SIDE + 0.5, found[1][i][0]));
		sums->window = fmax(sums->window, off(i / SIDE + 0.5, found[1][i][1]));
		sums->window = fmax(sums->window, off(z / w / 2 + 0.5, found[1][i][2]));
		sums->window =
			fmax(sums->window, off(1 / w, found[1][i][3]) / fmax(1, fabs(1 / w)));
		sums->number = fmax(sums->number, off(2, found[2][i][0]));
	}
}

/* Triangles of any depths; some reach behind the eye, far outside, or through the near plane. */
static void check_triangle(struct check *check, uint32_t seed, GLint what)
{
	static float found[3][SIDE * SIDE][4];
	struct sums sums = {0};
	uint32_t state = seed * 271 + 9;
	float v[3][4], far = seed % 4 == 3 ? 300 : 2.5f, det;
	unsigned front = 0, faces = 0;

	for (unsigned i = 0; i < 3; i++) {
		v[i][3] = 0.5f + next_float(&state) * 4;
		if (seed % 4 == 2 && i == seed % 3)
			v[i][3] = -v[i][3];
		for (unsigned c = 0; c < 2; c++)
			v[i][c] = (next_float(&state) * 2 - 1) * far * fabsf(v[i][3]);
		v[i][2] = (next_float(&state) * 2 - 1) * v[i][3] * (seed % 4 == 1 ? 2 : 0.9f);
	}
	glBufferData(GL_ARRAY_BUFFER, sizeof(v), v, GL_STREAM_DRAW);
	for (int i = 0; i < 3; i++) {
		glUniform1i(what, i);
		glClear(GL_COLOR_BUFFER_BIT);
		glDrawArrays(GL_TRIANGLES, 0, 3);
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found[i]);
	}
	compare((const float(*)[4])v, found, &sums);
	det = v[0][0] * (v[1][1] * v[2][3] - v[2][1] * v[1][3]) -
	      v[1][0] * (v[0][1] * v[2][3] - v[2][1] * v[0][3]) +
	      v[2][0] * (v[0][1] * v[1][3] - v[1][1] * v[0][3]);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		faces += found[2][i][2] != 0;
		front += found[2][i][1] == 1;
	}
	expect(check, !sums.inside && !sums.outside, "triangle %u: %u pixels missing, %u too many",
	       seed, sums.inside, sums.outside);
	expect(check, sums.value < 3e-3, "triangle %u: inputs off by %g", seed, sums.value);
	/* Near the horizon depth changes by two a pixel, and vertices lie on 1/256 of one. */
	expect(check, sums.window < 5e-3, "triangle %u: gl_FragCoord off by %g", seed, sums.window);
	expect(check, sums.number == 0, "triangle %u: flat input", seed);
	expect(check, front == (det > 0 ? faces : 0), "triangle %u: %u of %u pixels face front",
	       seed, front, faces);
}

/* Depth that a shader writes is what is compared and kept. */
static void check_written_depth(struct check *check)
{
	static uint8_t found[SIDE * SIDE][4];
	GLuint renderbuffer, program;
	struct target target;
	unsigned wrong = 0;

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	glGenRenderbuffers(1, &renderbuffer);
	glBindRenderbuffer(GL_RENDERBUFFER, renderbuffer);
	glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, SIDE, SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER,
				  renderbuffer);
	program =
		make_program(check, quad_vertex,
			     "uniform vec4 shade; uniform float turn; in vec2 at; out vec4 color;\n"
			     "void main() { gl_FragDepth = turn > 0.0 ? at.x : 1.0 - at.x;\n"
			     "color = shade; }\n");
	glEnable(GL_DEPTH_TEST);
	glDepthFunc(GL_LESS);
	glClearDepthf(1);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
	for (int i = 0; i < 2; i++) {
		glUniform4f(glGetUniformLocation(program, "shade"), !i, i, 0, 1);
		glUniform1f(glGetUniformLocation(program, "turn"), i ? -1 : 1);
		draw_quad();
	}
	glDisable(GL_DEPTH_TEST);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
	for (unsigned i = 0; i < SIDE * SIDE; i++)
		wrong += found[i][0] != (i % SIDE < SIDE / 2 ? 255 : 0) ||
			 found[i][1] != (i % SIDE < SIDE / 2 ? 0 : 255);
	expect(check, !wrong, "depth that is written: %u pixels", wrong);
	glDeleteRenderbuffers(1, &renderbuffer);
	glDeleteProgram(program);
	drop_target(&target);
}

void check_interpolation(struct check *check)
{
	GLuint buffer, program;
	struct target target;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	program = make_program(check, vertex_text, fragment_text);
	glGenBuffers(1, &buffer);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glEnableVertexAttribArray(0);
	glVertexAttribPointer(0, 4, GL_FLOAT, GL_FALSE, 0, NULL);
	for (uint32_t i = 0; i < 80; i++)
		check_triangle(check, i, glGetUniformLocation(program, "what"));
	glDisableVertexAttribArray(0);
	glDeleteBuffers(1, &buffer);
	glDeleteProgram(program);
	drop_target(&target);
	check_written_depth(check);
}
