/* SPDX-License-Identifier: Apache-2.0 */
/* The power domain protocol. */
#include "vmm/scmi/scmi.h"

enum { DOMAIN_ATTRIBUTES = 3, STATE_SET = 4, STATE_GET = 5 };
enum { STATE_ON = 0, STATE_OFF = 1 << 30, SUPPORTS_SYNCHRONOUS = 1 << 29 };

static bool present(const struct bh_scmi *scmi)
{
	return scmi->rights->domain_count;
}

static void attributes(const struct bh_scmi *scmi, struct bh_scmi_answer *answer)
{
	bh_scmi_put(answer, (uint32_t)scmi->rights->domain_count);
	/* There is no page of statistics. */
	bh_scmi_put(answer, 0);
	bh_scmi_put(answer, 0);
	bh_scmi_put(answer, 0);
}

static const struct bh_manifest_domain *find(struct bh_scmi *scmi, uint32_t id)
{
	if (id < scmi->rights->domain_count)
		return &scmi->rights->domains[id];
	bh_scmi_refuse(scmi, BH_SCMI_NOT_FOUND, "power domain %u, the guest has %zu", id,
		       scmi->rights->domain_count);
	return NULL;
}

static enum bh_scmi_status domain_attributes(struct bh_scmi *scmi, const uint32_t *parameters,
					     struct bh_scmi_answer *answer)
{
	const struct bh_manifest_domain *domain = find(scmi, parameters[0]);

	if (!domain)
		return BH_SCMI_NOT_FOUND;
	bh_scmi_put(answer, SUPPORTS_SYNCHRONOUS);
	bh_scmi_put_name(answer, domain->name);
	return BH_SCMI_SUCCESS;
}

static enum bh_scmi_status state_set(struct bh_scmi *scmi, const uint32_t *parameters,
				     struct bh_scmi_answer *answer)
{
	const struct bh_manifest_domain *domain = find(scmi, parameters[1]);
	uint32_t state = parameters[2];

	(void)answer;
	if (!domain)
		return BH_SCMI_NOT_FOUND;
	if (state != STATE_ON && state != STATE_OFF)
		return bh_scmi_refuse(scmi, BH_SCMI_INVALID, "power state %#x of \"%s\"", state,
				      domain->name);
	/* The host holds it on. Switching it off is no error, and nothing happens. */
	if (!domain->may_switch)
		return BH_SCMI_SUCCESS;
	return bh_scmi_status_of(scmi->ops->set(scmi->backend, BULKHEAD_DOMAIN, domain->device,
						domain->index,
						state == STATE_ON ? BULKHEAD_ON : BULKHEAD_OFF));
}

static enum bh_scmi_status state_get(struct bh_scmi *scmi, const uint32_t *parameters,
				     struct bh_scmi_answer *answer)
{
	const struct bh_manifest_domain *domain = find(scmi, parameters[0]);
	bool on = true;
	int err = 0;

	if (!domain)
		return BH_SCMI_NOT_FOUND;
	if (domain->may_switch)
		err = scmi->ops->is_on(scmi->backend, BULKHEAD_DOMAIN, domain->device,
				       domain->index, &on);
	bh_scmi_put(answer, on ? STATE_ON : STATE_OFF);
	return bh_scmi_status_of(err);
}

static const struct bh_scmi_message messages[] = {
	{DOMAIN_ATTRIBUTES, 1, domain_attributes},
	{STATE_SET, 3, state_set},
	{STATE_GET, 1, state_get},
};

const struct bh_scmi_protocol bh_scmi_power = {
	.id = 0x11,
	.version = 0x20000,
	.messages = messages,
	.message_count = sizeof(messages) / sizeof(messages[0]),
	.attributes = attributes,
	.present = present,
};
