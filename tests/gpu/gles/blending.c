/* SPDX-License-Identifier: Apache-2.0 */
/* Every equation with every pair of factors, on several formats; and colour masks and scissor. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELL  8
#define SIDE  256
#define CELLS (SIDE / CELL * SIDE / CELL)

static const GLenum equations[] = {GL_FUNC_ADD, GL_FUNC_SUBTRACT, GL_FUNC_REVERSE_SUBTRACT, GL_MIN,
				   GL_MAX};
static const GLenum factors[] = {GL_ZERO,
				 GL_ONE,
				 GL_SRC_COLOR,
				 GL_ONE_MINUS_SRC_COLOR,
				 GL_DST_COLOR,
				 GL_ONE_MINUS_DST_COLOR,
				 GL_SRC_ALPHA,
				 GL_ONE_MINUS_SRC_ALPHA,
				 GL_DST_ALPHA,
				 GL_ONE_MINUS_DST_ALPHA,
				 GL_CONSTANT_COLOR,
				 GL_ONE_MINUS_CONSTANT_COLOR,
				 GL_CONSTANT_ALPHA,
				 GL_ONE_MINUS_CONSTANT_ALPHA,
				 GL_SRC_ALPHA_SATURATE};
#define FACTORS (sizeof(factors) / sizeof(factors[0]))

static const float constant[4] = {0.2f, 0.6f, 0.9f, 0.4f};

struct mode {
	GLenum equation[2], source[2], destination[2]; /* of colour, of alpha */
};

static float factor(GLenum which, unsigned c, const float s[4], const float d[4])
{
	switch (which) {
	case GL_ZERO:
		return 0;
	case GL_ONE:
		return 1;
	case GL_SRC_COLOR:
		return s[c];
	case GL_ONE_MINUS_SRC_COLOR:
		return 1 - s[c];
	case GL_DST_COLOR:
		return d[c];
	case GL_ONE_MINUS_DST_COLOR:
		return 1 - d[c];
	case GL_SRC_ALPHA:
		return s[3];
	case GL_ONE_MINUS_SRC_ALPHA:
		return 1 - s[3];
	case GL_DST_ALPHA:
		return d[3];
	case GL_ONE_MINUS_DST_ALPHA:
		return 1 - d[3];
	case GL_CONSTANT_COLOR:
		return constant[c];
	case GL_ONE_MINUS_CONSTANT_COLOR:
		return 1 - constant[c];
	case GL_CONSTANT_ALPHA:
		return constant[3];
	case GL_ONE_MINUS_CONSTANT_ALPHA:
		return 1 - constant[3];
	default: /* GL_SRC_ALPHA_SATURATE */
		return c == 3 ? 1 : fminf(s[3], 1 - d[3]);
	}
}

static float blended(const struct mode *mode, unsigned c, const float s[4], const float d[4])
{
	unsigned which = c == 3;
	float source = s[c] * factor(mode->source[which], c, s, d);
	float destination = d[c] * factor(mode->destination[which], c, s, d);

	switch (mode->equation[which]) {
	case GL_FUNC_ADD:
		return source + destination;
	case GL_FUNC_SUBTRACT:
		return source - destination;
	case GL_FUNC_REVERSE_SUBTRACT:
		return destination - source;
	case GL_MIN:
		return fminf(s[c], d[c]);
	default:
		return fmaxf(s[c], d[c]);
	}
}

/* The colour of a pixel in a cell: as the shader computes it, and what was there before. */
static void source_at(int x, int y, float s[4])
{
	s[0] = (float)x / 7;
	s[1] = (float)y / 7;
	s[2] = (float)(7 - x) / 7;
	s[3] = (float)((x * 3 + y) % 8) / 7;
}

static const char source_text[] =
	"out vec4 color;\n"
	"void main() {\n"
	"ivec2 p = ivec2(gl_FragCoord.xy) & 7;\n"
	"color = vec4(float(p.x), float(p.y), float(7 - p.x), float((p.x * 3 + p.y) & 7)) / 7.0;\n"
	"}\n";

static void before_at(int x, int y, uint8_t d[4])
{
	d[0] = (uint8_t)((x * 37 + y * 11) & 255);
	d[1] = (uint8_t)((y * 53 + 7) & 255);
	d[2] = (uint8_t)(x & 1 ? 255 : 60 + y);
	d[3] = (uint8_t)((x + 3 * y) * 8 & 255);
}

