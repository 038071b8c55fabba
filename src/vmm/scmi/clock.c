/* SPDX-License-Identifier: Apache-2.0 */
/* The clock protocol, version 1. */
#include "vmm/scmi/scmi.h"

#include <inttypes.h>

enum { CLOCK_ATTRIBUTES = 3, DESCRIBE_RATES = 4, RATE_SET = 5, RATE_GET = 6, CONFIG_SET = 7 };
enum { ENABLE = 1, RATES_ARE_A_RANGE = 1 << 12 };

static bool present(const struct bh_scmi *scmi)
{
	return scmi->rights->clock_count;
}

static void attributes(const struct bh_scmi *scmi, struct bh_scmi_answer *answer)
{
	bh_scmi_put(answer, (uint32_t)scmi->rights->clock_count);
}

/* The clock behind an id; NULL, refused, when this guest has none of it. */
static const struct bh_manifest_clock *find(struct bh_scmi *scmi, uint32_t id)
{
	if (id < scmi->rights->clock_count)
		return &scmi->rights->clocks[id];
	bh_scmi_refuse(scmi, BH_SCMI_NOT_FOUND, "clock %u, the guest has %zu", id,
		       scmi->rights->clock_count);
	return NULL;
}

static void put_rate(struct bh_scmi_answer *answer, uint64_t rate)
{
	bh_scmi_put(answer, (uint32_t)rate);
	bh_scmi_put(answer, (uint32_t)(rate >> 32));
}

static enum bh_scmi_status clock_attributes(struct bh_scmi *scmi, const uint32_t *parameters,
					    struct bh_scmi_answer *answer)
{
	const struct bh_manifest_clock *clock = find(scmi, parameters[0]);
	bool on = true;

	if (!clock)
		return BH_SCMI_NOT_FOUND;
	if (clock->may_gate)
		scmi->ops->is_on(scmi->backend, BULKHEAD_CLOCK, clock->device, clock->index, &on);
	else
		on = !scmi->clock_off[parameters[0]];
	bh_scmi_put(answer, on ? ENABLE : 0);
	bh_scmi_put_name(answer, clock->name);
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status describe_rates(struct bh_scmi *scmi, const uint32_t *parameters,
					  struct bh_scmi_answer *answer)
{
	const struct bh_manifest_clock *clock = find(scmi, parameters[0]);
	uint64_t rate = 0;

	if (!clock)
		return BH_SCMI_NOT_FOUND;
	if (clock->may_set_rate) {
		if (parameters[1])
			return BH_SCMI_OUT_OF_RANGE;
		bh_scmi_put(answer, RATES_ARE_A_RANGE | 3);
		put_rate(answer, clock->min_rate);
		put_rate(answer, clock->max_rate);
		put_rate(answer, 1);
		return BH_SCMI_SUCCESS;
	}
	/* One rate: what the host gives it. */
	if (parameters[1])
		return BH_SCMI_OUT_OF_RANGE;
	int err = scmi->ops->get_rate(scmi->backend, clock->device, clock->index, &rate);
	bh_scmi_put(answer, 1);
	put_rate(answer, rate);
	return bh_scmi_status_of(err);
}

static enum bh_scmi_status rate_set(struct bh_scmi *scmi, const uint32_t *parameters,
				    struct bh_scmi_answer *answer)
{
	const struct bh_manifest_clock *clock = find(scmi, parameters[1]);
	uint64_t rate = (uint64_t)parameters[3] << 32 | parameters[2];

	(void)answer;
	if (!clock)
		return BH_SCMI_NOT_FOUND;
	if (!clock->may_set_rate)
		return bh_scmi_refuse(scmi, BH_SCMI_DENIED,
				      "rate %" PRIu64 " for clock \"%s\": its rate is the host's",
				      rate, clock->name);
	if (rate < clock->min_rate || rate > clock->max_rate)
		return bh_scmi_refuse(scmi, BH_SCMI_OUT_OF_RANGE,
				      "rate %" PRIu64 " for clock \"%s\": %" PRIu64 " to %" PRIu64
				      " are allowed",
				      rate, clock->name, clock->min_rate, clock->max_rate);
	return bh_scmi_status_of(
		scmi->ops->set_rate(scmi->backend, clock->device, clock->index, rate));
}

static enum bh_scmi_status rate_get(struct bh_scmi *scmi, const uint32_t *parameters,
				    struct bh_scmi_answer *answer)
{
	const struct bh_manifest_clock *clock = find(scmi, parameters[0]);
	uint64_t rate = 0;

	if (!clock)
		return BH_SCMI_NOT_FOUND;
	int err = scmi->ops->get_rate(scmi->backend, clock->device, clock->index, &rate);
	put_rate(answer, rate);
	return bh_scmi_status_of(err);
}

/* A clock that the guest may not gate stays on: its driver's disable is no error, and nothing
 * happens. So the guest's pass over unused clocks leaves the host's running. */
static enum bh_scmi_status config_set(struct bh_scmi *scmi, const uint32_t *parameters,
				      struct bh_scmi_answer *answer)
{
	const struct bh_manifest_clock *clock = find(scmi, parameters[0]);
	bool on = parameters[1] & ENABLE;

	(void)answer;
	if (!clock)
		return BH_SCMI_NOT_FOUND;
	if (!clock->may_gate) {
		scmi->clock_off[parameters[0]] = !on;
		return BH_SCMI_SUCCESS;
	}
	return bh_scmi_status_of(scmi->ops->set(scmi->backend, BULKHEAD_CLOCK, clock->device,
						clock->index, on ? BULKHEAD_ON : BULKHEAD_OFF));
}

static const struct bh_scmi_message messages[] = {
	{CLOCK_ATTRIBUTES, 1, clock_attributes},
	{DESCRIBE_RATES, 2, describe_rates},
	{RATE_SET, 4, rate_set},
	{RATE_GET, 1, rate_get},
	{CONFIG_SET, 2, config_set},
};

const struct bh_scmi_protocol bh_scmi_clock = {
	.id = 0x14,
	.version = 0x10000,
	.messages = messages,
	.message_count = sizeof(messages) / sizeof(messages[0]),
	.attributes = attributes,
	.present = present,
};
