/* SPDX-License-Identifier: Apache-2.0 */
/* Where texels lie in memory that is uploaded from and read back to: lengths of rows, heights of
 * images, what is skipped, alignments; in memory and in buffers. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH  7
#define HEIGHT 5
#define DEPTH  3
#define ROOM   65536
#define OFFSET 16 /* into buffers */

/* 0: as large as what is moved. */
static const struct store {
	GLint alignment, length, skip_pixels, skip_rows, height, skip_images;
} stores[] = {
	{1, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0}, {4, 0, 0, 0, 0, 0},  {8, 0, 0, 0, 0, 0},
	{1, 9, 0, 0, 0, 0}, {4, 9, 2, 0, 0, 0}, {8, 13, 3, 2, 0, 0}, {1, 0, 0, 3, 6, 1},
	{2, 7, 0, 0, 9, 2}, {8, 8, 1, 1, 7, 1},
};

static const struct kind {
	const char *name;
	GLenum internal, format, type;
	unsigned bytes, channels;
} kinds[] = {
	{"R8", GL_R8, GL_RED, GL_UNSIGNED_BYTE, 1, 1},
	{"RG8", GL_RG8, GL_RG, GL_UNSIGNED_BYTE, 2, 2},
	{"RGB8", GL_RGB8, GL_RGB, GL_UNSIGNED_BYTE, 3, 3},
	{"RGBA8", GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 4, 4},
	{"RGBA32UI", GL_RGBA32UI, GL_RGBA_INTEGER, GL_UNSIGNED_INT, 16, 4},
};

static const GLenum targets[] = {GL_TEXTURE_2D, GL_TEXTURE_3D, GL_TEXTURE_2D_ARRAY};

static size_t place(const struct store *store, unsigned bytes, int x, int y, int z)
{
	size_t length = store->length ? (size_t)store->length : WIDTH;
	size_t height = store->height ? (size_t)store->height : HEIGHT;
	size_t alignment = (size_t)store->alignment;
	size_t stride = (length * bytes + alignment - 1) / alignment * alignment;

	return ((size_t)z * height + (size_t)y) * stride + (size_t)x * bytes;
}

/* Images are nothing that 2D textures, or what is read, have. */
static size_t place_of(const struct store *store, unsigned bytes, bool images, int x, int y, int z)
{
	struct store flat = *store;

	if (!images)
		flat.height = flat.skip_images = 0;
	return place(&flat, bytes, x + flat.skip_pixels, y + flat.skip_rows, z + flat.skip_images);
}

static void use_store(const struct store *store, bool unpack)
{
	glPixelStorei(unpack ? GL_UNPACK_ALIGNMENT : GL_PACK_ALIGNMENT, store->alignment);
	glPixelStorei(unpack ? GL_UNPACK_ROW_LENGTH : GL_PACK_ROW_LENGTH, store->length);
	glPixelStorei(unpack ? GL_UNPACK_SKIP_PIXELS : GL_PACK_SKIP_PIXELS, store->skip_pixels);
	glPixelStorei(unpack ? GL_UNPACK_SKIP_ROWS : GL_PACK_SKIP_ROWS, store->skip_rows);
	if (!unpack)
		return;
	glPixelStorei(GL_UNPACK_IMAGE_HEIGHT, store->height);
	glPixelStorei(GL_UNPACK_SKIP_IMAGES, store->skip_images);
}

static void upload(GLenum target, const struct kind *kind, const void *data)
{
	if (target == GL_TEXTURE_2D)
		glTexSubImage2D(target, 0, 2, 1, WIDTH, HEIGHT, kind->format, kind->type, data);
	else
		glTexSubImage3D(target, 0, 2, 1, 1, WIDTH, HEIGHT, DEPTH, kind->format, kind->type,
				data);
}

static void attach(GLenum target, GLuint texture, int layer)
{
	if (target == GL_TEXTURE_2D)
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, target, texture, 0);
	else
		glFramebufferTextureLayer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture, 0, layer);
}

