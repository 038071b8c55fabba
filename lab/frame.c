/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/frame.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* type and stream at 2 and 3, channel at 4, slot at 6, length at 8, check at 12 */
#define MAGIC0   0xb5u
#define MAGIC1   0x1du
#define WINDOWED 0x80u

static void put_le(uint8_t *at, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_le(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

/* FNV-1a. Not against malice: it tells a header from bytes that happen to begin like one. */
static uint32_t check_of(const uint8_t *header)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < 12; i++)
		hash = (hash ^ header[i]) * 16777619u;
	return hash;
}

void bh_frame_put(struct bh_buf *out, const struct bh_frame *frame)
{
	uint8_t header[BH_FRAME_HEADER] = {MAGIC0, MAGIC1};

	assert(frame->length <= BH_FRAME_MAX);
	header[2] = (uint8_t)frame->type;
	header[3] = (uint8_t)(frame->stream | (frame->windowed ? WINDOWED : 0));
	put_le(header + 4, frame->channel, 2);
	put_le(header + 6, frame->slot, 2);
	put_le(header + 8, frame->length, 4);
	put_le(header + 12, check_of(header), 4);
	bh_buf_add(out, header, sizeof(header));
	if (!frame->windowed && frame->length)
		bh_buf_add(out, frame->data, frame->length);
}

void bh_frame_reader_init(struct bh_frame_reader *reader, bool hunting)
{
	bh_buf_init(&reader->in);
	reader->used = 0;
	reader->hunting = hunting;
}

void bh_frame_reader_finish(struct bh_frame_reader *reader)
{
	bh_buf_finish(&reader->in);
}

void bh_frame_reader_add(struct bh_frame_reader *reader, const void *data, size_t size)
{
	bh_buf_drop(&reader->in, reader->used);
	reader->used = 0;
	bh_buf_add(&reader->in, data, size);
}

static bool read_header(const uint8_t *at, struct bh_frame *frame)
{
	if (at[0] != MAGIC0 || at[1] != MAGIC1 || get_le(at + 12, 4) != check_of(at))
		return false;
	if (at[2] < BH_FRAME_HELLO || at[2] >= BH_FRAME_TYPES ||
	    (at[3] & ~WINDOWED) >= BH_STREAMS || get_le(at + 8, 4) > BH_FRAME_MAX)
		return false;
	*frame = (struct bh_frame){
		.type = at[2],
		.stream = at[3] & ~WINDOWED,
		.channel = (uint16_t)get_le(at + 4, 2),
		.windowed = at[3] & WINDOWED,
		.slot = (uint16_t)get_le(at + 6, 2),
		.length = get_le(at + 8, 4),
	};
	return true;
}

int bh_frame_next(struct bh_frame_reader *reader, struct bh_frame *frame)
{
	for (;;) {
		const uint8_t *at = (const uint8_t *)bh_buf_str(&reader->in) + reader->used;
		size_t left = reader->in.length - reader->used;
		if (left < BH_FRAME_HEADER)
			return 0;
		if (!read_header(at, frame)) {
			if (!reader->hunting)
				return -EBADMSG;
			reader->used++;
			continue;
		}
		size_t follow = frame->windowed ? 0 : frame->length;
		if (left - BH_FRAME_HEADER < follow)
			return 0;
		reader->hunting = false;
		reader->used += BH_FRAME_HEADER + follow;
		frame->data = frame->windowed ? NULL : at + BH_FRAME_HEADER;
		return 1;
	}
}

bool bh_frame_u32(const struct bh_frame *frame, uint32_t *value)
{
	if (frame->windowed || frame->length != 4)
		return false;
	*value = get_le(frame->data, 4);
	return true;
}

struct bh_frame bh_frame_of_u32(enum bh_frame_type type, uint16_t channel, enum bh_stream stream,
				uint32_t value, uint8_t room[4])
{
	put_le(room, value, 4);
	return (struct bh_frame){
		.type = type, .stream = stream, .channel = channel, .length = 4, .data = room};
}
