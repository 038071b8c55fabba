/* SPDX-License-Identifier: Apache-2.0 */
/* What framebuffers may be made of; several targets; blits; layers and faces; copies to textures.
 */
#include "check.h"

#include <math.h>
#include <string.h>

#define SIDE 32

/* Formats that GLES 3.0 says can be drawn to, or cannot. */
static const struct {
	const char *name;
	GLenum format;
	bool renderbuffer, texture;
} formats[] = {
	{"RGBA8", GL_RGBA8, true, true},
	{"RGB8", GL_RGB8, true, true},
	{"RGB565", GL_RGB565, true, true},
	{"RGBA4", GL_RGBA4, true, true},
	{"RGB5_A1", GL_RGB5_A1, true, true},
	{"RGB10_A2", GL_RGB10_A2, true, true},
	{"RGB10_A2UI", GL_RGB10_A2UI, true, true},
	{"SRGB8_ALPHA8", GL_SRGB8_ALPHA8, true, true},
	{"R8", GL_R8, true, true},
	{"RG8", GL_RG8, true, true},
	{"R8I", GL_R8I, true, true},
	{"RG16UI", GL_RG16UI, true, true},
	{"RGBA32I", GL_RGBA32I, true, true},
	{"RGBA32UI", GL_RGBA32UI, true, true},
	{"SRGB8", GL_SRGB8, false, false},
	{"RGB9_E5", GL_RGB9_E5, false, false},
	{"RGB8UI", GL_RGB8UI, false, false},
	{"RGB32I", GL_RGB32I, false, false},
};

static void check_completeness(struct check *check)
{
	GLuint framebuffer, texture, renderbuffer[2];
	GLenum status;

	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
	expect(check, status == GL_FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT, "empty: %04x",
	       status);
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		glGenTextures(1, &texture);
		glBindTexture(GL_TEXTURE_2D, texture);
		glTexStorage2D(GL_TEXTURE_2D, 1, formats[i].format, SIDE, SIDE);
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture,
				       0);
		status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
		expect(check, (status == GL_FRAMEBUFFER_COMPLETE) == formats[i].texture,
		       "a texture of %s: %04x", formats[i].name, status);
		glDeleteTextures(1, &texture);
		if (!formats[i].renderbuffer)
			continue;
		glGenRenderbuffers(1, renderbuffer);
		glBindRenderbuffer(GL_RENDERBUFFER, renderbuffer[0]);
		glRenderbufferStorage(GL_RENDERBUFFER, formats[i].format, SIDE, SIDE);
		glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
					  renderbuffer[0]);
		status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
		expect(check, status == GL_FRAMEBUFFER_COMPLETE, "a renderbuffer of %s: %04x",
		       formats[i].name, status);
		glDeleteRenderbuffers(1, renderbuffer);
	}
	/* Samples that differ; a colour that is depth; no size. */
	glGenRenderbuffers(2, renderbuffer);
	glBindRenderbuffer(GL_RENDERBUFFER, renderbuffer[0]);
	glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, GL_RGBA8, SIDE, SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
				  renderbuffer[0]);
	glBindRenderbuffer(GL_RENDERBUFFER, renderbuffer[1]);
	glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, SIDE, SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER,
				  renderbuffer[1]);
	status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
	expect(check, status == GL_FRAMEBUFFER_INCOMPLETE_MULTISAMPLE, "samples: %04x", status);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
				  renderbuffer[1]);
	status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
	expect(check, status == GL_FRAMEBUFFER_INCOMPLETE_ATTACHMENT, "depth as colour: %04x",
	       status);
	glDeleteRenderbuffers(2, renderbuffer);
	glDeleteFramebuffers(1, &framebuffer);
}

