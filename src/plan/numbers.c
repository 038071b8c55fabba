/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties that hold a number of the host without a phandle beside it: nothing in the tree says
 * that it is one, so they are known by name. What such a number stands for stays with the host.
 */
#include "plan/plan.h"

#include "base/str.h"

static const struct {
	const char *property, *what;
} numbers[] = {
	{"wakeup-irq", "an interrupt of the host's firmware or controller"},
	{"fsl,resource-id", "a resource by its number at the SCU firmware"},
	{"nvidia,bpmp-bus-id", "a bus by its number at the BPMP firmware"},
	{"ti,host-id", "the host by its number at the TISCI firmware"},
	{"ti,sci-dev-id", "a device by its number at the TISCI firmware"},
	{"ti,sci-proc-ids", "a processor by its number at the TISCI firmware"},
	{"qcom,local-pid", "a processor by its number in shared memory"},
	{"qcom,remote-pid", "a processor by its number in shared memory"},
	{"qcom,smd-edge", "a channel by its number in shared memory"},
};

const char *bh_plan_host_number(const struct bh_plan_vm *vm, const char *property)
{
	/* In the raw profile the firmware's channel goes into the guest, and its numbers with it.
	 */
	if (vm->raw)
		return NULL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (bh_str_eq(property, numbers[i].property))
			return numbers[i].what;
	return NULL;
}
