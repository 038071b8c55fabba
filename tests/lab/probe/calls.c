/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const kinds[BULKHEAD_KINDS] = {"clock", "reset", "domain", "supply"};

void test_identity(char **args)
{
	uint32_t wanted = (uint32_t)strtoul(args[1], NULL, 16), seen = 0, word;
	struct vfio_device_info info = {.argsz = sizeof(info)};
	struct vfio_region_info region = {.argsz = sizeof(region)};
	volatile uint32_t *registers;
	struct device device;

	device_open(&device, args[0]);
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_INFO, &info) == 0);
	CHECK((info.flags & ~VFIO_DEVICE_FLAGS_RESET) == VFIO_DEVICE_FLAGS_PLATFORM);
	CHECK(info.num_regions == 1 && info.num_irqs == 1);
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_REGION_INFO, &region) == 0);
	CHECK(region.size == 0x1000);
	CHECK(region.flags == (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			       VFIO_REGION_INFO_FLAG_MMAP));

	/* Four words of eight bits: part number, designer, revision. */
	registers = device_map(&device, 0);
	for (int i = 3; i >= 0; i--)
		seen = seen << 8 | (registers[0xfe0 / 4 + i] & 0xff);
	CHECK(seen == wanted);
	CHECK(pread(device.fd, &word, 4, (off_t)(region.offset + 0xfe0)) == 4);
	CHECK((word & 0xff) == (wanted & 0xff));
	device_close(&device);
}

static int region_info(int fd, uint32_t index, uint32_t argsz)
{
	struct vfio_region_info info = {.argsz = argsz, .index = index};

	return ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info);
}

static int irq_info(int fd, uint32_t index, uint32_t argsz)
{
	struct vfio_irq_info info = {.argsz = argsz, .index = index};

	return ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, &info);
}

static int control(int fd, uint32_t kind, uint32_t index, uint32_t flags)
{
	struct bulkhead_control call = {sizeof(call), kind, index, flags, ""};

	return ioctl(fd, BULKHEAD_GET_CONTROL, &call);
}

static int switch_to(int fd, uint32_t kind, uint32_t index, uint32_t action)
{
	struct bulkhead_switch call = {sizeof(call), kind, index, action};

	return ioctl(fd, BULKHEAD_SWITCH, &call);
}

static int map(int fd, size_t size, int flags, uint64_t offset)
{
	void *mapped = mmap(NULL, size, PROT_READ, flags, fd, (off_t)offset);

	if (mapped == MAP_FAILED)
		return -1;
	munmap(mapped, size);
	return 0;
}

static void refused_irqs(struct device *device)
{
	const uint32_t none = VFIO_IRQ_SET_DATA_NONE, trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
	int event = eventfd(0, EFD_CLOEXEC);

	FAILS(irq_info(device->fd, 1, sizeof(struct vfio_irq_info)), EINVAL);
	FAILS(irq_info(device->fd, 0, 4), EINVAL);
	FAILS(irq_set(device, 1, none | trigger, 1), EINVAL);
	FAILS(irq_set(device, UINT32_MAX, none | trigger, 1), EINVAL);
	FAILS(irq_set(device, 0, none | trigger, 2), EINVAL);
	FAILS(irq_set(device, 0, none | trigger, UINT32_MAX), EINVAL);
	FAILS(irq_set(device, 0, 0, 1), EINVAL);
	FAILS(irq_set(device, 0, none, 1), EINVAL);
	FAILS(irq_set(device, 0, trigger, 1), EINVAL);
	FAILS(irq_set(device, 0, none | VFIO_IRQ_SET_ACTION_MASK, 0), EINVAL);
	FAILS(irq_set(device, 0, VFIO_IRQ_SET_DATA_EVENTFD | trigger, 1), EINVAL);
	FAILS(irq_set_fd(device, 0, trigger, 1000), EBADF);
	FAILS(irq_set_fd(device, 0, trigger, device->fd), EINVAL);
	FAILS(irq_set_fd(device, 0, VFIO_IRQ_SET_ACTION_UNMASK, device->fd), EINVAL);
	CHECK(irq_set_fd(device, 0, trigger, event) == 0);
	CHECK(irq_set_fd(device, 0, trigger, -1) == 0);
}

