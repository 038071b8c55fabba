/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/sandbox/rules.h"

#include "kernel/bulkhead.h"

#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* The tables are also read where there is no KVM for arm64. */
#ifndef KVM_GET_ONE_REG
#define KVM_GET_ONE_REG _IOW(KVMIO, 0xab, struct kvm_one_reg)
#define KVM_SET_ONE_REG _IOW(KVMIO, 0xac, struct kvm_one_reg)
#endif
#ifndef __aarch64__
#undef KVM_ARM_VCPU_INIT
#define KVM_ARM_VCPU_INIT _IOC(_IOC_WRITE, KVMIO, 0xae, 32)
#endif

/* What libc makes of epoll_wait() and poll(). */
#ifdef __aarch64__
#define CALL_EPOLL_WAIT SYS_epoll_pwait
#define CALL_POLL       SYS_ppoll
#else
#define CALL_EPOLL_WAIT SYS_epoll_wait
#define CALL_POLL       SYS_poll
#endif

#define CALL(number, for_what)                                               \
	{                                                                    \
#number, .call = (number), .argument = -1, .why = (for_what) \
	}
#define CALL_IF(number, parts, for_what)                                                       \
	{                                                                                      \
#number, .call = (number), .argument = -1, .needs = (parts), .why = (for_what) \
	}
#define IOCTL(request, for_what)                                                         \
	{                                                                                \
		"ioctl " #request, .call = SYS_ioctl, .argument = 1, .mask = UINT32_MAX, \
				   .value = (uint32_t)(request), .why = (for_what)       \
	}
#define IOCTL_IF(request, parts, for_what)                                               \
	{                                                                                \
		"ioctl " #request, .call = SYS_ioctl, .argument = 1, .mask = UINT32_MAX, \
				   .value = (uint32_t)(request), .needs = (parts),       \
				   .why = (for_what)                                     \
	}

/* Memory, but never memory that can be executed. */
#define NOT_EXECUTABLE(number, for_what)                                                          \
	{                                                                                         \
#number " without PROT_EXEC", .call = (number), .argument = 2, .mask = PROT_EXEC, \
					      .why = (for_what)                                   \
	}

#define VHOST (BH_HAS_VHOST_NET | BH_HAS_VSOCK)

static const struct bh_rule vcpu[] = {
	IOCTL(KVM_RUN, "the guest"),
	CALL(SYS_futex, "locks; a pause"),
	CALL(SYS_write, "eventfds; the log"),
	IOCTL(KVM_IRQ_LINE, "the UART's interrupt"),
	IOCTL(KVM_GET_ONE_REG, "an instruction that is emulated"),
	IOCTL(KVM_SET_ONE_REG, "what an instruction loads that is emulated; the answer to a call"),
	IOCTL(KVM_SET_MP_STATE, "the guest suspends itself"),
	IOCTL(KVM_ARM_VCPU_INIT, "it wakes up"),
	CALL(SYS_rt_sigreturn, "out of the signal that interrupts the guest"),
	CALL(SYS_clock_gettime, "times in the log, where the vDSO has no clock"),
	CALL(SYS_exit_group, "the end after a refused call"),
	NOT_EXECUTABLE(SYS_mmap, "tables of messages; malloc"),
	NOT_EXECUTABLE(SYS_mprotect, "malloc in a thread"),
	CALL(SYS_munmap, "malloc"),
	IOCTL_IF(KVM_SET_GSI_ROUTING, BH_HAS_PCI, "the guest sets a message interrupt"),
	IOCTL_IF(KVM_IRQFD, BH_HAS_PCI, "the guest masks a message interrupt"),
	IOCTL_IF(KVM_IOEVENTFD, BH_HAS_PCI, "the guest moves a window"),
	CALL_IF(SYS_pread64, BH_HAS_VFIO_PCI, "registers of a function that are not mapped"),
	CALL_IF(SYS_pwrite64, BH_HAS_VFIO_PCI, "the same"),
	IOCTL_IF(VFIO_DEVICE_SET_IRQS, BH_HAS_VFIO_PCI, "the guest chooses its kind of interrupt"),
	IOCTL_IF(VFIO_DEVICE_RESET, BH_HAS_VFIO_PCI, "the guest resets the function"),
	IOCTL_IF(KVM_SET_USER_MEMORY_REGION, BH_HAS_VFIO_PCI, "the guest moves its windows"),
	IOCTL_IF(VHOST_SET_FEATURES, VHOST, "the guest starts the device"),
	IOCTL_IF(VHOST_SET_MEM_TABLE, VHOST, "the same"),
	IOCTL_IF(VHOST_SET_VRING_NUM, VHOST, "the same"),
	IOCTL_IF(VHOST_SET_VRING_BASE, VHOST, "the same"),
	IOCTL_IF(VHOST_SET_VRING_ADDR, VHOST, "the same"),
	IOCTL_IF(VHOST_SET_VRING_CALL, VHOST, "the same"),
	IOCTL_IF(VHOST_SET_VRING_KICK, VHOST, "the same"),
	IOCTL_IF(VHOST_NET_SET_BACKEND, BH_HAS_VHOST_NET, "the same"),
	IOCTL_IF(VHOST_VSOCK_SET_RUNNING, BH_HAS_VSOCK, "the same"),
	IOCTL_IF(TUNSETOFFLOAD, BH_HAS_TAP, "the same"),
	IOCTL_IF(TUNSETQUEUE, BH_HAS_NET_PAIRS, "the guest resets a network of several queues"),
	CALL_IF(SYS_eventfd2, VHOST | BH_HAS_VHOST_USER, "where such a device signals"),
	CALL_IF(SYS_epoll_ctl, VHOST | BH_HAS_VHOST_USER | BH_HAS_NET_LOOP,
		"the same; the guest starts a network"),
	CALL_IF(SYS_close, VHOST | BH_HAS_VHOST_USER, "the same, when the guest stops the device"),
	CALL_IF(SYS_sendmsg, BH_HAS_VHOST_USER, "the guest starts a device of another process"),
	CALL_IF(SYS_recvmsg, BH_HAS_VHOST_USER, "the other process answers"),
	CALL_IF(CALL_POLL, BH_HAS_PCI | BH_HAS_VHOST_USER,
		"pending bits of messages; how long another process may take"),
	IOCTL_IF(BULKHEAD_GET_RATE, BH_HAS_CONTROLS, "SCMI"),
	IOCTL_IF(BULKHEAD_SET_RATE, BH_HAS_CONTROLS, "SCMI"),
	IOCTL_IF(BULKHEAD_SWITCH, BH_HAS_CONTROLS, "SCMI"),
	IOCTL_IF(BULKHEAD_GET_CONTROL, BH_HAS_CONTROLS, "SCMI"),
};

