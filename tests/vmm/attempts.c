/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/attempts.h"

#include "vmm/sandbox/rules.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <linux/vfio.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRY(name, ...)                             \
	static long try_##name(void)               \
	{                                          \
		return syscall(SYS_##__VA_ARGS__); \
	}

/* Files and devices. */
TRY(open_passwd, openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
TRY(open_memory, openat, AT_FDCWD, "/dev/mem", O_RDWR)
TRY(open_kvm, openat, AT_FDCWD, "/dev/kvm", O_RDWR)
TRY(open_proc, openat, AT_FDCWD, "/proc/1/mem", O_RDWR)
TRY(open_sys, openat, AT_FDCWD, "/sys/kernel/mm/ksm/run", O_WRONLY)
TRY(open_create, openat, AT_FDCWD, "/tmp/left-behind", O_WRONLY | O_CREAT, 0600)
TRY(open_root, openat, AT_FDCWD, "/", O_RDONLY)
TRY(open_how, openat2, AT_FDCWD, "/", NULL, 0)
TRY(open_handle, open_by_handle_at, AT_FDCWD, NULL, O_RDONLY)
TRY(list, getdents64, 0, NULL, 0)
TRY(look, newfstatat, AT_FDCWD, "/etc", NULL, 0)
TRY(follow, readlinkat, AT_FDCWD, "/proc/self/exe", NULL, 0)
TRY(remove, unlinkat, AT_FDCWD, "/tmp/x", 0)
TRY(link, symlinkat, "/etc/shadow", AT_FDCWD, "/tmp/x")
TRY(make_folder, mkdirat, AT_FDCWD, "/tmp/x", 0700)
TRY(change_mode, fchmod, 2, 0777)
TRY(truncate, ftruncate, 2, 0)
/* Sockets. */
TRY(socket, socket, AF_INET, SOCK_STREAM, 0)
TRY(socket_unix, socket, AF_UNIX, SOCK_STREAM, 0)
TRY(socket_netlink, socket, AF_NETLINK, SOCK_RAW, 0)
TRY(socket_packet, socket, AF_PACKET, SOCK_RAW, 0)
TRY(pair, socketpair, AF_UNIX, SOCK_STREAM, 0, NULL)
TRY(connect, connect, 0, NULL, 0)
TRY(bind, bind, 0, NULL, 0)
TRY(listen, listen, 0, 1)
TRY(accept, accept4, 0, NULL, NULL, 0)
TRY(option, setsockopt, 0, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0)
/* Other processes. */
TRY(trace, ptrace, 16 /* PTRACE_ATTACH */, 1, 0, 0)
TRY(kill, kill, 1, SIGTERM)
TRY(kill_all, kill, -1, SIGKILL)
TRY(kill_thread, tkill, 1, SIGKILL)
TRY(kill_in_group, tgkill, 1, 1, SIGKILL)
TRY(read_process, process_vm_readv, 1, NULL, 0, NULL, 0, 0)
TRY(write_process, process_vm_writev, 1, NULL, 0, NULL, 0, 0)
TRY(hold_process, pidfd_open, 1, 0)
TRY(take_descriptor, pidfd_getfd, 0, 0, 0)
TRY(signal_process, pidfd_send_signal, 0, SIGKILL, NULL, 0)
TRY(limits_of_others, prlimit64, 1, 0, NULL, NULL)
/* New programs and processes. */
TRY(execute, execve, "/bin/sh", NULL, NULL)
TRY(execute_at, execveat, AT_FDCWD, "/bin/sh", NULL, NULL, 0)
TRY(fork, clone, SIGCHLD, 0, 0, 0, 0)
TRY(fork_again, clone3, NULL, 0)
/* The kernel's larger doors. */
TRY(program_kernel, bpf, 0, NULL, 0)
TRY(measure, perf_event_open, NULL, 0, -1, -1, 0)
TRY(ring, io_uring_setup, 8, NULL)
TRY(keys, keyctl, 0, 0, 0, 0, 0)
TRY(faults, userfaultfd, 0)
TRY(mount, mount, "none", "/tmp", "tmpfs", 0, NULL)
TRY(unmount, umount2, "/", MNT_DETACH)
TRY(pivot, pivot_root, "/", "/")
TRY(change_root, chroot, "/tmp")
TRY(new_namespaces, unshare, CLONE_NEWUSER | CLONE_NEWNS)
TRY(enter_namespaces, setns, 0, 0)
TRY(module, init_module, NULL, 0, "")
TRY(new_kernel, kexec_load, 0, 0, NULL, 0)
TRY(restart, reboot, 0, 0, 0, NULL)
TRY(kernel_log, syslog, 3, NULL, 0)
TRY(capabilities, capset, NULL, NULL)
TRY(become_root, setuid, 0)
TRY(personality, personality, 0x0400000 /* READ_IMPLIES_EXEC */)
TRY(handler, rt_sigaction, SIGSYS, NULL, NULL, 8)
TRY(block_signals, rt_sigprocmask, SIG_BLOCK, NULL, NULL, 8)
TRY(control_self, prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0)
TRY(another_filter, seccomp, 1, 0, NULL)
TRY(memory_file, memfd_create, "x", 0)
/* Memory that could be executed. */
TRY(map_code, mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
TRY(map_all, mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
TRY(protect_code, mprotect, 0, 4096, PROT_READ | PROT_EXEC)
/* Requests of descriptors that the VMM has, but never makes while the guest runs. */
TRY(make_vm, ioctl, 3, KVM_CREATE_VM, 0)
TRY(make_vcpu, ioctl, 3, KVM_CREATE_VCPU, 0)
TRY(give_memory, ioctl, 3, KVM_SET_USER_MEMORY_REGION, NULL)
TRY(make_device, ioctl, 3, KVM_CREATE_DEVICE, NULL)
TRY(map_for_dma, ioctl, 3, VFIO_IOMMU_MAP_DMA, NULL)
TRY(device_of_group, ioctl, 3, VFIO_GROUP_GET_DEVICE_FD, NULL)
TRY(type_ahead, ioctl, 0, 0x5412 /* TIOCSTI */, "x")

#define ROW(what, logged, holds)                     \
	{                                            \
#what, #logged, holds, try_##what, 0 \
	}
#define ATTEMPT(what, logged) ROW(what, logged, false)
#define ALONE(what, logged)   ROW(what, logged, true)

const struct attempt attempts[] = {
	ALONE(open_passwd, openat),
	ALONE(open_memory, openat),
	ALONE(open_kvm, openat),
	ALONE(open_proc, openat),
	ALONE(open_sys, openat),
	ALONE(open_create, openat),
	ALONE(open_root, openat),
	ATTEMPT(open_how, openat2),
	ALONE(open_handle, open_by_handle_at),
	ATTEMPT(list, getdents64),
	ALONE(look, newfstatat),
	ALONE(follow, readlinkat),
	ALONE(remove, unlinkat),
	ALONE(link, symlinkat),
	ALONE(make_folder, mkdirat),
	ATTEMPT(change_mode, fchmod),
	ATTEMPT(truncate, ftruncate),
	ATTEMPT(socket, socket),
	ATTEMPT(socket_unix, socket),
	ATTEMPT(socket_netlink, socket),
	ALONE(socket_packet, socket),
	ATTEMPT(pair, socketpair),
	ATTEMPT(connect, connect),
	ATTEMPT(bind, bind),
	ATTEMPT(listen, listen),
	ATTEMPT(accept, accept4),
	ATTEMPT(option, setsockopt),
	ATTEMPT(trace, ptrace),
	ATTEMPT(kill, kill),
	ATTEMPT(kill_all, kill),
	ATTEMPT(kill_thread, tkill),
	ATTEMPT(kill_in_group, tgkill),
	ATTEMPT(read_process, process_vm_readv),
	ATTEMPT(write_process, process_vm_writev),
	ATTEMPT(hold_process, pidfd_open),
	ATTEMPT(take_descriptor, pidfd_getfd),
	ATTEMPT(signal_process, pidfd_send_signal),
	ATTEMPT(limits_of_others, prlimit64),
	ALONE(execute, execve),
	ALONE(execute_at, execveat),
	ATTEMPT(fork, clone),
	ATTEMPT(fork_again, clone3),
	ATTEMPT(program_kernel, bpf),
	ATTEMPT(measure, perf_event_open),
	ATTEMPT(ring, io_uring_setup),
	ATTEMPT(keys, keyctl),
	ATTEMPT(faults, userfaultfd),
	ALONE(mount, mount),
	ALONE(unmount, umount2),
	ALONE(pivot, pivot_root),
	ALONE(change_root, chroot),
	ATTEMPT(new_namespaces, unshare),
	ATTEMPT(enter_namespaces, setns),
	ALONE(module, init_module),
	ALONE(new_kernel, kexec_load),
	ALONE(restart, reboot),
	ALONE(kernel_log, syslog),
	ATTEMPT(capabilities, capset),
	ATTEMPT(become_root, setuid),
	ATTEMPT(personality, personality),
	ATTEMPT(handler, rt_sigaction),
	ATTEMPT(block_signals, rt_sigprocmask),
	ATTEMPT(control_self, prctl),
	ATTEMPT(another_filter, seccomp),
	ATTEMPT(memory_file, memfd_create),
	ATTEMPT(map_code, mmap),
	ATTEMPT(map_all, mmap),
	ATTEMPT(protect_code, mprotect),
	ATTEMPT(make_vm, ioctl),
	ATTEMPT(make_vcpu, ioctl),
	/* Windows of PCI functions are moved by the guest; the memory is the process's own. */
	{"give_memory", "ioctl", false, try_give_memory, BH_HAS_VFIO_PCI},
	ATTEMPT(make_device, ioctl),
	ATTEMPT(map_for_dma, ioctl),
	ATTEMPT(device_of_group, ioctl),
	ATTEMPT(type_ahead, ioctl),
	{NULL, NULL, false, NULL, 0},
};
