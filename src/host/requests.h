/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM wants of the host's devices, of all buses, as one list. */
#ifndef BH_HOST_REQUESTS_H
#define BH_HOST_REQUESTS_H

#include "host/bind.h"
#include "machine/manifest.h"

size_t bh_requests_count(const struct bh_manifest *manifest);
struct bh_bind_request bh_request_at(const struct bh_manifest *manifest, size_t index);

#endif