/* Four targets of different formats, written in one draw; one of them is left out. */
static void check_targets(struct check *check)
{
	static const GLenum kinds[4] = {GL_RGBA8, GL_RG16F, GL_RGBA32UI, GL_R8};
	static const GLenum buffers[4] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1,
					  GL_COLOR_ATTACHMENT2, GL_NONE};
	GLuint textures[4], framebuffer, program;
	uint8_t bytes[4];
	uint32_t words[4];
	float floats[4];

	program = make_program(
		check, quad_vertex,
		"layout(location = 0) out vec4 a; layout(location = 1) out vec2 b;\n"
		"layout(location = 2) out uvec4 c; layout(location = 3) out float d;\n"
		"void main() { a = vec4(0.2, 0.4, 0.6, 0.8); b = vec2(-5.0, 0.5);\n"
		"c = uvec4(gl_FragCoord.x, gl_FragCoord.y, 4000000000u, 7u); d = 1.0; }\n");
	glGenTextures(4, textures);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	for (unsigned i = 0; i < 4; i++) {
		glBindTexture(GL_TEXTURE_2D, textures[i]);
		glTexStorage2D(GL_TEXTURE_2D, 1, kinds[i], SIDE, SIDE);
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0 + i, GL_TEXTURE_2D,
				       textures[i], 0);
	}
	glViewport(0, 0, SIDE, SIDE);
	glDrawBuffers(4, buffers);
	draw_quad();
	glReadBuffer(GL_COLOR_ATTACHMENT0);
	glReadPixels(3, 9, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, bytes);
	expect(check, bytes[0] == 51 && bytes[1] == 102 && bytes[2] == 153 && bytes[3] == 204,
	       "target 0: %u %u %u %u", bytes[0], bytes[1], bytes[2], bytes[3]);
	glReadBuffer(GL_COLOR_ATTACHMENT1);
	glReadPixels(3, 9, 1, 1, GL_RGBA, GL_FLOAT, floats);
	expect(check, floats[0] == -5 && floats[1] == 0.5f, "target 1: %g %g", (double)floats[0],
	       (double)floats[1]);
	glReadBuffer(GL_COLOR_ATTACHMENT2);
	glReadPixels(3, 9, 1, 1, GL_RGBA_INTEGER, GL_UNSIGNED_INT, words);
	expect(check, words[0] == 3 && words[1] == 9 && words[2] == 4000000000u && words[3] == 7,
	       "target 2: %u %u %u %u", words[0], words[1], words[2], words[3]);
	glReadBuffer(GL_COLOR_ATTACHMENT3);
	glReadPixels(3, 9, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, bytes);
	expect(check, bytes[0] == 0, "target 3, left out: %u", bytes[0]);
	/* Each cleared by itself. */
	{
		static const GLenum all[4] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1,
					      GL_COLOR_ATTACHMENT2, GL_COLOR_ATTACHMENT3};
		static const float half[4] = {0.25f, 1000, 0, 0};
		static const uint32_t numbers[4] = {1, 2, 3, 0xffffffff};

		glDrawBuffers(4, all);
		glClearBufferfv(GL_COLOR, 1, half);
		glClearBufferuiv(GL_COLOR, 2, numbers);
		glReadBuffer(GL_COLOR_ATTACHMENT1);
		glReadPixels(7, 7, 1, 1, GL_RGBA, GL_FLOAT, floats);
		expect(check, floats[0] == 0.25f && floats[1] == 1000, "cleared 1: %g %g",
		       (double)floats[0], (double)floats[1]);
		glReadBuffer(GL_COLOR_ATTACHMENT2);
		glReadPixels(7, 7, 1, 1, GL_RGBA_INTEGER, GL_UNSIGNED_INT, words);
		expect(check, words[0] == 1 && words[3] == 0xffffffff, "cleared 2: %u %u", words[0],
		       words[3]);
	}
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteTextures(4, textures);
	glDeleteProgram(program);
}

/* Parts, mirrored and scaled, of a picture whose texels are numbered. */
static void check_blits(struct check *check)
{
	static const int boxes[][8] = {
		/* from x0 y0 x1 y1, to x0 y0 x1 y1 */
		{0, 0, 32, 32, 0, 0, 32, 32},     {4, 8, 12, 20, 1, 2, 9, 14},
		{4, 8, 12, 20, 9, 14, 1, 2},      {12, 8, 4, 20, 1, 2, 9, 14},
		{0, 0, 8, 8, 3, 5, 27, 29},       {0, 0, 32, 32, 8, 8, 16, 16},
		{0, 0, 32, 32, -16, -16, 48, 48}, {0, 0, 4, 4, 31, 31, 39, 39},
	};
	static uint8_t texels[SIDE * SIDE][4], found[SIDE * SIDE][4];
	struct target from, to;

	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		texels[i][0] = (uint8_t)(i % SIDE * 8);
		texels[i][1] = (uint8_t)(i / SIDE * 8);
		texels[i][3] = 255;
	}
	if (!make_target(check, &from, GL_RGBA8, SIDE, SIDE))
		return;
	glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, texels);
	if (!make_target(check, &to, GL_RGBA8, SIDE, SIDE))
		return;
	for (unsigned i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		const int *b = boxes[i];
		unsigned wrong = 0;

		glBindFramebuffer(GL_FRAMEBUFFER, to.framebuffer);
		glClear(GL_COLOR_BUFFER_BIT);
		glBindFramebuffer(GL_READ_FRAMEBUFFER, from.framebuffer);
		glBlitFramebuffer(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
				  GL_COLOR_BUFFER_BIT, GL_NEAREST);
		glBindFramebuffer(GL_FRAMEBUFFER, to.framebuffer);
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
		for (int k = 0; k < SIDE * SIDE; k++) {
			double u = (k % SIDE + 0.5 - b[4]) / (b[6] - b[4]);
			double v = (k / SIDE + 0.5 - b[5]) / (b[7] - b[5]);
			double x = b[0] + u * (b[2] - b[0]), y = b[1] + v * (b[3] - b[1]);
			bool inside = u > 0 && u < 1 && v > 0 && v < 1;

			/* On the border of two texels either will do. */
			if (inside && (fabs(x - rint(x)) < 1e-6 || fabs(y - rint(y)) < 1e-6))
				continue;
			wrong += found[k][3] != (inside ? 255 : 0) ||
				 (inside &&
				  (found[k][0] != (int)x * 8 || found[k][1] != (int)y * 8));
		}
		expect(check, !wrong, "blit %u: %u pixels", i, wrong);
	}
	drop_target(&from);
	drop_target(&to);
}

