/* SPDX-License-Identifier: Apache-2.0 */
/* dFdx(), dFdy(), fwidth(): differences inside quads of what the same program computes there. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE 32

/* What a program computes in `v`, a vec4; `p` is gl_FragCoord.xy, `u` an input in perspective. */
static const char *const bodies[] = {
	"v = vec4(p.x, p.y, p.x + p.y, p.x - p.y);",
	"v = vec4(p.x * p.x, p.y * p.y, p.x * p.y, 1.0);",
	"v = vec4(sin(p.x), cos(p.y), exp2(p.x * 0.25), log2(p.y + 1.0));",
	"v = vec4(sqrt(p.x), inversesqrt(p.y + 1.0), 1.0 / (p.x + 1.0), abs(p.y - 16.0));",
	"v = vec4(floor(p.x / 3.0), fract(p.y / 5.0), min(p.x, p.y), max(p.x, p.y));",
	"v = vec4(u, u.x * u.y, u.x / (u.y + 2.0));",
	"v = vec4(length(u), dot(u, p), distance(u, p), u.x);",
	"v = vec4(1e20, -1e-20, 1e5, -7.0) * p.x;",
	"v = vec4(0.0); for (int i = 0; i < 5; i++) v += vec4(p, u) * float(i);",
	"v = vec4(p, u); if (scale > 0.0) v *= 2.0; else v *= 3.0;",
	"v = p.x > 15.0 ? vec4(p, u) : vec4(u, p);",
	"v = texture(image, p / 32.0);",
	"v = texelFetch(image, ivec2(p), 0) * p.x;",
	"v = vec4(mod(p.x, 7.0), smoothstep(0.0, 32.0, p.y), step(8.0, p.x), mix(p.x, p.y, 0.3));",
};

static const char *const operations[] = {"v", "dFdx(v)", "dFdy(v)", "fwidth(v)"};

/* One triangle, so that all of a quad is computed from the same three vertices. */
static const char place_text[] =
	"out vec2 u;\n"
	"void main() {\n"
	"vec2 at = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0;\n"
	"u = at * 4.0 - 1.0;\n"
	"float w = 1.0 + at.x * 0.5 + at.y * 0.25;\n"
	"gl_Position = vec4((at * 2.0 - 1.0) * w, 0.0, w);\n"
	"}\n";

static bool near_enough(float a, float b, float scale)
{
	return fabsf(a - b) <= fabsf(scale) * 4e-6f + 1e-37f;
}

/* The difference in this row or column of the quad, or in the other one: both are allowed. */
static bool is_difference(float found[4][SIDE * SIDE][4], unsigned operation, int x, int y,
			  unsigned c)
{
	float is = found[operation][y * SIDE + x][c];

	for (int other = 0; other < 4; other++) {
		int row = y ^ (other & 1), column = x ^ (other >> 1);
		float x0 = found[0][row * SIDE + (x & ~1)][c];
		float x1 = found[0][row * SIDE + (x | 1)][c];
		float y0 = found[0][(y & ~1) * SIDE + column][c];
		float y1 = found[0][(y | 1) * SIDE + column][c];
		float scale = fmaxf(fmaxf(fabsf(x0), fabsf(x1)), fmaxf(fabsf(y0), fabsf(y1)));
		float wanted[] = {0, x1 - x0, y1 - y0, fabsf(x1 - x0) + fabsf(y1 - y0)};

		if (near_enough(is, wanted[operation], scale))
			return true;
	}
	return false;
}

static void draw_body(struct check *check, const char *body, unsigned operation,
		      float out[SIDE * SIDE][4])
{
	char text[1000];
	GLuint program;

	snprintf(text, sizeof(text),
		 "uniform float scale; uniform sampler2D image; in vec2 u; out uvec4 bits;\n"
		 "void main() { vec2 p = gl_FragCoord.xy; vec4 v; %s\n"
		 "bits = floatBitsToUint(%s); }\n",
		 body, operations[operation]);
	program = make_program(check, place_text, text);
	glUniform1f(glGetUniformLocation(program, "scale"), 1);
	glDrawArrays(GL_TRIANGLES, 0, 3);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA_INTEGER, GL_UNSIGNED_INT, out);
	glDeleteProgram(program);
}

void check_derivatives(struct check *check)
{
	static float found[4][SIDE * SIDE][4];
	uint8_t texels[16 * 16 * 4];
	struct target target;
	uint32_t state = 5;
	GLuint image;

	for (unsigned i = 0; i < sizeof(texels); i++)
		texels[i] = (uint8_t)next_number(&state);
	if (!make_target(check, &target, GL_RGBA32UI, SIDE, SIDE))
		return;
	image = make_texture(GL_TEXTURE_2D, GL_RGBA8, 16, 16, GL_RGBA, GL_UNSIGNED_BYTE, texels,
			     GL_LINEAR);
	for (unsigned b = 0; b < sizeof(bodies) / sizeof(bodies[0]); b++) {
		for (unsigned o = 0; o < 4; o++)
			draw_body(check, bodies[b], o, found[o]);
		for (unsigned o = 1; o < 4; o++) {
			for (unsigned c = 0; c < 4; c++) {
				unsigned wrong = 0;

				for (int i = 0; i < SIDE * SIDE; i++)
					wrong += !is_difference(found, o, i % SIDE, i / SIDE, c);
				expect(check, !wrong, "%s of \"%s\", component %u: %u pixels",
				       operations[o], bodies[b], c, wrong);
			}
		}
	}
	glDeleteTextures(1, &image);
	drop_target(&target);
}
