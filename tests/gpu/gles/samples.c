/* SPDX-License-Identifier: Apache-2.0 */
/* Several samples a pixel: each is covered once by what meets in an edge, has a depth of its own,
 * and is chosen by coverage that is given or comes from alpha. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 32

struct samples {
	GLuint framebuffer, color, depth;
	struct target resolved;
	unsigned count;
};

static const char place_text[] = "layout(location = 0) in vec3 given;\n"
				 "void main() { gl_Position = vec4(given, 1.0); }\n";
static const char shade_text[] = "uniform vec4 shade; out vec4 color;\n"
				 "void main() { color = shade; }\n";

static bool make_samples(struct check *check, struct samples *s, unsigned count)
{
	GLint given = 0;

	if (!make_target(check, &s->resolved, GL_RGBA8, SIDE, SIDE))
		return false;
	glGenFramebuffers(1, &s->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, s->framebuffer);
	glGenRenderbuffers(1, &s->color);
	glBindRenderbuffer(GL_RENDERBUFFER, s->color);
	glRenderbufferStorageMultisample(GL_RENDERBUFFER, (GLsizei)count, GL_RGBA8, SIDE, SIDE);
	/* It may have more than one asked for. */
	glGetRenderbufferParameteriv(GL_RENDERBUFFER, GL_RENDERBUFFER_SAMPLES, &given);
	s->count = (unsigned)given;
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, s->color);
	glGenRenderbuffers(1, &s->depth);
	glBindRenderbuffer(GL_RENDERBUFFER, s->depth);
	glRenderbufferStorageMultisample(GL_RENDERBUFFER, (GLsizei)count, GL_DEPTH24_STENCIL8, SIDE,
					 SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER,
				  s->depth);
	return expect(check,
		      s->count >= count &&
			      glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE,
		      "%u samples: %u, or not complete", count, s->count);
}

static void drop_samples(struct samples *s)
{
	glDeleteFramebuffers(1, &s->framebuffer);
	glDeleteRenderbuffers(1, &s->color);
	glDeleteRenderbuffers(1, &s->depth);
	drop_target(&s->resolved);
}

static void begin(const struct samples *s)
{
	glBindFramebuffer(GL_FRAMEBUFFER, s->framebuffer);
	glDepthFunc(GL_LESS);
	glDepthMask(1);
	glClearDepthf(1);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
}

static void resolve(const struct samples *s, uint8_t out[SIDE * SIDE][4])
{
	glBindFramebuffer(GL_READ_FRAMEBUFFER, s->framebuffer);
	glBindFramebuffer(GL_DRAW_FRAMEBUFFER, s->resolved.framebuffer);
	glBlitFramebuffer(0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, GL_COLOR_BUFFER_BIT, GL_NEAREST);
	glBindFramebuffer(GL_READ_FRAMEBUFFER, s->resolved.framebuffer);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, out);
}

static void triangle(GLint shade, float r, float g, const float v[3][3])
{
	glUniform4f(shade, r, g, 0, 1);
	glVertexAttribPointer(0, 3, GL_FLOAT, 0, 0, v);
	glDrawArrays(GL_TRIANGLES, 0, 3);
}

/* The share of samples of a pixel, if the value is one. */
static bool is_share(uint8_t value, unsigned count, unsigned *share)
{
	*share = (value * count + 127) / 255;
	return abs((int)value - (int)((*share * 255 + count / 2) / count)) <= 1;
}

/* A half plane through the middle: whole pixels on each side, shares of samples between. */
static void check_edge(struct check *check, const struct samples *s, GLint shade, double angle)
{
	float c = (float)cos(angle) * 4, n = (float)sin(angle) * 4;
	float v[3][3] = {{c, n, 0}, {-c, -n, 0}, {-n * 2, c * 2, 0}};
	uint8_t out[SIDE * SIDE][4];
	unsigned wrong = 0, share;

	begin(s);
	triangle(shade, 1, 0, v);
	resolve(s, out);
	for (int i = 0; i < SIDE * SIDE; i++) {
		double x = (i % SIDE + 0.5) / SIDE * 2 - 1, y = (i / SIDE + 0.5) / SIDE * 2 - 1;
		double far = (y * cos(angle) - x * sin(angle)) * SIDE / 2;

		wrong += !is_share(out[i][0], s->count, &share) ||
			 (far > 0.72 && share < s->count) || (far < -0.72 && share > 0);
	}
	expect(check, !wrong, "%u samples, an edge at %g: %u pixels", s->count, angle, wrong);
}

/* Triangles round a point leave no sample out, and none twice. */
static void check_fan(struct check *check, const struct samples *s, GLint shade, uint32_t seed)
{
	float x = next_float(&seed) - 0.5f, y = next_float(&seed) - 0.5f;
	uint8_t out[SIDE * SIDE][4];
	unsigned parts = 3 + next_number(&seed) % 9, wrong = 0;

	begin(s);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_ONE);
	for (unsigned i = 0; i < parts; i++) {
		double a = 6.283185307179586 * i / parts, b = 6.283185307179586 * (i + 1) / parts;
		float v[3][3] = {{x, y, 0},
				 {(float)cos(a) * 9, (float)sin(a) * 9, 0},
				 {(float)cos(b) * 9, (float)sin(b) * 9, 0}};

		/* The last corner is the first: the same numbers. */
		if (i + 1 == parts) {
			v[2][0] = 9;
			v[2][1] = 0;
		}
		triangle(shade, 64 / 255.0f, 0, (const float(*)[3])v);
	}
	glDisable(GL_BLEND);
	resolve(s, out);
	for (int i = 0; i < SIDE * SIDE; i++)
		wrong += out[i][0] != 64;
	expect(check, !wrong, "%u samples, %u triangles: %u pixels", s->count, parts, wrong);
}

