/* SPDX-License-Identifier: Apache-2.0 */
/* Directions to faces and texels, edges that go on, and levels on a cube. */
#include "check.h"

#include <math.h>

#define SIDE 64
#define FACE 4

static GLuint make_cube(float texels[6][FACE * FACE])
{
	GLuint texture;

	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_CUBE_MAP, texture);
	for (unsigned face = 0; face < 6; face++) {
		for (unsigned i = 0; i < FACE * FACE; i++)
			texels[face][i] = (float)(face * 16 + i);
		glTexImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, 0, GL_R32F, FACE, FACE, 0,
			     GL_RED, GL_FLOAT, texels[face]);
	}
	return texture;
}

/* The face, and where on it in texels; the distance to the next face or texel. */
static double find_texel(const double d[3], unsigned *face, unsigned *texel)
{
	static const int8_t axes[6][3] = {/* major, s, t: sign by the number's */
					  {1, -3, -2}, {-1, 3, -2}, {2, 1, 3},
					  {-2, 1, -3}, {3, 1, -2},  {-3, -1, -2}};
	double best = -1, second = -1, s, t, margin;

	for (unsigned i = 0; i < 6; i++) {
		int a = axes[i][0];
		double along = a > 0 ? d[a - 1] : -d[-a - 1];

		if (along > best) {
			second = best;
			best = along;
			*face = i;
		} else if (along > second) {
			second = along;
		}
	}
	s = axes[*face][1] > 0 ? d[axes[*face][1] - 1] : -d[-axes[*face][1] - 1];
	t = axes[*face][2] > 0 ? d[axes[*face][2] - 1] : -d[-axes[*face][2] - 1];
	s = (s / best + 1) / 2 * FACE;
	t = (t / best + 1) / 2 * FACE;
	*texel = (unsigned)fmin(t, FACE - 1) * FACE + (unsigned)fmin(s, FACE - 1);
	margin = fmin(fabs(s - round(s)), fabs(t - round(t)));
	return fmin(margin, (best - second) / best);
}

static const char direction_text[] = "uniform samplerCube image; in vec2 at; out vec4 color;\n"
				     "void main() {\n"
				     "float a = at.x * 6.2831853, b = (at.y - 0.5) * 3.1415927;\n"
				     "vec3 d = vec3(cos(a) * cos(b), sin(b), sin(a) * cos(b));\n"
				     "color = vec4(textureLod(image, d * 3.0, 0.0).x, d);\n"
				     "}\n";

static void check_nearest(struct check *check)
{
	static float found[SIDE * SIDE][4];
	unsigned face = 0, texel = 0;

	glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	draw_quad();
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		double d[3] = {(double)found[i][1], (double)found[i][2], (double)found[i][3]};

		if (find_texel(d, &face, &texel) < 1e-3)
			continue;
		expect(check, found[i][0] == (float)(face * 16 + texel),
		       "direction %g %g %g: %g, not %u", d[0], d[1], d[2], (double)found[i][0],
		       face * 16 + texel);
	}
}

/* Filtered, it changes nowhere in steps: also not from face to face. */
static void check_seams(struct check *check)
{
	static const char text[] =
		"uniform samplerCube image; uniform mat3 turn; in vec2 at; out vec4 color;\n"
		"void main() {\n"
		"vec3 d = turn * vec3(1.0, 1.0 + (at.x - 0.5) * 0.02, at.y * 1.5 - 0.75);\n"
		"color = vec4(textureLod(image, d, 0.0).x);\n"
		"}\n";
	static float found[SIDE * SIDE][4];
	GLuint program = make_program(check, quad_vertex, text);

	glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
	glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
	/* Each edge: a turn of axes and signs. */
	for (unsigned e = 0; e < 12; e++) {
		float turn[9] = {0}, step = 0;
		unsigned shift = e / 4;

		for (unsigned c = 0; c < 3; c++)
			turn[c * 3 + (c + shift) % 3] = (e >> c & 1) && c < 2 ? -1 : 1;
		glUniformMatrix3fv(glGetUniformLocation(program, "turn"), 1, GL_FALSE, turn);
		draw_quad();
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
		for (unsigned i = 0; i < SIDE * SIDE; i++) {
			if (i % SIDE)
				step = fmaxf(step, fabsf(found[i][0] - found[i - 1][0]));
		}
		/* Texels differ by up to 80; a pixel here is 1/1600 of a texel's way. */
		expect(check, step < 1.2f, "edge %u: a step of %g", e, (double)step);
	}
	glDeleteProgram(program);
}

void check_cubes(struct check *check)
{
	static float texels[6][FACE * FACE];
	struct target target;
	GLuint texture, program;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	texture = make_cube(texels);
	program = make_program(check, quad_vertex, direction_text);
	check_nearest(check);
	check_seams(check);
	glDeleteProgram(program);
	glDeleteTextures(1, &texture);
	drop_target(&target);
}