/* One layer or face of several is drawn to; the others stay. */
static void check_layers(struct check *check)
{
	static const GLenum targets[] = {GL_TEXTURE_2D_ARRAY, GL_TEXTURE_3D, GL_TEXTURE_CUBE_MAP};
	GLuint framebuffer, texture;
	uint8_t pixel[4];

	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	for (unsigned t = 0; t < 3; t++) {
		glGenTextures(1, &texture);
		glBindTexture(targets[t], texture);
		if (t == 2)
			glTexStorage2D(targets[t], 2, GL_RGBA8, SIDE, SIDE);
		else
			glTexStorage3D(targets[t], 2, GL_RGBA8, SIDE, SIDE, 6);
		for (unsigned pass = 0; pass < 2; pass++) {
			for (int layer = 0; layer < 3; layer++) {
				int level = layer == 1;

				if (t == 2)
					glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0,
							       GL_TEXTURE_CUBE_MAP_POSITIVE_X +
								       (GLenum)layer,
							       texture, level);
				else
					glFramebufferTextureLayer(GL_FRAMEBUFFER,
								  GL_COLOR_ATTACHMENT0, texture,
								  level, layer);
				if (!pass) {
					glClearColor((float)(layer + 1) / 5, 0, 0, 1);
					glClear(GL_COLOR_BUFFER_BIT);
					continue;
				}
				glReadPixels(5, 5, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
				expect(check, pixel[0] == 51 * (layer + 1),
				       "target %04x, layer %d, level %d: %u", targets[t], layer,
				       level, pixel[0]);
			}
		}
		glDeleteTextures(1, &texture);
	}
	glClearColor(0, 0, 0, 0);
	glDeleteFramebuffers(1, &framebuffer);
}

/* Samples: an edge is somewhere between, and all of a full pixel is one colour. */
static void check_samples(struct check *check)
{
	static uint8_t found[SIDE * SIDE][4];
	struct target target;
	GLuint framebuffer, renderbuffer, program;
	unsigned between = 0, wrong = 0;

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	glGenRenderbuffers(1, &renderbuffer);
	glBindRenderbuffer(GL_RENDERBUFFER, renderbuffer);
	glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, GL_RGBA8, SIDE, SIDE);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
				  renderbuffer);
	program = make_program(check,
			       "void main() { vec2 p = vec2(float(gl_VertexID & 1), "
			       "float(gl_VertexID >> 1)) * 2.0 - 1.0;\n"
			       "gl_Position = vec4(p.x, p.y * 0.9 + p.x * 0.08, 0.0, 1.0); }\n",
			       "out vec4 color;\nvoid main() { color = vec4(1.0); }\n");
	glClear(GL_COLOR_BUFFER_BIT);
	draw_quad();
	glBindFramebuffer(GL_DRAW_FRAMEBUFFER, target.framebuffer);
	glBlitFramebuffer(0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, GL_COLOR_BUFFER_BIT, GL_NEAREST);
	glBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
	for (int i = 0; i < SIDE * SIDE; i++) {
		double x = (i % SIDE + 0.5) / SIDE * 2 - 1, y = (i / SIDE + 0.5) / SIDE * 2 - 1;
		double d = (0.9 - fabs(y - x * 0.08)) * SIDE / 2;

		between += found[i][0] > 0 && found[i][0] < 255;
		if (fabs(d) > 1)
			wrong += found[i][0] != (d > 0 ? 255 : 0);
	}
	expect(check, !wrong && between > 10, "samples: %u pixels wrong, %u between", wrong,
	       between);
	glDeleteRenderbuffers(1, &renderbuffer);
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteProgram(program);
	drop_target(&target);
}

void check_framebuffers(struct check *check)
{
	check_completeness(check);
	check_targets(check);
	check_blits(check);
	check_layers(check);
	check_samples(check);
}
