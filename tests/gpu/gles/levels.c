/* SPDX-License-Identifier: Apache-2.0 */
/* Which level is read: by derivatives, bias, gradients, and limits; and what glGenerateMipmap
 * makes. */
#include "check.h"

#include <math.h>
#include <string.h>

#define SIDE   32
#define BASE   64
#define LEVELS 7

/* Level n is of the one colour n / 8. */
static GLuint make_steps(void)
{
	static float texels[BASE * BASE];
	GLuint texture;

	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	for (int level = 0; level < LEVELS; level++) {
		for (unsigned i = 0; i < BASE * BASE; i++)
			texels[i] = (float)level / 8;
		glTexImage2D(GL_TEXTURE_2D, level, GL_R16F, BASE >> level, BASE >> level, 0, GL_RED,
			     GL_FLOAT, texels);
	}
	return texture;
}

struct level_case {
	const char *call; /* GLSL, with `p` the place and `v` a number */
	float v;
	double lod; /* that is computed, before sampler's limits */
};

static const struct level_case level_cases[] = {
	/* The quad shows the texture `v` times along each side: 32 pixels, 64 texels. */
	{"texture(image, p * v)", 0.25f, -1},
	{"texture(image, p * v)", 0.5f, 0},
	{"texture(image, p * v)", 0.75f, 0.585},
	{"texture(image, p * v)", 1, 1},
	{"texture(image, p * v)", 1.5f, 1.585},
	{"texture(image, p * v)", 3, 2.585},
	{"texture(image, p * v)", 6, 3.585},
	{"texture(image, p * v)", 40, 6.32},
	{"texture(image, p * v)", 400, 9.6},
	{"texture(image, p * vec2(v, 0.01))", 3, 2.585},
	{"texture(image, p * vec2(0.01, v))", 3, 2.585},
	{"texture(image, p * v, 1.25)", 1, 2.25},
	{"texture(image, p * v, -1.5)", 6, 2.085},
	{"texture(image, p * v, -9.0)", 6, -5.4},
	{"textureLod(image, p, v)", -1, -1},
	{"textureLod(image, p, v)", 0.25f, 0.25},
	{"textureLod(image, p, v)", 1.75f, 1.75},
	{"textureLod(image, p, v)", 5.5f, 5.5},
	{"textureLod(image, p, v)", 9, 9},
	{"textureGrad(image, p, vec2(v, 0.0), vec2(0.0))", 4.0f / 64, 2},
	{"textureGrad(image, p, vec2(0.0), vec2(0.0, v))", 6.0f / 64, 2.585},
	{"textureGrad(image, p, vec2(v, 0.0), vec2(0.0, v * 3.0))", 2.0f / 64, 2.585},
	{"textureProj(image, vec3(p * v * 2.0, 2.0))", 3, 2.585},
	{"textureProjLod(image, vec3(p, 0.5), v)", 3.25f, 3.25},
	{"textureOffset(image, p * v, ivec2(3, -2))", 3, 2.585},
	{"textureLodOffset(image, p, v, ivec2(-8, 7))", 2.75f, 2.75},
};

static const struct {
	GLenum filter;
	float min, max; /* of the level of detail */
	int base, last;
} samplers[] = {
	{GL_NEAREST_MIPMAP_NEAREST, -1000, 1000, 0, 1000},
	{GL_NEAREST_MIPMAP_LINEAR, -1000, 1000, 0, 1000},
	{GL_LINEAR_MIPMAP_LINEAR, -1000, 1000, 0, 1000},
	{GL_LINEAR_MIPMAP_NEAREST, 1.25f, 3.25f, 0, 1000},
	{GL_LINEAR_MIPMAP_LINEAR, 1.25f, 3.25f, 0, 1000},
	{GL_LINEAR_MIPMAP_LINEAR, -1000, 1000, 2, 4},
	{GL_NEAREST_MIPMAP_NEAREST, -1000, 1000, 1, 3},
	{GL_LINEAR, -1000, 1000, 0, 1000},
};

static double level_of(unsigned s, double lod, unsigned base_shift)
{
	GLenum filter = samplers[s].filter;
	double last = fmin(LEVELS - 1, samplers[s].last) - base_shift;

	lod = fmin(fmax(lod, (double)samplers[s].min), (double)samplers[s].max);
	if (lod <= 0 || filter == GL_LINEAR)
		return base_shift;
	lod = fmin(lod, last);
	if (filter == GL_NEAREST_MIPMAP_NEAREST || filter == GL_LINEAR_MIPMAP_NEAREST)
		lod = ceil(lod + 0.5) - 1;
	return base_shift + lod;
}

