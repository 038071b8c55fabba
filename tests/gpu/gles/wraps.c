/* SPDX-License-Identifier: Apache-2.0 */
/* Wrap modes by filters by formats, on sizes that are no powers of two, beside a sampler in double.
 */
#include "check.h"

#include <math.h>

#define SIDE 64
#define W    5
#define H    3

static const GLenum wraps[] = {GL_REPEAT, GL_CLAMP_TO_EDGE, GL_MIRRORED_REPEAT};

static int wrap(GLenum mode, int i, int size)
{
	int m;

	switch (mode) {
	case GL_REPEAT:
		return ((i % size) + size) % size;
	case GL_CLAMP_TO_EDGE:
		return i < 0 ? 0 : i >= size ? size - 1 : i;
	default:
		m = ((i % (2 * size)) + 2 * size) % (2 * size);
		return m < size ? m : 2 * size - 1 - m;
	}
}

struct picture {
	double texels[H][W][4];
	GLenum ws, wt;
	bool linear;
};

static double texel(const struct picture *p, int x, int y, unsigned c)
{
	return p->texels[wrap(p->wt, y, H)][wrap(p->ws, x, W)][c];
}

/* False where rounding decides between two texels. */
static bool sample(const struct picture *p, double s, double t, double out[4])
{
	double u = s * W - (p->linear ? 0.5 : 0), v = t * H - (p->linear ? 0.5 : 0);
	int x = (int)floor(u), y = (int)floor(v);
	double fx = u - x, fy = v - y;

	if (!p->linear && (fmin(fx, 1 - fx) < 1e-3 || fmin(fy, 1 - fy) < 1e-3))
		return false;
	for (unsigned c = 0; c < 4; c++) {
		if (!p->linear) {
			out[c] = texel(p, x, y, c);
			continue;
		}
		out[c] = (texel(p, x, y, c) * (1 - fx) + texel(p, x + 1, y, c) * fx) * (1 - fy) +
			 (texel(p, x, y + 1, c) * (1 - fx) + texel(p, x + 1, y + 1, c) * fx) * fy;
	}
	return true;
}

