/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk's thread at work behind its filter, and behind its filter without each rule in turn: a
 * rule that is missing ends the process at the request that needs it.
 */
#include "test.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/virtio/kinds.h"

#include "machine/control.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RAM  0x80000000
#define SIZE 0x100000

enum { ALL_SERVED = 99 };
enum { READ = 0, WRITE = 1, FLUSH = 4, DISCARD = 11, WRITE_ZEROES = 13 };

static void no_signal(struct bh_virtio *device, unsigned queue)
{
	const uint64_t one = 1;

	/* As the PCI transport does it. */
	(void)queue;
	(void)!write(*(int *)device->transport_data, &one, sizeof(one));
}

static void no_config_signal(struct bh_virtio *device)
{
	(void)device;
}

static int no_fd(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	(void)queue;
	return -1;
}

static const struct bh_virtio_transport transport = {
	.signal = no_signal, .signal_config = no_config_signal, .call_fd = no_fd};

static void request(struct bh_virtio *device, const struct bh_ram *ram, uint32_t type)
{
	const struct timespec moment = {0, 100000};
	struct bh_queue_descriptor *table = bh_ram_at(ram, RAM, 64);
	uint16_t *avail = bh_ram_at(ram, RAM + 0x1000, 64),
		 *used = bh_ram_at(ram, RAM + 0x2000, 64);
	uint32_t *header = bh_ram_at(ram, RAM + 0x10000, 16);
	uint32_t *data = bh_ram_at(ram, RAM + 0x11000, 512);
	bool erase = type == DISCARD || type == WRITE_ZEROES, none = type == FLUSH;

	memset(header, 0, 16);
	header[0] = type;
	memset(data, 0, 16);
	data[2] = 8; /* sectors to erase */
	table[0] = (struct bh_queue_descriptor){RAM + 0x10000, 16, 1, none ? 2 : 1};
	table[1] = (struct bh_queue_descriptor){RAM + 0x11000, erase ? 16 : 512,
						type == READ ? 3 : 1, 2};
	table[2] = (struct bh_queue_descriptor){RAM + 0x12000, 1, 2, 0};
	uint16_t next = avail[1];
	avail[2 + next % 16] = 0;
	__atomic_store_n(&avail[1], (uint16_t)(next + 1), __ATOMIC_RELEASE);
	bh_virtio_kick(device, 0);
	while (__atomic_load_n(&used[1], __ATOMIC_ACQUIRE) != (uint16_t)(next + 1))
		nanosleep(&moment, NULL);
}

/* The life of a disk; its end is that of the process. */
static void live(struct bh_sandbox *sandbox, const char *image)
{
	const struct bh_manifest_memory memory = {
		.kind = BH_MEMORY_ANONYMOUS, .base = {RAM}, .size = SIZE};
	const struct bh_manifest_virtio manifest = {
		.kind = BH_VIRTIO_BLOCK, .name = "disk", .host = image};
	struct bh_log log = {.fd = open("/dev/null", O_WRONLY), .level = BH_LOG_INFO, .name = "vm"};
	struct bh_diags diags;
	struct bh_loop loop;
	struct bh_ram ram;
	int line = log.fd;

	bh_diags_init(&diags);
	sandbox->on = true;
	sandbox->log = &log;
	if (!bh_ram_init(&ram, &memory, -1, &diags) || bh_loop_init(&loop))
		_exit(1);
	const struct bh_virtio_host host = {
		.ram = &ram, .loop = &loop, .log = &log, .threads = true, .sandbox = sandbox};
	struct bh_virtio *device = bh_virtio_create(&manifest, &host, NULL, &diags);
	if (!device)
		_exit(1);
	device->transport = &transport;
	device->transport_data = &line;
	bh_sandbox_wait(sandbox);
	bh_virtio_set_status(device, 3);
	device->accepted = device->offered & ~BH_VIRTIO_F_EVENT_INDEX;
	bh_virtio_set_status(device, 11);
	device->queue_select = 0;
	struct bh_queue *ring = bh_virtio_selected(device);
	ring->size = 16;
	ring->descriptors_at = RAM;
	ring->avail_at = RAM + 0x1000;
	ring->used_at = RAM + 0x2000;
	bh_virtio_enable_selected(device);
	bh_virtio_set_status(device, 15);
	for (uint32_t type = 0; type <= WRITE_ZEROES; type++) {
		if (type == READ || type == WRITE || type == FLUSH || type == DISCARD ||
		    type == WRITE_ZEROES)
			request(device, &ram, type);
	}
	syscall(SYS_exit_group, ALL_SERVED);
}

static int life(size_t without)
{
	char image[] = "/tmp/bulkhead-disk-XXXXXX";
	int fd = mkstemp(image), raw;

	assert_true(fd >= 0 && ftruncate(fd, 65536) == 0);
	close(fd);
	pid_t pid = fork();
	if (!pid) {
		static struct bh_sandbox sandbox;
		sandbox = (struct bh_sandbox){.weakened = without != BH_FILTER_WHOLE,
					      .weak = BH_THREAD_DISK,
					      .without = without};
		live(&sandbox, image);
	}
	assert_int_equal(waitpid(pid, &raw, 0), pid);
	unlink(image);
	return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

/* What this life does not need: the end after a refusal, a clock that is a system call, zeroes on a
 * file system that has no call for them, and locks that somebody else holds. */
static bool is_for_another_day(const struct bh_rule *rule)
{
	return rule->call == SYS_exit_group || rule->call == SYS_clock_gettime ||
	       rule->call == SYS_pwrite64 || rule->call == SYS_futex;
}

static void a_disk_works_behind_its_filter(void **state)
{
	(void)state;
	assert_int_equal(life(BH_FILTER_WHOLE), ALL_SERVED);
}

static void without_any_rule_that_it_uses_it_does_not(void **state)
{
	const struct bh_rules *rules = &bh_rules[BH_THREAD_DISK];

	(void)state;
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->rules[i].needs || is_for_another_day(&rules->rules[i]))
			continue;
		/* Without write() not even the line can be written: that is a crash. */
		int status = life(i);
		if (rules->rules[i].call == SYS_write ? status <= 128 : status != BH_VMM_REFUSED)
			fail_msg("without %s: status %d", rules->rules[i].name, status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_works_behind_its_filter),
		cmocka_unit_test(without_any_rule_that_it_uses_it_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
