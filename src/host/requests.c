/* SPDX-License-Identifier: Apache-2.0 */
#include "host/requests.h"

static enum bh_consent consent_for(const struct bh_manifest_device *device)
{
	switch (device->dma) {
	case BH_DMA_NONE:
		return BH_CONSENT_NO_DMA;
	case BH_DMA_DIRECT:
		return BH_CONSENT_UNSAFE_DMA;
	default:
		return BH_CONSENT_NONE;
	}
}

size_t bh_requests_count(const struct bh_manifest *manifest)
{
	return manifest->device_count + manifest->function_count;
}

struct bh_bind_request bh_request_at(const struct bh_manifest *manifest, size_t index)
{
	if (index < manifest->device_count) {
		const struct bh_manifest_device *device = &manifest->devices[index];
		return (struct bh_bind_request){.device = device->name,
						.consent = consent_for(device),
						.quiesce = device->quiesce};
	}
	const struct bh_manifest_function *function =
		&manifest->functions[index - manifest->device_count];
	return (struct bh_bind_request){.device = function->host, .id = function->id};
}
