/* SPDX-License-Identifier: Apache-2.0 */
/* A machine with one of everything, for the tests of this folder. */
#ifndef BH_TESTS_MACHINE_FIXTURE_H
#define BH_TESTS_MACHINE_FIXTURE_H

#include "machine/manifest.h"

/* The guest's tree is made with bh_machine_nodes() and lies in `tree`, which has `room` bytes. */
void fixture_manifest(struct bh_manifest *manifest, void *tree, size_t room);

/* Takes out what a host makes or waits for: networks, other VMs, the guest's word. */
void fixture_alone(struct bh_manifest *manifest);

#endif
