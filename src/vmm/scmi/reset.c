/* SPDX-License-Identifier: Apache-2.0 */
/* The reset protocol. */
#include "vmm/scmi/scmi.h"

enum { RESET_ATTRIBUTES = 3, RESET = 4 };
enum { AUTONOMOUS = 1, ASSERT = 2 };

static bool present(const struct bh_scmi *scmi)
{
	return scmi->rights->reset_count;
}

static void attributes(const struct bh_scmi *scmi, struct bh_scmi_answer *answer)
{
	bh_scmi_put(answer, (uint32_t)scmi->rights->reset_count);
}

static const struct bh_manifest_reset *find(struct bh_scmi *scmi, uint32_t id)
{
	if (id < scmi->rights->reset_count)
		return &scmi->rights->resets[id];
	bh_scmi_refuse(scmi, BH_SCMI_NOT_FOUND, "reset %u, the guest has %zu", id,
		       scmi->rights->reset_count);
	return NULL;
}

static enum bh_scmi_status reset_attributes(struct bh_scmi *scmi, const uint32_t *parameters,
					    struct bh_scmi_answer *answer)
{
	const struct bh_manifest_reset *reset = find(scmi, parameters[0]);

	if (!reset)
		return BH_SCMI_NOT_FOUND;
	bh_scmi_put(answer, 0);
	bh_scmi_put(answer, UINT32_MAX); /* the latency is unknown */
	bh_scmi_put_name(answer, reset->name);
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status reset(struct bh_scmi *scmi, const uint32_t *parameters,
				 struct bh_scmi_answer *answer)
{
	const struct bh_manifest_reset *reset = find(scmi, parameters[0]);
	uint32_t flags = parameters[1];
	enum bulkhead_action action = BULKHEAD_OFF;

	(void)answer;
	if (!reset)
		return BH_SCMI_NOT_FOUND;
	if (flags & AUTONOMOUS)
		action = BULKHEAD_PULSE;
	else if (flags & ASSERT)
		action = BULKHEAD_ON;
	if (!reset->may_assert) {
		/* The host holds it deasserted: that wish is fulfilled. */
		return action == BULKHEAD_OFF
			       ? BH_SCMI_SUCCESS
			       : bh_scmi_refuse(scmi, BH_SCMI_DENIED, "asserting reset \"%s\"",
						reset->name);
	}
	return bh_scmi_status_of(
		scmi->ops->set(scmi->backend, BULKHEAD_RESET, reset->device, reset->index, action));
}

static const struct bh_scmi_message messages[] = {
	{RESET_ATTRIBUTES, 1, reset_attributes},
	{RESET, 3, reset},
};

const struct bh_scmi_protocol bh_scmi_reset = {
	.id = 0x16,
	.version = 0x10000,
	.messages = messages,
	.message_count = sizeof(messages) / sizeof(messages[0]),
	.attributes = attributes,
	.present = present,
};