/* Two tilted planes: the nearer one at each sample; both are one in depth where they meet. */
static void check_depths(struct check *check, const struct samples *s, GLint shade, double angle)
{
	float c = (float)cos(angle), n = (float)sin(angle);
	static const float corners[3][2] = {{-1, -1}, {3, -1}, {-1, 3}};
	uint8_t out[SIDE * SIDE][4];
	unsigned wrong = 0, mixed = 0, share;

	begin(s);
	glEnable(GL_DEPTH_TEST);
	for (int plane = -1; plane <= 1; plane += 2) {
		float v[3][3];

		for (unsigned i = 0; i < 3; i++) {
			v[i][0] = corners[i][0];
			v[i][1] = corners[i][1];
			v[i][2] = 0.2f * (float)plane * (corners[i][0] * c + corners[i][1] * n);
		}
		triangle(shade, plane<0, plane> 0, (const float(*)[3])v);
	}
	glDisable(GL_DEPTH_TEST);
	resolve(s, out);
	for (int i = 0; i < SIDE * SIDE; i++) {
		wrong += abs(out[i][0] + out[i][1] - 255) > 1 ||
			 !is_share(out[i][0], s->count, &share);
		mixed += out[i][0] && out[i][1];
	}
	expect(check, !wrong, "%u samples, planes at %g: %u pixels", s->count, angle, wrong);
	expect(check, mixed, "%u samples, planes at %g meet in no pixel", s->count, angle);
}

static unsigned drawn_share(const struct samples *s, GLint shade, struct check *check, float alpha)
{
	uint8_t out[SIDE * SIDE][4];
	unsigned wrong = 0, share = 0, sum = 0;

	begin(s);
	glUniform4f(shade, 1, 0, 0, alpha);
	draw_quad();
	resolve(s, out);
	for (int i = 0; i < SIDE * SIDE; i++) {
		wrong += !is_share(out[i][0], s->count, &share);
		sum += share;
	}
	expect(check, !wrong, "%u samples: %u pixels are no share", s->count, wrong);
	return (sum + SIDE * SIDE / 2) / (SIDE * SIDE);
}

/* More coverage, more samples; what is inverted is the rest. */
static void check_coverage(struct check *check, const struct samples *s)
{
	GLuint program = make_program(check, quad_vertex, shade_text);
	GLint shade = glGetUniformLocation(program, "shade");
	unsigned before = 0, alpha_before = 0;

	for (unsigned i = 0; i <= 16; i++) {
		float value = (float)i / 16;
		unsigned part, rest, alpha;

		glEnable(GL_SAMPLE_COVERAGE);
		glSampleCoverage(value, 0);
		part = drawn_share(s, shade, check, 1);
		glSampleCoverage(value, 1);
		rest = drawn_share(s, shade, check, 1);
		glDisable(GL_SAMPLE_COVERAGE);
		glEnable(GL_SAMPLE_ALPHA_TO_COVERAGE);
		alpha = drawn_share(s, shade, check, value);
		glDisable(GL_SAMPLE_ALPHA_TO_COVERAGE);
		expect(check, part + rest == s->count, "%u samples, coverage %g: %u and %u",
		       s->count, (double)value, part, rest);
		expect(check,
		       part >= before && alpha >= alpha_before &&
			       (i < 16 || (part == s->count && alpha == s->count)) &&
			       (i > 0 || (part == 0 && alpha == 0)),
		       "%u samples, coverage %g: %u, from alpha %u", s->count, (double)value, part,
		       alpha);
		before = part;
		alpha_before = alpha;
	}
	glDeleteProgram(program);
}

void check_multisampling(struct check *check)
{
	GLint most = 0;

	glGetIntegerv(GL_MAX_SAMPLES, &most);
	expect(check, most >= 4, "%d samples are most", most);
	for (unsigned count = 2; count <= 4; count *= 2) {
		GLuint program;
		struct samples s;
		GLint shade;

		if (!make_samples(check, &s, count))
			return;
		program = make_program(check, place_text, shade_text);
		shade = glGetUniformLocation(program, "shade");
		glEnableVertexAttribArray(0);
		for (unsigned i = 0; i < 32; i++) {
			check_edge(check, &s, shade, i * 0.1963495408 + 0.01);
			check_fan(check, &s, shade, i * 77 + 5);
			check_depths(check, &s, shade, i * 0.1963495408 + 0.05);
		}
		glDisableVertexAttribArray(0);
		glDeleteProgram(program);
		check_coverage(check, &s);
		drop_samples(&s);
	}
}