static unsigned list_modes(struct mode *modes)
{
	unsigned count = 0;

	for (unsigned e = 0; e < 3; e++) {
		for (unsigned i = 0; i < FACTORS * FACTORS; i++) {
			GLenum a = factors[i / FACTORS], b = factors[i % FACTORS];

			/* Alpha: all pairs too, in another order. */
			modes[count++] = (struct mode){{equations[e], equations[(e + i) % 3]},
						       {a, factors[(i / FACTORS + i) % FACTORS]},
						       {b, factors[(i + 4) % FACTORS]}};
		}
	}
	for (unsigned e = 3; e < 5; e++) {
		modes[count++] = (struct mode){
			{equations[e], GL_FUNC_ADD}, {GL_ONE, GL_ONE}, {GL_ONE, GL_ZERO}};
		modes[count++] = (struct mode){
			{GL_FUNC_ADD, equations[e]}, {GL_ONE, GL_ONE}, {GL_ZERO, GL_ONE}};
	}
	return count;
}

static void use_mode(const struct mode *mode)
{
	glBlendEquationSeparate(mode->equation[0], mode->equation[1]);
	glBlendFuncSeparate(mode->source[0], mode->destination[0], mode->source[1],
			    mode->destination[1]);
}

/* What is there before, drawn from a texture so that the target has it in its own precision. */
static void draw_before(struct check *check, const struct target *target, float *before)
{
	static uint8_t texels[SIDE * SIDE][4];
	GLuint texture, program;

	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++)
			before_at(x & 15, y & 15, texels[y * SIDE + x]);
	}
	texture = make_texture(GL_TEXTURE_2D, GL_RGBA8, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE,
			       texels, GL_NEAREST);
	program = make_program(
		check, quad_vertex,
		"uniform sampler2D image; out vec4 color;\n"
		"void main() { color = texelFetch(image, ivec2(gl_FragCoord.xy), 0); }\n");
	glDisable(GL_BLEND);
	glDisable(GL_SCISSOR_TEST);
	glViewport(0, 0, SIDE, SIDE);
	draw_quad();
	if (target->format == GL_RGBA16F) {
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, before);
	} else {
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, texels);
		for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
			before[i] = (float)texels[i / 4][i % 4] / 255;
	}
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

static bool pixel_is_right(const struct mode *mode, const float *before, const float *found, int x,
			   int y, bool clamps, float limit, const float bits[4])
{
	float s[4];

	source_at(x, y, s);
	for (unsigned c = 0; c < 4; c++) {
		float wanted = blended(mode, c, s, before);

		if (bits[c] == 0)
			continue;
		if (clamps)
			wanted = fminf(fmaxf(wanted, 0), 1);
		if (!(fabsf(found[c] - wanted) <= limit + 1.0f / bits[c]))
			return false;
	}
	return true;
}

/* `steps`: how many numbers each channel tells apart; 0: it has none. */
static void blend_format(struct check *check, GLenum format, const char *name, const float steps[4],
			 float limit, unsigned every)
{
	static struct mode modes[CELLS];
	static float before[SIDE * SIDE][4], found[SIDE * SIDE][4];
	static uint8_t bytes[SIDE * SIDE * 4];
	unsigned count = list_modes(modes);
	struct target target;
	GLuint program;

	if (!make_target(check, &target, format, SIDE, SIDE))
		return;
	draw_before(check, &target, before[0]);
	program = make_program(check, quad_vertex, source_text);
	glEnable(GL_BLEND);
	glEnable(GL_SCISSOR_TEST);
	glBlendColor(constant[0], constant[1], constant[2], constant[3]);
	for (unsigned i = 0; i < count; i += every) {
		use_cell(&target, i, CELL);
		use_mode(&modes[i]);
		draw_quad();
	}
	if (format == GL_RGBA16F) {
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
	} else {
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, bytes);
		for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
			found[i / 4][i % 4] = (float)bytes[i] / 255;
	}
	for (unsigned i = 0; i < count; i += every) {
		unsigned wrong = 0, first = 0;

		for (int p = 0; p < CELL * CELL; p++) {
			unsigned at = cell_pixel(&target, i, CELL, p % CELL, p / CELL);

			if (!pixel_is_right(&modes[i], before[at], found[at], p % CELL, p / CELL,
					    format != GL_RGBA16F, limit, steps) &&
			    !wrong++)
				first = at;
		}
		expect(check, !wrong,
		       "%s: equations %04x %04x, factors %04x %04x, of alpha %04x %04x: %u pixels; "
		       "%g %g %g %g on %g %g %g %g",
		       name, modes[i].equation[0], modes[i].equation[1], modes[i].source[0],
		       modes[i].destination[0], modes[i].source[1], modes[i].destination[1], wrong,
		       (double)found[first][0], (double)found[first][1], (double)found[first][2],
		       (double)found[first][3], (double)before[first][0], (double)before[first][1],
		       (double)before[first][2], (double)before[first][3]);
	}
	glDisable(GL_BLEND);
	glDisable(GL_SCISSOR_TEST);
	glDeleteProgram(program);
	drop_target(&target);
}

