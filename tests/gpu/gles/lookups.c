/* SPDX-License-Identifier: Apache-2.0 */
/* Textures that compare, volumes and arrays, swizzles, offsets, sizes, and lookups in vertices. */
#include "check.h"

#include <math.h>
#include <string.h>

#define SIDE 32

/* A depth texture compared by each function, at places between and on its values. */
static void check_compares(struct check *check)
{
	static const GLenum functions[] = {GL_NEVER,   GL_LESS,     GL_EQUAL,  GL_LEQUAL,
					   GL_GREATER, GL_NOTEQUAL, GL_GEQUAL, GL_ALWAYS};
	static float depths[SIDE * SIDE], found[SIDE * SIDE][4];
	GLuint texture, program;

	for (unsigned i = 0; i < SIDE * SIDE; i++)
		depths[i] = (float)(i % 5) / 4;
	texture = make_texture(GL_TEXTURE_2D, GL_DEPTH_COMPONENT32F, SIDE, SIDE, GL_DEPTH_COMPONENT,
			       GL_FLOAT, depths, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_COMPARE_MODE, GL_COMPARE_REF_TO_TEXTURE);
	program = make_program(
		check, quad_vertex,
		"uniform highp sampler2DShadow image; in vec2 at; out vec4 color;\n"
		"void main() { float r = float(int(gl_FragCoord.y) % 5) / 4.0;\n"
		"color = vec4(texture(image, vec3(at, r)), textureLod(image, vec3(at, r), 0.0),\n"
		"textureProj(image, vec4(at, r, 1.0) * 2.0), 1.0); }\n");
	for (unsigned f = 0; f < 8; f++) {
		unsigned wrong = 0;

		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_COMPARE_FUNC, (GLint)functions[f]);
		draw_quad();
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
		for (unsigned i = 0; i < SIDE * SIDE; i++) {
			float r = (float)(i / SIDE % 5) / 4, d = depths[i];
			bool holds = r < d ? f & 1 : r == d ? f >> 1 & 1 : f >> 2 & 1;

			for (unsigned c = 0; c < 3; c++)
				wrong += found[i][c] != (holds ? 1.0f : 0.0f);
		}
		expect(check, !wrong, "compare function %u: %u numbers", f, wrong);
	}
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

/* Volumes and arrays, filtered: 5x3x4 texels of numbers, beside the same in double. */
static void check_volumes(struct check *check)
{
	static const char *const texts[] = {
		"uniform highp sampler3D image; uniform float z; in vec2 at; out vec4 color;\n"
		"void main() { color = vec4(textureLod(image, vec3(at * 3.0 - 1.0, z), 0.0).x); "
		"}\n",
		"uniform highp sampler2DArray image; uniform float z; in vec2 at; out vec4 color;\n"
		"void main() { color = vec4(textureLod(image, vec3(at * 3.0 - 1.0, z), 0.0).x); "
		"}\n"};
	static const float places[] = {-0.4f, 0.05f, 0.3f, 0.47f, 0.77f, 0.99f, 1.3f, 2.4f, 9};
	static float texels[4][3][5], found[SIDE * SIDE][4];
	uint32_t state = 3;

	for (unsigned i = 0; i < 60; i++)
		(&texels[0][0][0])[i] = next_float(&state);
	for (unsigned kind = 0; kind < 4; kind++) {
		GLenum target = kind % 2 ? GL_TEXTURE_2D_ARRAY : GL_TEXTURE_3D;
		GLenum filter = kind / 2 ? GL_LINEAR : GL_NEAREST;
		GLuint texture, program = make_program(check, quad_vertex, texts[kind % 2]);

		glGenTextures(1, &texture);
		glBindTexture(target, texture);
		glTexImage3D(target, 0, GL_R32F, 5, 3, 4, 0, GL_RED, GL_FLOAT, texels);
		glTexParameteri(target, GL_TEXTURE_MIN_FILTER, (GLint)filter);
		glTexParameteri(target, GL_TEXTURE_MAG_FILTER, (GLint)filter);
		for (unsigned p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
			double worst = 0;

			glUniform1f(glGetUniformLocation(program, "z"), places[p]);
			draw_quad();
			glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
			for (unsigned i = 0; i < SIDE * SIDE; i++) {
				double at[3] = {((i % SIDE + 0.5) / SIDE * 3 - 1) * 5,
						((i / SIDE + 0.5) / SIDE * 3 - 1) * 3,
						(double)places[p] * 4};
				int size[3] = {5, 3, 4}, low[3];
				double f[3], sum = 0;
				bool edge = false;

				for (unsigned c = 0; c < 3; c++) {
					if (kind % 2 && c == 2) {
						double layer = floor((double)places[p] + 0.5);

						low[c] = (int)fmin(fmax(layer, 0), 3);
						f[c] = 0;
						continue;
					}
					if (kind / 2)
						at[c] -= 0.5;
					low[c] = (int)floor(at[c]);
					f[c] = at[c] - low[c];
					if (!(kind / 2)) {
						edge |= f[c] < 1e-3 || f[c] > 1 - 1e-3;
						f[c] = 0;
					}
				}
				for (unsigned k = 0; k < 8 && !edge; k++) {
					double weight = 1;
					int t[3];

					for (unsigned c = 0; c < 3; c++) {
						bool next = k >> c & 1;

						weight *= next ? f[c] : 1 - f[c];
						t[c] = low[c] + next;
						if (kind % 2 && c == 2)
							t[c] = low[c];
						t[c] = ((t[c] % size[c]) + size[c]) % size[c];
					}
					sum += weight * (double)texels[t[2]][t[1]][t[0]];
				}
				if (!edge)
					worst = fmax(worst, fabs(sum - (double)found[i][0]));
			}
			expect(check, worst < (kind / 2 ? 0.008 : 1e-6),
			       "%s, filter %04x, z %g: %g", kind % 2 ? "array" : "volume", filter,
			       (double)places[p], worst);
		}
		glDeleteTextures(1, &texture);
		glDeleteProgram(program);
	}
}