static const struct bh_rule loop[] = {
	CALL(CALL_EPOLL_WAIT, "events"),
	CALL(SYS_epoll_ctl, "clients come, go, and do not read"),
	CALL(SYS_read, "eventfds, signals"),
	CALL(SYS_write, "eventfds, the log, console logs"),
	CALL(SYS_recvmsg, "clients that the launcher let in"),
	CALL(SYS_recvfrom, "clients, networks over sockets"),
	CALL(SYS_sendto, "the same"),
	CALL(SYS_close, "a client went"),
	CALL(SYS_futex, "locks; a pause"),
	{"tgkill SIGUSR1", SYS_tgkill, 2, UINT32_MAX, SIGUSR1, 0, "takes vCPUs out of the guest"},
	IOCTL(KVM_IRQ_LINE, "the UART's interrupt"),
	IOCTL(KVM_GET_ONE_REG, "the command `dump`"),
	CALL(SYS_getrandom, "the guest's source of entropy"),
	CALL(SYS_clock_gettime, "times, where the vDSO has no clock"),
	CALL(SYS_brk, "malloc"),
	NOT_EXECUTABLE(SYS_mmap, "malloc"),
	CALL(SYS_munmap, "malloc"),
	CALL(SYS_mremap, "a long answer grows"),
	CALL(SYS_exit_group, "the end"),
	CALL_IF(SYS_readv, BH_HAS_NET_LOOP, "packets"),
	CALL_IF(SYS_writev, BH_HAS_NET_LOOP, "packets"),
	IOCTL_IF(TUNSETQUEUE, BH_HAS_NET_PAIRS, "the guest uses more or fewer queues"),
	IOCTL_IF(VHOST_SET_FEATURES, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_MEM_TABLE, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_VRING_NUM, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_VRING_BASE, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_VRING_ADDR, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_VRING_CALL, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_SET_VRING_KICK, BH_HAS_NET_PAIRS, "the same"),
	IOCTL_IF(VHOST_NET_SET_BACKEND, BH_HAS_NET_PAIRS, "the same"),
	CALL_IF(SYS_eventfd2, BH_HAS_NET_PAIRS, "the same, over MMIO"),
	IOCTL_IF(VFIO_DEVICE_RESET, BH_HAS_VFIO, "DMA stops before the guest's memory goes"),
	CALL_IF(SYS_pwrite64, BH_HAS_VFIO_PCI, "the same"),
	CALL_IF(SYS_sendmsg, BH_HAS_VHOST_USER, "a back end came back"),
	{"madvise MADV_DONTNEED", SYS_madvise, 2, UINT32_MAX, MADV_DONTNEED, BH_HAS_BALLOON,
	 "memory that the guest gave"},
	{"madvise MADV_REMOVE", SYS_madvise, 2, UINT32_MAX, MADV_REMOVE, BH_HAS_BALLOON,
	 "the same, of a guest whose memory others map"},
	CALL_IF(CALL_POLL, BH_HAS_VHOST_USER, "how long its answer may take"),
};

static const struct bh_rule disk[] = {
	CALL(SYS_read, "kicks"),
	CALL(SYS_preadv, "the guest reads"),
	CALL(SYS_pwritev, "the guest writes"),
	CALL(SYS_fdatasync, "the guest flushes"),
	CALL(SYS_fallocate, "the guest discards"),
	CALL(SYS_pwrite64, "zeroes, where the file system has no call for them"),
	CALL(SYS_write, "interrupts; the log"),
	CALL(SYS_futex, "locks"),
	CALL(SYS_clock_gettime, "times in the log, where the vDSO has no clock"),
	CALL(SYS_exit_group, "the end after a refused call"),
};

#define TABLE(name, of) [name] = {#of, of, sizeof(of) / sizeof((of)[0])}

const struct bh_rules bh_rules[BH_THREADS] = {
	TABLE(BH_THREAD_LOOP, loop),
	TABLE(BH_THREAD_VCPU, vcpu),
	TABLE(BH_THREAD_DISK, disk),
};
