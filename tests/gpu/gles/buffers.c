/* SPDX-License-Identifier: Apache-2.0 */
/* Data on its way: feedback of vertices, queries, pixel buffers, copies of buffers and textures. */
#include "check.h"

#include <string.h>

#define SIDE 32

/* What vertices write to buffers: together, apart, and how many. */
static void check_feedback(struct check *check, GLenum how)
{
	static const char *const names[] = {"a", "b"};
	static const char vertex[] = "out vec2 a; flat out ivec3 b;\n"
				     "void main() { a = vec2(float(gl_VertexID) * 0.5, 7.0);\n"
				     "b = ivec3(gl_VertexID, -gl_VertexID, 1 << gl_VertexID); "
				     "gl_Position = vec4(0.0); }\n";
	GLuint program = glCreateProgram(), shaders[2], buffers[2], query, count = 0;
	const char *texts[2][2] = {{"#version 300 es\n", vertex},
				   {"#version 300 es\n", "void main() {}\n"}};
	unsigned wrong = 0;
	int32_t *words;

	for (unsigned i = 0; i < 2; i++) {
		shaders[i] = glCreateShader(i ? GL_FRAGMENT_SHADER : GL_VERTEX_SHADER);
		glShaderSource(shaders[i], 2, texts[i], NULL);
		glCompileShader(shaders[i]);
		glAttachShader(program, shaders[i]);
	}
	glTransformFeedbackVaryings(program, 2, names, how);
	glLinkProgram(program);
	glUseProgram(program);
	glGenBuffers(2, buffers);
	for (unsigned i = 0; i < 2; i++) {
		glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, i, buffers[i]);
		glBufferData(GL_TRANSFORM_FEEDBACK_BUFFER, 600, NULL, GL_STREAM_READ);
	}
	glGenQueries(1, &query);
	glEnable(GL_RASTERIZER_DISCARD);
	glBeginQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN, query);
	glBeginTransformFeedback(GL_POINTS);
	glDrawArrays(GL_POINTS, 0, 7);
	glPauseTransformFeedback();
	glDrawArrays(GL_POINTS, 0, 3);
	glResumeTransformFeedback();
	glDrawArrays(GL_POINTS, 7, 4);
	glEndTransformFeedback();
	glEndQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN);
	glDisable(GL_RASTERIZER_DISCARD);
	glGetQueryObjectuiv(query, GL_QUERY_RESULT, &count);
	expect(check, count == 11, "feedback: %u points written", count);
	for (unsigned part = 0; part < 2; part++) {
		bool apart = how == GL_SEPARATE_ATTRIBS;
		unsigned step = apart ? (part ? 3 : 2) : 5, skip = !apart && part ? 2 : 0;

		glBindBuffer(GL_TRANSFORM_FEEDBACK_BUFFER, buffers[apart && part]);
		words = glMapBufferRange(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 600, GL_MAP_READ_BIT);
		for (int v = 0; words && v < 11; v++) {
			const int32_t *w = words + (unsigned)v * step + skip;
			float a[2];

			memcpy(a, w, sizeof(a));
			if (part)
				wrong += w[0] != v || w[1] != -v || w[2] != 1 << v;
			else
				wrong += a[0] != (float)v * 0.5f || a[1] != 7;
		}
		expect(check, words && !wrong, "feedback %04x, output %u: %u vertices", how, part,
		       wrong);
		glUnmapBuffer(GL_TRANSFORM_FEEDBACK_BUFFER);
	}
	glDeleteQueries(1, &query);
	glDeleteBuffers(2, buffers);
	glDeleteProgram(program);
	for (unsigned i = 0; i < 2; i++)
		glDeleteShader(shaders[i]);
}

