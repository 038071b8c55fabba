/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile client of the control socket. */
#include "vmm/control.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *nothing(void *owner, struct bh_buf *out)
{
	(void)owner;
	bh_control_put(out, "key", "value");
	return NULL;
}

static const char *takes(void *owner, uint64_t value, struct bh_buf *out)
{
	(void)owner;
	bh_control_put(out, "value", "%llu", (unsigned long long)value);
	return NULL;
}

static const struct bh_control_command commands[] = {
	{"status", nothing, NULL}, {"take", NULL, takes}, {NULL, NULL, NULL}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_control control;
	struct bh_loop loop;
	char answers[4096];
	int ends[2];

	if (bh_loop_init(&loop) < 0 || bh_control_init(&control, &loop, -1, commands, NULL) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
	    bh_control_attach(&control, ends[0]) < 0)
		abort();
	while (size) {
		size_t part = size < 100 ? size : 100;

		if (send(ends[1], data, part, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		data += part;
		size -= part;
		bh_loop_poll(&loop);
		(void)!recv(ends[1], answers, sizeof(answers), MSG_DONTWAIT);
	}
	close(ends[1]);
	bh_loop_poll(&loop);
	bh_control_finish(&control);
	bh_loop_finish(&loop);
	return 0;
}