void test_refused(char **args)
{
	const uint64_t second = UINT64_C(1) << 40;
	struct bulkhead_counts counts = {.argsz = sizeof(counts)};
	struct bulkhead_rate rate = {sizeof(rate), 1000, 0};
	struct bulkhead_hello hello = {4, BULKHEAD_UAPI_VERSION};
	struct device device;
	uint64_t word;
	int fd;

	device_open(&device, args[0]);
	fd = device.fd;
	FAILS(region_info(fd, 1, sizeof(struct vfio_region_info)), EINVAL);
	FAILS(region_info(fd, UINT32_MAX, sizeof(struct vfio_region_info)), EINVAL);
	FAILS(region_info(fd, 0, 8), EINVAL);
	FAILS(ioctl(fd, VFIO_DEVICE_GET_INFO, NULL), EFAULT);
	FAILS(ioctl(fd, _IO(';', 200)), ENOTTY);
	FAILS(ioctl(fd, _IO(BULKHEAD_IOCTL, 0)), ENOTTY);
	FAILS(ioctl(fd, VFIO_DEVICE_RESET), EINVAL); /* it has none */
	refused_irqs(&device);

	FAILS(map(fd, 0x2000, MAP_SHARED, 0), EINVAL);
	FAILS(map(fd, 0x1000, MAP_SHARED, 0x1000), EINVAL);
	FAILS(map(fd, 0x1000, MAP_SHARED, second), EINVAL);
	FAILS(map(fd, 0x1000, MAP_PRIVATE, 0), EINVAL);
	FAILS(mmap(NULL, 0x1000, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0,
	      EPERM);
	FAILS((int)pread(fd, &word, 8, 0x1000), EINVAL);
	FAILS((int)pread(fd, &word, 8, (off_t)second), EINVAL);
	CHECK(pread(fd, &word, 8, 0xffc) == 4);

	/* Nothing before the greeting. */
	FAILS(ioctl(fd, BULKHEAD_GET_COUNTS, &counts), EPROTO);
	FAILS(ioctl(fd, BULKHEAD_HELLO, &hello), EINVAL);
	FAILS(ioctl(fd, BULKHEAD_HELLO, NULL), EFAULT);
	device_hello(&device);
	CHECK(ioctl(fd, BULKHEAD_GET_COUNTS, &counts) == 0);
	counts.flags = 1;
	FAILS(ioctl(fd, BULKHEAD_GET_COUNTS, &counts), EINVAL);
	counts = (struct bulkhead_counts){.argsz = sizeof(counts) - 1};
	FAILS(ioctl(fd, BULKHEAD_GET_COUNTS, &counts), EINVAL);
	FAILS(control(fd, BULKHEAD_KINDS, 0, 0), ENOENT);
	FAILS(control(fd, BULKHEAD_CLOCK, 1000, 0), ENOENT);
	FAILS(control(fd, BULKHEAD_CLOCK, UINT32_MAX, 0), ENOENT);
	FAILS(control(fd, BULKHEAD_CLOCK, 0, 1), EINVAL);
	FAILS(switch_to(fd, BULKHEAD_KINDS, 0, BULKHEAD_ON), ENOENT);
	FAILS(switch_to(fd, BULKHEAD_CLOCK, 1000, BULKHEAD_ON), ENOENT);
	FAILS(switch_to(fd, BULKHEAD_CLOCK, 0, 3), EINVAL);
	FAILS(switch_to(fd, BULKHEAD_CLOCK, 0, BULKHEAD_PULSE), EINVAL);
	FAILS(ioctl(fd, BULKHEAD_GET_RATE, &rate), ENOENT);
	rate.index = 0;
	FAILS(ioctl(fd, BULKHEAD_SET_RATE, &rate), EINVAL);
	FAILS(ioctl(fd, BULKHEAD_MEMORY_INFO, &counts), ENOTTY);
	device_close(&device);
}

void test_version(char **args)
{
	struct bulkhead_hello hello = {sizeof(hello), BULKHEAD_UAPI_VERSION + 1};
	struct bulkhead_counts counts = {.argsz = sizeof(counts)};
	struct device device;
	int memory = open("/dev/bulkhead", O_RDWR | O_CLOEXEC);

	device_open(&device, args[0]);
	FAILS(ioctl(device.fd, BULKHEAD_HELLO, &hello), EPROTO);
	CHECK(hello.version == BULKHEAD_UAPI_VERSION);
	FAILS(ioctl(device.fd, BULKHEAD_GET_COUNTS, &counts), EPROTO);
	hello.version = 0;
	FAILS(ioctl(memory, BULKHEAD_HELLO, &hello), EPROTO);
	CHECK(hello.version == BULKHEAD_UAPI_VERSION);
	device_hello(&device);
	CHECK(ioctl(device.fd, BULKHEAD_GET_COUNTS, &counts) == 0);
	device_close(&device);
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The same calls for the same seed: small numbers often, as they pass the first checks. */
void test_hostile(char **args)
{
	static const unsigned long commands[] = {
		VFIO_DEVICE_GET_INFO,     VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_SET_IRQS,
		VFIO_DEVICE_SET_IRQS,     VFIO_DEVICE_RESET,
		VFIO_DEVICE_FEATURE,      BULKHEAD_HELLO,
		BULKHEAD_GET_COUNTS,      BULKHEAD_GET_CONTROL,
		BULKHEAD_SWITCH,          BULKHEAD_GET_RATE,
		BULKHEAD_ROUND_RATE,      BULKHEAD_SET_RATE,
		BULKHEAD_MEMORY_INFO,     BULKHEAD_MEMORY_SELECT,
	};
	uint64_t state = strtoull(args[2], NULL, 10) | 1;
	struct device device;
	int events[4], memory = open("/dev/bulkhead", O_RDWR | O_CLOEXEC);
	uint32_t words[128];

	device_open(&device, args[0]);
	device_hello(&device);
	for (int i = 0; i < 4; i++)
		events[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (long round = atol(args[1]); round > 0; round--) {
		unsigned long command =
			commands[next(&state) % (sizeof(commands) / sizeof(*commands))];

		for (int i = 0; i < 128; i++)
			words[i] = next(&state) % 4 ? (uint32_t)(next(&state) % 8)
						    : (uint32_t)next(&state);
		words[0] = next(&state) % 8 ? sizeof(words) : words[0];
		if (command == VFIO_DEVICE_SET_IRQS && next(&state) % 2) {
			words[1] = 1U << (next(&state) % 3) | 1U << (3 + next(&state) % 3);
			words[2] = words[3] = 0;
			words[4] = 1;
			words[5] = (uint32_t)events[next(&state) % 4];
		}
		ioctl(next(&state) % 8 ? device.fd : memory, command, words);
		if (next(&state) % 64 == 0)
			map(device.fd, 0x1000 * (next(&state) % 4), MAP_SHARED,
			    (next(&state) % 3) << 40 | (next(&state) % 4) << 12);
		if (next(&state) % 256 == 0) {
			device_close(&device);
			device_open(&device, args[0]);
		}
	}
	device_close(&device);
}

/* A line a control: kind, index, name, "on" or "off", and a clock's rate. */
void test_controls(char **args)
{
	struct bulkhead_counts counts = {.argsz = sizeof(counts)};
	struct device device;

	device_open(&device, args[0]);
	device_hello(&device);
	CHECK(ioctl(device.fd, BULKHEAD_GET_COUNTS, &counts) == 0);
	for (uint32_t kind = 0; kind < BULKHEAD_KINDS; kind++) {
		for (uint32_t index = 0; index < counts.count[kind]; index++) {
			struct bulkhead_control call = {sizeof(call), kind, index, 0, ""};
			struct bulkhead_rate rate = {sizeof(rate), index, 0};

			CHECK(ioctl(device.fd, BULKHEAD_GET_CONTROL, &call) == 0);
			printf("%s %u %s %s", kinds[kind], index, call.name,
			       call.flags & BULKHEAD_CONTROL_ABSENT ? "absent"
			       : call.flags & BULKHEAD_CONTROL_ON   ? "on"
								    : "off");
			if (kind == BULKHEAD_CLOCK &&
			    ioctl(device.fd, BULKHEAD_GET_RATE, &rate) == 0)
				printf(" %llu", (unsigned long long)rate.rate);
			printf("\n");
		}
	}
	device_close(&device);
}

/* The first number in a file that the kernel makes. */
static long number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atol(text);
}

/* What the host's frameworks say while a holder switches the fake device's controls. */
void test_switch(char **args)
{
	const char *enabled = "/sys/kernel/debug/clk/mmc0/clk_enable_count";
	const char *hertz = "/sys/kernel/debug/clk/mmc0/clk_rate";
	struct bulkhead_rate rate = {sizeof(rate), 0, 6000000};
	struct device device;

	device_open(&device, args[0]);
	device_hello(&device);
	CHECK(number_in(enabled) == 1); /* held */
	CHECK(switch_to(device.fd, BULKHEAD_CLOCK, 0, BULKHEAD_OFF) == 0);
	CHECK(number_in(enabled) == 0);
	CHECK(switch_to(device.fd, BULKHEAD_CLOCK, 0, BULKHEAD_OFF) == 0);
	CHECK(switch_to(device.fd, BULKHEAD_CLOCK, 0, BULKHEAD_ON) == 0);
	CHECK(number_in(enabled) == 1);

	CHECK(ioctl(device.fd, BULKHEAD_SET_RATE, &rate) == 0);
	CHECK(rate.rate == 6000000 && number_in(hertz) == 6000000);
	rate.rate = 5000000;
	CHECK(ioctl(device.fd, BULKHEAD_ROUND_RATE, &rate) == 0);
	CHECK(rate.rate == 4000000 && number_in(hertz) == 6000000);

	CHECK(switch_to(device.fd, BULKHEAD_RESET, 0, BULKHEAD_ON) == 0);
	CHECK(switch_to(device.fd, BULKHEAD_RESET, 0, BULKHEAD_PULSE) == 0);
	CHECK(ioctl(device.fd, VFIO_DEVICE_RESET) == 0);
	CHECK(switch_to(device.fd, BULKHEAD_REGULATOR, 0, BULKHEAD_OFF) == 0);

	/* Left as it is: clock off and slow, reset asserted, supply off. */
	CHECK(switch_to(device.fd, BULKHEAD_CLOCK, 0, BULKHEAD_OFF) == 0);
	CHECK(switch_to(device.fd, BULKHEAD_RESET, 1, BULKHEAD_ON) == 0);
	device_close(&device);
	CHECK(number_in(enabled) == 1);
	CHECK(number_in(hertz) == 12000000);
}

void test_limit(char **args)
{
	struct bulkhead_rate rate = {sizeof(rate), 0, 0};
	struct device device;
	unsigned served = 0;

	device_open(&device, args[0]);
	device_hello(&device);
	while (ioctl(device.fd, BULKHEAD_GET_RATE, &rate) == 0)
		served++;
	CHECK(errno == EAGAIN);
	CHECK(served >= 16);
	device_close(&device);
}

void test_running(char **args)
{
	struct device device;

	device_open(&device, args[0]);
	device_hello(&device);
	device_map(&device, 0)[0x14 / 4] = 0x11223344;
	printf("holding\n");
	fflush(stdout);
	pause();
}

void test_bits(char **args)
{
	struct vfio_region_info region = {.argsz = sizeof(region),
					  .index = (uint32_t)strtoul(args[1], NULL, 0)};
	uint32_t word = 0, mask = (uint32_t)strtoul(args[3], NULL, 0);
	struct device device;

	device_open(&device, args[0]);
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_REGION_INFO, &region) == 0);
	CHECK(pread(device.fd, &word, 4, (off_t)(region.offset + strtoul(args[2], NULL, 0))) == 4);
	printf("0x%x\n", word);
	CHECK((word & mask) == strtoul(args[4], NULL, 0));
	device_close(&device);
}

