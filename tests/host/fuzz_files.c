/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this folder reads from files and sockets. The first byte says as what the rest is read: a
 * VM's answer, a launcher's state, the list of devices. What is accepted is written and read again.
 */
#include "base/alloc.h"
#include "host/bind.h"
#include "host/control.h"
#include "host/rundir.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
	default:
		break;
	}
	free(text);
	return 0;
}
