/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: how a client, the supervisor of a board and the agent on the board speak. A header of 16
 * bytes, little-endian, then at most BH_FRAME_MAX bytes.
 *
 * A board is not trusted: whatever bytes it sends, the reader returns frames that keep to the
 * limits below, or an error.
 */
#ifndef BH_LAB_FRAME_H
#define BH_LAB_FRAME_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define BH_FRAME_HEADER   16u
#define BH_FRAME_MAX      65536u
#define BH_AGENT_PROTOCOL 1u

/* What a stream may send before its reader has granted more. */
#define BH_STREAM_WINDOW (256u << 10)

/* A reader grants in steps of at least so much: a grant for each piece would fill a UART. */
#define BH_GRANT_STEP (32u << 10)

enum bh_frame_type {
	/* Between supervisor and agent, on a channel for each command. */
	BH_FRAME_HELLO = 1, /* agent: u32 protocol; first, and again after it was restarted */
	BH_FRAME_SPAWN,     /* arguments, each with its NUL */
	BH_FRAME_DATA,      /* bytes of a stream */
	BH_FRAME_END,       /* of a stream */
	BH_FRAME_GRANT,     /* u32: so many more bytes of a stream may come */
	BH_FRAME_SIGNAL,    /* u32: to the command's process group */
	BH_FRAME_EXIT,      /* u32: as a shell's $?; the channel is free again */
	BH_FRAME_CLOSE,     /* kill the command; EXIT follows */
	BH_FRAME_CREDIT,    /* agent: u32 bytes of the line it has read */
	BH_FRAME_FREE,      /* the slot of the window may be used again */
	/* Between client and supervisor only. */
	BH_FRAME_READY,   /* supervisor: the board is up */
	BH_FRAME_GONE,    /* supervisor: the board is down; text says why, and its console's tail */
	BH_FRAME_DETACH,  /* client: the board outlives this connection */
	BH_FRAME_STATUS,  /* asks; the answer is the same type with text "key=value\n..." */
	BH_FRAME_CONSOLE, /* client: from here DATA is the board's console */
	BH_FRAME_DOWN,    /* client: stop the board; the connection ends when it is done */
	BH_FRAME_TYPES
};

enum bh_stream { BH_STREAM_IN, BH_STREAM_OUT, BH_STREAM_ERR, BH_STREAMS };

struct bh_frame {
	enum bh_frame_type type;
	enum bh_stream stream;
	uint16_t channel;
	bool windowed; /* the bytes are in `slot` of the shared window, not on the line */
	uint16_t slot;
	uint32_t length;
	const uint8_t *data; /* of the reader, until its next call; NULL when windowed */
};

void bh_frame_put(struct bh_buf *out, const struct bh_frame *frame);

struct bh_frame_reader {
	struct bh_buf in;
	size_t used;  /* bytes at the front that were handed out */
	bool hunting; /* skip to the first header: other bytes may come before it */
};

void bh_frame_reader_init(struct bh_frame_reader *reader, bool hunting);
void bh_frame_reader_finish(struct bh_frame_reader *reader);
void bh_frame_reader_add(struct bh_frame_reader *reader, const void *data, size_t size);

/* 1: a frame; 0: more bytes are needed; -EBADMSG: this is not the protocol. */
int bh_frame_next(struct bh_frame_reader *reader, struct bh_frame *frame);

/* The number in a frame that carries one; false when its length is another. */
bool bh_frame_u32(const struct bh_frame *frame, uint32_t *value);

/* A frame with a number, its bytes in *room. */
struct bh_frame bh_frame_of_u32(enum bh_frame_type type, uint16_t channel, enum bh_stream stream,
				uint32_t value, uint8_t room[4]);

#endif