void check_blending(struct check *check)
{
	static const float eight[4] = {255, 255, 255, 255}, half[4] = {1000, 1000, 1000, 1000};
	static const float four[4] = {15, 15, 15, 15}, five[4] = {31, 63, 31, 0};
	static const float ten[4] = {255, 255, 255, 3};

	blend_format(check, GL_RGBA8, "RGBA8", eight, 0.004f, 1);
	blend_format(check, GL_RGBA16F, "RGBA16F", half, 0.002f, 3);
	blend_format(check, GL_RGBA4, "RGBA4", four, 0.004f, 5);
	blend_format(check, GL_RGB565, "RGB565", five, 0.004f, 7);
	blend_format(check, GL_RGB10_A2, "RGB10_A2", ten, 0.004f, 7);
}

/* Draws and clears with each mask and inside rectangles; other pixels and channels stay. */
void check_masks(struct check *check)
{
	static uint8_t found[SIDE * SIDE][4];
	struct target target;
	GLuint program;
	uint32_t state = 5;
	int boxes[64][4];

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	program = make_program(check, quad_vertex,
			       "out vec4 color;\nvoid main() { color = vec4(1.0); }\n");
	glClearColor(0.2f, 0.4f, 0.6f, 0.8f);
	glClear(GL_COLOR_BUFFER_BIT);
	glEnable(GL_SCISSOR_TEST);
	glClearColor(1, 1, 1, 1);
	for (unsigned i = 0; i < 64; i++) {
		int *box = boxes[i];

		/* Also empty ones, and such that reach over the cell's pixels. */
		box[0] = (int)(next_number(&state) % 32);
		box[1] = (int)(next_number(&state) % 32);
		box[2] = (int)(next_number(&state) % 32);
		box[3] = (int)(next_number(&state) % 32);
		use_cell(&target, i, 32);
		glScissor((int)(i % 8) * 32 + box[0], (int)(i / 8) * 32 + box[1],
			  box[2] < 32 - box[0] ? box[2] : 32 - box[0],
			  box[3] < 32 - box[1] ? box[3] : 32 - box[1]);
		glColorMask(i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3 & 1);
		if (i & 16)
			glClear(GL_COLOR_BUFFER_BIT);
		else
			draw_quad();
	}
	glColorMask(1, 1, 1, 1);
	glDisable(GL_SCISSOR_TEST);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
	for (unsigned i = 0; i < 64; i++) {
		static const uint8_t old[4] = {51, 102, 153, 204};
		const int *box = boxes[i];
		unsigned wrong = 0;

		for (int p = 0; p < 32 * 32 * 4; p++) {
			int x = p / 4 % 32, y = p / 4 / 32;
			unsigned c = (unsigned)p % 4;
			bool inside = x >= box[0] && x < box[0] + box[2] && y >= box[1] &&
				      y < box[1] + box[3] && i >> c & 1;

			wrong += found[cell_pixel(&target, i, 32, x, y)][c] !=
				 (inside ? 255 : old[c]);
		}
		expect(check, !wrong, "mask %x, box %d %d %d %d, %s: %u values", i & 15, box[0],
		       box[1], box[2], box[3], i & 16 ? "clear" : "draw", wrong);
	}
	glDeleteProgram(program);
	drop_target(&target);
}
