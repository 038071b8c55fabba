/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A supervisor's relay between an agent and a client that both send anything: it holds no more than
 * the windows allow, and ends cleanly. The input is a list of frames in short: who, type, stream,
 * channel, length.
 */
#include "base/alloc.h"
#include "lab/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *status(void *context)
{
	(void)context;
	return bh_strdup("state=ready\n");
}

static void work(struct bh_relay *relay)
{
	struct pollfd polls[4];

	bh_relay_polls(relay, polls);
	poll(polls, (nfds_t)relay->client_count, 0);
	bh_relay_work(relay, polls);
}

static struct bh_frame frame_of(const uint8_t *step, const uint8_t *bytes)
{
	return (struct bh_frame){
		.type = (enum bh_frame_type)(step[1] % (BH_FRAME_TYPES - 1) + 1),
		.stream = (enum bh_stream)(step[2] % BH_STREAMS),
		.channel = step[3] % 4,
		.length = step[4] < 128 ? step[4] % 8 : (uint32_t)(step[4] - 127) * 512,
		.data = bytes,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t bytes[BH_FRAME_MAX] = {1};
	struct bh_line line;
	struct bh_console console;
	struct bh_relay relay;
	struct bh_buf out;
	char *read_back = bh_alloc(1u << 20);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		abort();
	bh_line_init(&line, -1, true, NULL);
	bh_console_init(&console, "/dev/null");
	bh_relay_init(&relay, &line, &console);
	relay.status = status;
	bh_buf_init(&out);
	bh_relay_accept(&relay, pair[1], true);
	bool agent_ok = true;
	for (size_t at = 0; at + STEP <= size; at += STEP) {
		struct bh_frame frame = frame_of(data + at, bytes);
		if (data[at] & 1) {
			agent_ok = agent_ok && bh_relay_agent(&relay, &frame);
		} else {
			bh_buf_clear(&out);
			bh_frame_put(&out, &frame);
			if (send(pair[0], out.data, out.length, MSG_NOSIGNAL) < 0)
				break;
		}
		work(&relay);
		/* The client and the agent read all that they are sent. */
		while (recv(pair[0], read_back, 1u << 20, 0) > 0)
			;
		if (line.out.length > 2 * BH_STREAM_WINDOW + BH_FRAME_MAX)
			abort();
		bh_buf_clear(&line.out);
	}
	bh_relay_gone(&relay, "E0708\nend\n");
	bh_relay_finish(&relay);
	bh_console_finish(&console);
	bh_line_finish(&line);
	bh_buf_finish(&out);
	close(pair[0]);
	free(read_back);
	return 0;
}