static void check_occlusion(struct check *check)
{
	GLuint program = make_program(check, quad_vertex,
				      "out vec4 color;\nvoid main() { if (gl_FragCoord.x > 8.0) "
				      "discard; color = vec4(1.0); }\n");
	GLuint queries[4], any[4];

	glGenQueries(4, queries);
	glEnable(GL_SCISSOR_TEST);
	for (int i = 0; i < 4; i++) {
		/* Some pixel; none in the rectangle; none left; no rectangle. */
		static const int boxes[4][4] = {
			{0, 0, 4, 4}, {40, 0, 4, 4}, {10, 0, 4, 4}, {0, 0, 0, 0}};

		glScissor(boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
		glBeginQuery(i % 2 ? GL_ANY_SAMPLES_PASSED_CONSERVATIVE : GL_ANY_SAMPLES_PASSED,
			     queries[i]);
		draw_quad();
		glEndQuery(i % 2 ? GL_ANY_SAMPLES_PASSED_CONSERVATIVE : GL_ANY_SAMPLES_PASSED);
	}
	glDisable(GL_SCISSOR_TEST);
	for (int i = 0; i < 4; i++) {
		glGetQueryObjectuiv(queries[i], GL_QUERY_RESULT, &any[i]);
		expect(check, (any[i] != 0) == (i == 0), "occlusion %d: %u", i, any[i]);
	}
	glDeleteQueries(4, queries);
	glDeleteProgram(program);
}

/* Pixels through buffers, with offsets and row lengths, and from the framebuffer to a texture. */
static void check_pixels(struct check *check, struct target *target)
{
	static uint8_t data[SIDE * SIDE * 4 + 100], *mapped;
	GLuint buffers[2];
	struct target other;
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 128);
	glGenBuffers(2, buffers);
	glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffers[0]);
	glBufferData(GL_PIXEL_UNPACK_BUFFER, sizeof(data), data, GL_STREAM_DRAW);
	glBindTexture(GL_TEXTURE_2D, target->texture);
	glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE,
			(const void *)52);
	glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
	/* A part of it, lower and to the left, onto another texture. */
	make_target(check, &other, GL_RGBA8, SIDE, SIDE);
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	glCopyTexSubImage2D(GL_TEXTURE_2D, 0, 3, 5, 7, 9, 20, 18);
	glBindFramebuffer(GL_FRAMEBUFFER, other.framebuffer);
	glBindBuffer(GL_PIXEL_PACK_BUFFER, buffers[1]);
	glBufferData(GL_PIXEL_PACK_BUFFER, sizeof(data), NULL, GL_STREAM_READ);
	glPixelStorei(GL_PACK_ROW_LENGTH, SIDE);
	glReadPixels(3, 5, 20, 18, GL_RGBA, GL_UNSIGNED_BYTE, (void *)16);
	glPixelStorei(GL_PACK_ROW_LENGTH, 0);
	mapped = glMapBufferRange(GL_PIXEL_PACK_BUFFER, 16, SIDE * SIDE * 4, GL_MAP_READ_BIT);
	for (int y = 0; mapped && y < 18; y++) {
		for (int x = 0; x < 80; x++)
			wrong += mapped[y * SIDE * 4 + x] !=
				 data[52 + (y + 9) * SIDE * 4 + 7 * 4 + x];
	}
	expect(check, mapped && !wrong, "pixels through buffers: %u bytes", wrong);
	glUnmapBuffer(GL_PIXEL_PACK_BUFFER);
	glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
	/* From buffer to buffer. */
	glBindBuffer(GL_COPY_READ_BUFFER, buffers[0]);
	glBindBuffer(GL_COPY_WRITE_BUFFER, buffers[1]);
	glCopyBufferSubData(GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, 13, 100, 999);
	mapped = glMapBufferRange(GL_COPY_WRITE_BUFFER, 100, 999, GL_MAP_READ_BIT);
	expect(check, mapped && !memcmp(mapped, data + 13, 999), "a copy from buffer to buffer");
	glUnmapBuffer(GL_COPY_WRITE_BUFFER);
	glDeleteBuffers(2, buffers);
	drop_target(&other);
}

void check_buffers(struct check *check)
{
	struct target target;

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	check_feedback(check, GL_INTERLEAVED_ATTRIBS);
	check_feedback(check, GL_SEPARATE_ATTRIBS);
	check_occlusion(check);
	check_pixels(check, &target);
	drop_target(&target);
}