static void check_swizzles(struct check *check)
{
	static const GLint ways[] = {GL_RED, GL_GREEN, GL_BLUE, GL_ALPHA, GL_ZERO, GL_ONE};
	static const uint8_t texel[4] = {51, 102, 153, 204};
	static const float values[6] = {0.2f, 0.4f, 0.6f, 0.8f, 0, 1};
	GLuint texture = make_texture(GL_TEXTURE_2D, GL_RGBA8, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE,
				      texel, GL_NEAREST);
	GLuint program = make_program(check, quad_vertex,
				      "uniform sampler2D image; in vec2 at; out vec4 color;\n"
				      "void main() { color = texture(image, at); }\n");
	float pixel[4];

	for (unsigned i = 0; i < 36; i++) {
		unsigned picks[4] = {i % 6, i / 6, (i + 3) % 6, (i / 6 + 2) % 6};
		bool right = true;

		for (unsigned c = 0; c < 4; c++)
			glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_R + c, ways[picks[c]]);
		draw_quad();
		glReadPixels(3, 3, 1, 1, GL_RGBA, GL_FLOAT, pixel);
		for (unsigned c = 0; c < 4; c++)
			right &= fabsf(pixel[c] - values[picks[c]]) < 1e-5f;
		expect(check, right, "swizzle %u %u %u %u: %g %g %g %g", picks[0], picks[1],
		       picks[2], picks[3], (double)pixel[0], (double)pixel[1], (double)pixel[2],
		       (double)pixel[3]);
	}
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

/* Sizes of levels, fetches with offsets, and a lookup in a vertex shader. */
static void check_fetches(struct check *check)
{
	static float texels[64 * 16], found[SIDE * SIDE][4];
	GLuint texture, program;
	unsigned wrong = 0;

	for (unsigned i = 0; i < 64 * 16; i++)
		texels[i] = (float)i;
	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	for (int level = 0; level < 3; level++)
		glTexImage2D(GL_TEXTURE_2D, level, GL_R32F, 64 >> level, 16 >> level, 0, GL_RED,
			     GL_FLOAT, texels);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 2);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST_MIPMAP_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	program = make_program(
		check,
		"uniform sampler2D image; flat out float seen;\n"
		"void main() { gl_Position = vec4(float(gl_VertexID & 1) * 2.0 - 1.0, "
		"float(gl_VertexID >> 1) * 2.0 - 1.0, 0.0, 1.0);\n"
		"seen = textureLod(image, vec2(0.5 / 32.0, 0.5 / 8.0), 1.0).x + "
		"texelFetch(image, ivec2(5, 2), 2).x; }\n",
		"uniform sampler2D image; flat in float seen; out vec4 color;\n"
		"void main() { ivec2 p = ivec2(gl_FragCoord.xy); ivec2 s = textureSize(image, 1);\n"
		"color = vec4(texelFetchOffset(image, p / 4 + 8, 1, ivec2(-3, -5)).x, "
		"float(s.x * 1000 + s.y), seen, 1.0); }\n");
	draw_quad();
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
	for (int i = 0; i < SIDE * SIDE; i++) {
		int x = i % SIDE, y = i / SIDE, fx = x / 4 + 5, fy = y / 4 + 3;
		float wanted = fy < 8 ? (float)(fy * 32 + fx) : -1;

		wrong += wanted >= 0 && found[i][0] != wanted;
		wrong += found[i][1] != 32 * 1000 + 8;
		wrong += found[i][2] != 2 * 16 + 5;
	}
	expect(check, !wrong, "sizes, fetches and vertices' lookups: %u numbers", wrong);
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

void check_lookups(struct check *check)
{
	struct target target;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	check_compares(check);
	check_volumes(check);
	check_swizzles(check);
	check_fetches(check);
	drop_target(&target);
}
