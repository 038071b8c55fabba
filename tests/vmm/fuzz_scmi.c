/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes in the SCMI page, call after call. The answer must stay inside the area, and nothing
 * may reach the host that the guest has no right to. */
#include "vmm/scmi/scmi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int get_rate(void *backend, uint32_t device, uint32_t index, uint64_t *rate)
{
	(void)backend;
	if (device != 0 || index > 1)
		abort();
	*rate = 1000;
	return 0;
}

static int set_rate(void *backend, uint32_t device, uint32_t index, uint64_t rate)
{
	(void)backend;
	if (device != 0 || index != 1 || rate < 100 || rate > 200)
		abort();
	return 0;
}

static int set(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index,
	       enum bulkhead_action action)
{
	(void)backend;
	(void)action;
	if (kind > BULKHEAD_DOMAIN || device != 0 || index != 1)
		abort();
	return 0;
}

static int is_on(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index, bool *on)
{
	*on = true;
	return set(backend, kind, device, index, BULKHEAD_ON);
}

static const struct bh_scmi_backend_ops ops = {
	.get_rate = get_rate, .set_rate = set_rate, .set = set, .is_on = is_on};

/* Index 1 of each has all rights, index 0 none. */
static const struct bh_manifest_scmi rights = {
	.present = true,
	.clocks = {{.name = "held", .index = 0},
		   {.name = "free",
		    .index = 1,
		    .may_gate = true,
		    .may_set_rate = true,
		    .min_rate = 100,
		    .max_rate = 200}},
	.clock_count = 2,
	.resets = {{.name = "held", .index = 0}, {.name = "free", .index = 1, .may_assert = true}},
	.reset_count = 2,
	.domains = {{.name = "held", .index = 0}, {.name = "free", .index = 1, .may_switch = true}},
	.domain_count = 2,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int null = -1;
	static uint32_t page[1024];
	struct bh_scmi scmi;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct bh_log log = {.fd = null, .name = "fuzz"};
	bh_scmi_init(&scmi, &rights, &ops, NULL, &log, (uint8_t *)page);
	for (size_t at = 0; at < size; at += 32) {
		size_t part = size - at < 32 ? size - at : 32;

		memset(page, 0xaa, sizeof(page));
		memcpy((uint8_t *)page + 20, data + at, part);
		bh_scmi_call(&scmi);
		if (!(page[1] & 1) || page[5] < 8 || page[5] > BH_SCMI_PAYLOAD + 4)
			abort();
		for (size_t i = BH_SCMI_AREA / 4; i < 1024; i++) {
			if (page[i] != 0xaaaaaaaa)
				abort();
		}
	}
	bh_scmi_finish(&scmi);
	return 0;
}