static double from_srgb(double v)
{
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* Texels of bytes, as each format has them. */
static const struct format {
	const char *name;
	GLenum internal, pixels, type;
	unsigned bytes;
	int channels[4]; /* of the picture: a byte of the texel, -1: 0, -2: 1 */
	double scale;
	bool srgb, is_signed;
} formats[] = {
	{"RGBA8", GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 4, {0, 1, 2, 3}, 255, false, false},
	{"RGB8", GL_RGB8, GL_RGB, GL_UNSIGNED_BYTE, 3, {0, 1, 2, -2}, 255, false, false},
	{"RG8", GL_RG8, GL_RG, GL_UNSIGNED_BYTE, 2, {0, 1, -1, -2}, 255, false, false},
	{"R8", GL_R8, GL_RED, GL_UNSIGNED_BYTE, 1, {0, -1, -1, -2}, 255, false, false},
	{"LUMINANCE",
	 GL_LUMINANCE,
	 GL_LUMINANCE,
	 GL_UNSIGNED_BYTE,
	 1,
	 {0, 0, 0, -2},
	 255,
	 false,
	 false},
	{"LUMINANCE_ALPHA",
	 GL_LUMINANCE_ALPHA,
	 GL_LUMINANCE_ALPHA,
	 GL_UNSIGNED_BYTE,
	 2,
	 {0, 0, 0, 1},
	 255,
	 false,
	 false},
	{"ALPHA", GL_ALPHA, GL_ALPHA, GL_UNSIGNED_BYTE, 1, {-1, -1, -1, 0}, 255, false, false},
	{"RGBA8_SNORM", GL_RGBA8_SNORM, GL_RGBA, GL_BYTE, 4, {0, 1, 2, 3}, 127, false, true},
	{"SRGB8_ALPHA8",
	 GL_SRGB8_ALPHA8,
	 GL_RGBA,
	 GL_UNSIGNED_BYTE,
	 4,
	 {0, 1, 2, 3},
	 255,
	 true,
	 false},
};

static double value_of(const struct format *format, const uint8_t *bytes, unsigned c)
{
	int from = format->channels[c];
	double value;

	if (from < 0)
		return from == -1 ? 0 : 1;
	if (format->is_signed)
		return fmax((int8_t)bytes[from] / format->scale, -1);
	value = bytes[from] / format->scale;
	return format->srgb && c < 3 ? from_srgb(value) : value;
}

static void compare_pixels(struct check *check, const struct format *format,
			   const struct picture *picture, GLenum min, GLenum mag, double from,
			   double to)
{
	static float found[SIDE * SIDE][4];
	unsigned wrong = 0, first = 0;
	double wanted[4], worst = 0;

	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		double s = from + (to - from) * (i % SIDE + 0.5) / SIDE;
		double t = from + (to - from) * (i / SIDE + 0.5) / SIDE;

		if (!sample(picture, s, t, wanted))
			continue;
		for (unsigned c = 0; c < 4; c++) {
			double off = fabs(wanted[c] - (double)found[i][c]);

			if (off > worst)
				worst = off;
			if (off > (picture->linear ? 0.009 : 0.0025) && !wrong++)
				first = i;
		}
	}
	sample(picture, from + (to - from) * (first % SIDE + 0.5) / SIDE,
	       from + (to - from) * (first / SIDE + 0.5) / SIDE, wanted);
	expect(check, !wrong,
	       "%s, wraps %04x %04x, filters %04x %04x: %u values off by up to %g; at %u %u: %g %g "
	       "%g %g, wanted %g %g %g %g",
	       format->name, picture->ws, picture->wt, min, mag, wrong, worst, first % SIDE,
	       first / SIDE, (double)found[first][0], (double)found[first][1],
	       (double)found[first][2], (double)found[first][3], wanted[0], wanted[1], wanted[2],
	       wanted[3]);
}

static void check_format(struct check *check, const struct format *format)
{
	struct picture picture;
	uint8_t bytes[H * W * 4];
	uint32_t state = 77;
	GLuint texture, program;
	GLint place;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)next_number(&state);
	for (unsigned i = 0; i < H * W; i++) {
		for (unsigned c = 0; c < 4; c++)
			picture.texels[i / W][i % W][c] =
				value_of(format, bytes + i * format->bytes, c);
	}
	texture = make_texture(GL_TEXTURE_2D, format->internal, W, H, format->pixels, format->type,
			       bytes, GL_NEAREST);
	program = make_program(check, quad_vertex,
			       "uniform sampler2D image; uniform vec2 place; in vec2 at;\n"
			       "out vec4 color;\n"
			       "void main() { color = texture(image, at * place.y + place.x); }\n");
	place = glGetUniformLocation(program, "place");
	for (unsigned i = 0; i < 36; i++) {
		/* Enlarged, and made smaller: a pixel is more than a texel then. */
		bool small = i / 9 & 1, linear = i / 18 & 1;
		double from = small ? -20 : -1.3, to = small ? 24.7 : 2.2;
		GLenum filter = linear ? GL_LINEAR : GL_NEAREST;
		GLenum other = linear ? GL_NEAREST : GL_LINEAR;

		picture.ws = wraps[i % 3];
		picture.wt = wraps[i / 3 % 3];
		picture.linear = linear;
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, (GLint)picture.ws);
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, (GLint)picture.wt);
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER,
				(GLint)(small ? filter : other));
		glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER,
				(GLint)(small ? other : filter));
		glUniform2f(place, (float)from, (float)(to - from));
		draw_quad();
		compare_pixels(check, format, &picture, small ? filter : other,
			       small ? other : filter, (float)from,
			       (double)(float)from + (double)(float)(to - from));
	}
	glDeleteTextures(1, &texture);
	glDeleteProgram(program);
}

void check_wraps(struct check *check)
{
	struct target target;

	if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
		return;
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		check_format(check, &formats[i]);
	drop_target(&target);
}
