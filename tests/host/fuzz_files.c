/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this folder reads from files and sockets. The first byte says as what the rest is read: a
 * VM's answer, a launcher's state, the list of devices, an event, the kernel's list of a process's
 * memory, a guest's word. What is accepted is written and read again.
 */
#include "base/alloc.h"
#include "host/bind.h"
#include "host/control.h"
#include "host/events.h"
#include "host/memory.h"
#include "host/ready.h"
#include "host/rundir.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(char *text)
{
	struct bh_facts facts;
	char *refusal = NULL;

	bh_facts_parse(&facts, text, &refusal);
	bh_fact(&facts, "state", NULL);
	bh_facts_finish(&facts);
	free(refusal);
}

static void state(const char *text)
{
	struct bh_vm_state first, second;
	struct bh_buf written;

	if (!bh_vm_state_parse(&first, text))
		return;
	bh_buf_init(&written);
	bh_vm_state_write(&first, &written);
	if (!bh_vm_state_parse(&second, bh_buf_str(&written)) || first.phase != second.phase ||
	    first.launcher.start != second.launcher.start || first.restarts != second.restarts)
		abort();
	bh_buf_finish(&written);
}

static void devices(const char *text)
{
	struct bh_bindings first, second;
	struct bh_buf written;

	bh_bindings_read(&first, text);
	bh_buf_init(&written);
	bh_bindings_write(&first, &written);
	bh_bindings_read(&second, bh_buf_str(&written));
	if (first.count != second.count)
		abort();
	bh_buf_finish(&written);
	bh_bindings_finish(&first);
	bh_bindings_finish(&second);
}

static void event(char *text)
{
	struct bh_event first, second;
	struct bh_buf written;

	text[strcspn(text, "\n")] = '\0';
	if (!bh_event_parse(&first, text))
		return;
	bh_buf_init(&written);
	bh_event_write(&first, &written);
	written.data[strcspn(written.data, "\n")] = '\0';
	if (!bh_event_parse(&second, written.data) || first.kind != second.kind ||
	    strcmp(first.text, second.text) != 0 || strcmp(first.vm, second.vm) != 0)
		abort();
	bh_buf_finish(&written);
}

static void memory(const char *text)
{
	uint64_t inside, others;

	bh_smaps_add_up(text, 4096, &inside, &others);
}

static void word(const char *text, size_t size)
{
	struct bh_ready ready = {.listener = -1};
	int ends[2];

	for (size_t i = 0; i < BH_READY_CLIENTS; i++)
		ready.clients[i].fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
		return;
	bh_ready_attach(&ready, ends[0]);
	(void)!write(ends[1], text, strnlen(text, size));
	bh_ready_serve(&ready);
	close(ends[1]);
	bh_ready_serve(&ready);
	bh_ready_finish(&ready);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	char *text = bh_strndup((const char *)data + 1, size - 1);

	switch (*data) {
	case 'a':
		answer(text); /* takes it over */
		return 0;
	case 's':
		state(text);
		break;
	case 'd':
		devices(text);
		break;
	case 'e':
		event(text);
		break;
	case 'm':
		memory(text);
		break;
	case 'w':
		word(text, size - 1);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