/* What was read, each byte; what lies between must be as it was. */
static bool is_right(const struct kind *kind, const struct store *from, const struct store *to,
		     bool images, int z, const uint8_t *source, const uint8_t *result)
{
	unsigned out = kind->bytes == 16 ? 16 : 4, touched = 0;

	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			const uint8_t *is = result + place_of(to, out, false, x, y, 0);
			const uint8_t *was = source + place_of(from, kind->bytes, images, x, y, z);

			if (memcmp(is, was, kind->bytes))
				return false;
			if (kind->channels < 4 && is[3] != 255)
				return false;
		}
	}
	for (unsigned i = 0; i < ROOM; i++)
		touched += result[i] != 0xa5;
	return touched <= WIDTH * HEIGHT * out;
}

static void check_way(struct check *check, const struct kind *kind, GLenum target, unsigned way,
		      const uint8_t *source, GLuint buffers[2], bool buffered)
{
	const struct store *from = &stores[way];
	const struct store *to = &stores[(way * 3 + 1) % (sizeof(stores) / sizeof(stores[0]))];
	bool images = target != GL_TEXTURE_2D, right = true;
	GLenum out = kind->bytes == 16 ? GL_RGBA_INTEGER : GL_RGBA;
	uint8_t *result = malloc(ROOM);
	GLuint texture;

	glGenTextures(1, &texture);
	glBindTexture(target, texture);
	if (images)
		glTexStorage3D(target, 1, kind->internal, 12, 9, 5);
	else
		glTexStorage2D(target, 1, kind->internal, 12, 9);
	use_store(from, true);
	if (buffered)
		glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffers[0]);
	upload(target, kind, buffered ? (const void *)OFFSET : source);
	glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
	use_store(to, false);
	for (int z = 0; z < (images ? DEPTH : 1); z++) {
		attach(target, texture, z + 1);
		memset(result, 0xa5, ROOM);
		if (buffered) {
			void *map;

			glBindBuffer(GL_PIXEL_PACK_BUFFER, buffers[1]);
			glBufferSubData(GL_PIXEL_PACK_BUFFER, 0, ROOM, result);
			glReadPixels(2, 1, WIDTH, HEIGHT, out, kind->type, (void *)OFFSET);
			map = glMapBufferRange(GL_PIXEL_PACK_BUFFER, OFFSET, ROOM - OFFSET,
					       GL_MAP_READ_BIT);
			memcpy(result, map, ROOM - OFFSET);
			glUnmapBuffer(GL_PIXEL_PACK_BUFFER);
			glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
		} else {
			glReadPixels(2, 1, WIDTH, HEIGHT, out, kind->type, result);
		}
		right &= is_right(kind, from, to, images, z, source, result);
	}
	expect(check, right, "%s, target %04x, store %u, %s", kind->name, target, way,
	       buffered ? "buffers" : "memory");
	glDeleteTextures(1, &texture);
	free(result);
}

void check_transfers(struct check *check)
{
	uint8_t *source = malloc(ROOM);
	GLuint buffers[2], framebuffer;
	uint32_t state = 99;

	for (unsigned i = 0; i < ROOM; i++)
		source[i] = (uint8_t)next_number(&state);
	glGenBuffers(2, buffers);
	glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffers[0]);
	glBufferData(GL_PIXEL_UNPACK_BUFFER, ROOM + OFFSET, NULL, GL_STATIC_DRAW);
	glBufferSubData(GL_PIXEL_UNPACK_BUFFER, OFFSET, ROOM, source);
	glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
	glBindBuffer(GL_PIXEL_PACK_BUFFER, buffers[1]);
	glBufferData(GL_PIXEL_PACK_BUFFER, ROOM, NULL, GL_STREAM_READ);
	glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (unsigned t = 0; t < 3; t++) {
			for (unsigned way = 0; way < sizeof(stores) / sizeof(stores[0]); way++) {
				check_way(check, &kinds[k], targets[t], way, source, buffers,
					  false);
				check_way(check, &kinds[k], targets[t], way, source, buffers, true);
			}
		}
	}
	use_store(&stores[0], true);
	use_store(&stores[0], false);
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteBuffers(2, buffers);
	free(source);
}