static void check_selection(struct check *check, GLuint texture, const struct level_case *c)
{
	char text[400];
	bool explicit_lod = strstr(c->call, "Lod") != NULL;
	GLuint program;
	float pixel[4];

	strcpy(text, "uniform sampler2D image; uniform float v; in vec2 at; out vec4 color;\n"
		     "void main() { vec2 p = at; color = ");
	strcat(text, c->call);
	strcat(text, "; }\n");
	program = make_program(check, quad_vertex, text);
	if (!program)
		return;
	glUniform1f(glGetUniformLocation(program, "v"), c->v);
	glBindTexture(GL_TEXTURE_2D, texture);
	for (unsigned s = 0; s < sizeof(samplers) / sizeof(samplers[0]); s++) {
		unsigned base = (unsigned)samplers[s].base;
		/* Texels of the base level are larger. */
		double lod = explicit_lod ? c->lod : c->lod - base, wanted, off;

		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, (GLint)samplers[s].filter);
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
		glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_MIN_LOD, samplers[s].min);
		glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_MAX_LOD, samplers[s].max);
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, samplers[s].base);
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, samplers[s].last);
		draw_quad();
		glReadPixels(13, 18, 1, 1, GL_RGBA, GL_FLOAT, pixel);
		wanted = level_of(s, lod, base);
		off = fabs(wanted - (double)pixel[0] * 8);
		/* Half-way between levels, either will do. */
		if (samplers[s].filter != GL_LINEAR_MIPMAP_LINEAR &&
		    samplers[s].filter != GL_NEAREST_MIPMAP_LINEAR &&
		    fabs(lod - floor(lod) - 0.5) < 0.02)
			continue;
		expect(check, off < 0.04, "%s, v %g, sampler %u: level %g, not %g", c->call,
		       (double)c->v, s, (double)pixel[0] * 8, wanted);
	}
	glDeleteProgram(program);
}

/* Each level's texels are the mean of those below, whatever the sizes; only roughly when odd. */
static void check_generation(struct check *check, GLenum format, GLenum pixels, GLenum type,
			     int width, int height)
{
	static uint8_t texels[64 * 64 * 4], found[64 * 64 * 4];
	static double level[64 * 64][4];
	GLuint texture, framebuffer;
	uint32_t state = 99;
	int w = width, h = height, number = 0;

	for (int i = 0; i < width * height * 4; i++)
		texels[i] = (uint8_t)next_number(&state);
	for (int i = 0; i < width * height * 4; i++)
		level[i / 4][i % 4] = texels[i] / 255.0;
	texture = make_texture(GL_TEXTURE_2D, format, width, height, pixels, type, texels,
			       GL_NEAREST);
	glGenerateMipmap(GL_TEXTURE_2D);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	while (w > 1 || h > 1) {
		int nw = w > 1 ? w / 2 : 1, nh = h > 1 ? h / 2 : 1;
		double worst = 0;

		number++;
		for (int i = 0; i < nw * nh * 4; i++) {
			int x = i / 4 % nw, y = i / 4 / nw, x1 = w > 1, y1 = h > 1;
			const double *a = level[y * (1 + y1) * w + x * (1 + x1)];
			const double *b = level[y * (1 + y1) * w + x * (1 + x1) + x1];
			const double *c = level[(y * (1 + y1) + y1) * w + x * (1 + x1)];
			const double *d = level[(y * (1 + y1) + y1) * w + x * (1 + x1) + x1];

			level[y * nw + x][i % 4] = (a[i % 4] + b[i % 4] + c[i % 4] + d[i % 4]) / 4;
		}
		w = nw;
		h = nh;
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture,
				       number);
		glReadPixels(0, 0, w, h, GL_RGBA, GL_UNSIGNED_BYTE, found);
		for (int i = 0; i < w * h * 4; i++) {
			worst = fmax(worst, fabs(found[i] / 255.0 - level[i / 4][i % 4]));
			/* From here on what was made counts. */
			level[i / 4][i % 4] = found[i] / 255.0;
		}
		expect(check, worst < 0.006, "%04x, %dx%d, level %d: off by %g", format, width,
		       height, number, worst);
	}
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteTextures(1, &texture);
}

void check_levels(struct check *check)
{
	struct target target;
	GLuint texture;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	texture = make_steps();
	for (unsigned i = 0; i < sizeof(level_cases) / sizeof(level_cases[0]); i++)
		check_selection(check, texture, &level_cases[i]);
	glDeleteTextures(1, &texture);
	drop_target(&target);
	check_generation(check, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 64, 64);
	check_generation(check, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 64, 4);
	check_generation(check, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 1, 32);
}
