/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernels we build for differ. */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h> /* with huge_mm.h, which cannot stand alone */
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#endif

/* Whether VFIO's core answers VFIO_DEVICE_GET_REGION_INFO itself, through an operation. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define BULKHEAD_REGION_INFO_OP 1
#else
#define BULKHEAD_REGION_INFO_OP 0
#endif

static inline void bulkhead_timer_init(struct hrtimer *timer,
				       enum hrtimer_restart (*function)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	timer->function = function;
#endif
}

static inline vm_fault_t bulkhead_insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
#else
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), vmf->flags & FAULT_FLAG_WRITE);
#endif
}

#endif
