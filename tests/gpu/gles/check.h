/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a GLES 3.0 implementation against results computed here. A check is one subject: it
 * goes through all its cases and counts those that came out wrong.
 */
#ifndef BH_TESTS_GPU_GLES_CHECK_H
#define BH_TESTS_GPU_GLES_CHECK_H

#include <GLES3/gl3.h>
#include <stdbool.h>
#include <stdint.h>

struct check {
	const char *name;
	unsigned cases, failed;
};

/* One case more; says what it was when it is wrong (the first few of a check). */
bool expect(struct check *check, bool holds, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Numbers that are the same in each run. */
uint32_t next_number(uint32_t *state);
float next_float(uint32_t *state); /* in [0, 1) */

/* Both with "#version 300 es" and precisions in front. 0, and a failed case, when it has errors. */
GLuint make_program(struct check *check, const char *vertex, const char *fragment);
/* A vertex shader for draw_quad(): the whole viewport; `at` is from 0 to 1. */
extern const char quad_vertex[];
void draw_quad(void);

/* A texture to draw to, bound with its own framebuffer. */
struct target {
	GLuint texture, framebuffer;
	int width, height;
	GLenum format;
};

bool make_target(struct check *check, struct target *target, GLenum format, int width, int height);
void drop_target(struct target *target);

/* Cell `index` of a target: viewport and scissor are its pixels. */
void use_cell(const struct target *target, unsigned index, int size);
/* Its first pixel's index. */
unsigned cell_pixel(const struct target *target, unsigned index, int size, int x, int y);

GLuint make_texture(GLenum target, GLenum format, int width, int height, GLenum pixels, GLenum type,
		    const void *data, GLenum filter);

void check_attributes(struct check *check);
void check_blending(struct check *check);
void check_buffers(struct check *check);
void check_cubes(struct check *check);
void check_depth(struct check *check);
void check_derivatives(struct check *check);
void check_draws(struct check *check);
void check_flow(struct check *check);
void check_formats(struct check *check);
void check_framebuffers(struct check *check);
void check_functions(struct check *check);
void check_integers(struct check *check);
void check_interpolation(struct check *check);
void check_levels(struct check *check);
void check_lines(struct check *check);
void check_lookups(struct check *check);
void check_masks(struct check *check);
void check_occlusion_table(struct check *check);
void check_points(struct check *check);
void check_multisampling(struct check *check);
void check_stencil(struct check *check);
void check_transfers(struct check *check);
void check_triangles(struct check *check);
void check_uniforms(struct check *check);
void check_wraps(struct check *check);

#endif
