/* SPDX-License-Identifier: Apache-2.0 */
/* The base protocol: who we are and what there is. */
#include "vmm/scmi/scmi.h"

#include <string.h>

enum {
	DISCOVER_VENDOR = 3,
	DISCOVER_SUB_VENDOR = 4,
	DISCOVER_IMPLEMENTATION = 5,
	LIST = 6,
	AGENT = 7
};

static bool present(const struct bh_scmi *scmi)
{
	(void)scmi;
	return true;
}

/* The others: base itself is not counted. */
static uint32_t list(const struct bh_scmi *scmi, uint8_t ids[BH_SCMI_PROTOCOLS])
{
	uint32_t count = 0;

	for (size_t i = 0; i < BH_SCMI_PROTOCOLS; i++) {
		const struct bh_scmi_protocol *protocol = bh_scmi_protocols[i];
		if (protocol != &bh_scmi_base && protocol->present(scmi))
			ids[count++] = (uint8_t)protocol->id;
	}
	return count;
}

static void attributes(const struct bh_scmi *scmi, struct bh_scmi_answer *answer)
{
	uint8_t ids[BH_SCMI_PROTOCOLS];
	uint32_t agents = 1;

	bh_scmi_put(answer, list(scmi, ids) | agents << 8);
}

static enum bh_scmi_status vendor(struct bh_scmi *scmi, const uint32_t *parameters,
				  struct bh_scmi_answer *answer)
{
	(void)scmi;
	(void)parameters;
	bh_scmi_put_name(answer, "Bulkhead");
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status implementation(struct bh_scmi *scmi, const uint32_t *parameters,
					  struct bh_scmi_answer *answer)
{
	(void)scmi;
	(void)parameters;
	bh_scmi_put(answer, 1);
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status list_protocols(struct bh_scmi *scmi, const uint32_t *parameters,
					  struct bh_scmi_answer *answer)
{
	uint8_t ids[BH_SCMI_PROTOCOLS] = {0};
	uint32_t count = list(scmi, ids), skip = parameters[0], word;

	if (skip > count)
		return BH_SCMI_INVALID;
	memmove(ids, ids + skip, count - skip);
	memset(ids + count - skip, 0, sizeof(ids) - (count - skip));
	memcpy(&word, ids, sizeof(word));
	bh_scmi_put(answer, count - skip);
	bh_scmi_put(answer, word);
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status agent(struct bh_scmi *scmi, const uint32_t *parameters,
				 struct bh_scmi_answer *answer)
{
	(void)scmi;
	if (parameters[0] > 1 && parameters[0] != UINT32_MAX)
		return BH_SCMI_NOT_FOUND;
	bh_scmi_put(answer, parameters[0] ? 1 : 0);
	bh_scmi_put_name(answer, parameters[0] ? "guest" : "platform");
	return BH_SCMI_SUCCESS;
}

static const struct bh_scmi_message messages[] = {
	{DISCOVER_VENDOR, 0, vendor},
	{DISCOVER_SUB_VENDOR, 0, vendor},
	{DISCOVER_IMPLEMENTATION, 0, implementation},
	{LIST, 1, list_protocols},
	{AGENT, 1, agent},
};

const struct bh_scmi_protocol bh_scmi_base = {
	.id = 0x10,
	.version = 0x20000,
	.messages = messages,
	.message_count = sizeof(messages) / sizeof(messages[0]),
	.attributes = attributes,
	.present = present,
};