/* Whether the host's framework says that a power domain is on. */
static bool is_domain_on(const char *name)
{
	char path[128], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/pm_genpd/%s/current_state", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return !strncmp(text, "on", 2);
}

void test_domain(char **args)
{
	struct device device;

	device_open(&device, args[0]);
	device_hello(&device);
	CHECK(is_domain_on(args[1]));
	CHECK(switch_to(device.fd, BULKHEAD_DOMAIN, 0, BULKHEAD_OFF) == 0);
	CHECK(!is_domain_on(args[1]));
	CHECK(switch_to(device.fd, BULKHEAD_DOMAIN, 0, BULKHEAD_ON) == 0);
	CHECK(is_domain_on(args[1]));
	CHECK(switch_to(device.fd, BULKHEAD_DOMAIN, 0, BULKHEAD_OFF) == 0);
	device_close(&device);
}

void test_parts(char **args)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};
	struct vfio_region_info region = {.argsz = sizeof(region)};
	struct device device;

	device_open(&device, args[0]);
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_INFO, &info) == 0);
	CHECK(info.num_regions == 1 && info.num_irqs == strtoul(args[2], NULL, 0));
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_REGION_INFO, &region) == 0);
	CHECK(region.size == strtoul(args[1], NULL, 0));
	CHECK(device_map(&device, 0) != NULL);
	for (uint32_t i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info irq = {.argsz = sizeof(irq), .index = i};

		CHECK(ioctl(device.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq) == 0);
		CHECK(irq.flags & VFIO_IRQ_INFO_AUTOMASKED);
		CHECK(irq_set_fd(&device, i, VFIO_IRQ_SET_ACTION_TRIGGER,
				 eventfd(0, EFD_CLOEXEC)) == 0);
	}
	device_close(&device);
}
