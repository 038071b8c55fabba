/* SPDX-License-Identifier: Apache-2.0 */
/* events COUNT: the next events of keys (but repeats) and pointers of all input devices, one line
 * each. */
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 16 };

enum { REPEATED = 2 };

static int is_told(const struct input_event *event)
{
	return event->type == EV_ABS || (event->type == EV_KEY && event->value != REPEATED);
}

int main(int argc, char **argv)
{
	struct pollfd devices[MOST];
	nfds_t count = 0;
	int left = argc == 2 ? atoi(argv[1]) : 0;

	for (int i = 0; i < MOST; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/dev/input/event%d", i);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			devices[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	printf("said inputs %d\n", (int)count);
	fflush(stdout);
	while (left > 0 && poll(devices, count, -1) > 0) {
		for (nfds_t i = 0; i < count; i++) {
			struct input_event event;

			if (!(devices[i].revents & POLLIN) ||
			    read(devices[i].fd, &event, sizeof(event)) != (ssize_t)sizeof(event))
				continue;
			if (!is_told(&event))
				continue;
			printf("said %s %d %d\n", event.type == EV_KEY ? "key" : "pointer",
			       event.code, event.value);
			fflush(stdout);
			left--;
		}
	}
	return 0;
}
