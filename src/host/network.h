/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The networks of VMs: a bridge for each [net.NAME], and on it a tap for each VM that uses it. The
 * host makes them when a VM is started and takes them away when it is stopped, a bridge with its
 * last tap; while a VM is started again they stay, so its neighbours see a pause and no more.
 *
 * The host itself is not on a bridge: the bridge filters VLANs and is in none itself, so no frame
 * goes up to the host's protocols or comes down from them; neither bridge nor taps have an address
 * of any kind. A tap lets through what port_rules.h says.
 *
 * Interfaces made here bear a mark (their alias). Others are never changed or removed.
 */
#ifndef BH_HOST_NETWORK_H
#define BH_HOST_NETWORK_H

#include "base/diag.h"
#include "host/sys.h"
#include "machine/manifest.h"

#define BH_NETWORK_MARK "bulkhead"

/*
 * Makes what the VM's network devices need. What is left of an earlier time is made anew. False,
 * with nothing of this VM left, with E1122 (the kernel refuses) or E1123 (an interface of that
 * name is somebody else's, or the uplink is not there).
 */
bool bh_network_up(struct bh_sys *sys, const struct bh_manifest *manifest, struct bh_diags *diags);

/* Removes the VM's taps, and bridges that are left without one. */
void bh_network_down(const struct bh_manifest *manifest);

#endif
