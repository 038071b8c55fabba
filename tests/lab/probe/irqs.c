/* SPDX-License-Identifier: Apache-2.0 */
/* A PL031 real-time clock: small, and its interrupt stays up until it is cleared. */
#include "probe.h"
#include "tests/lab/interrupts.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Registers, in words. The alarm rises when the count equals the match; at once if it does already.
 */
enum { COUNT = 0x00 / 4, MATCH = 0x04 / 4, ENABLE = 0x10 / 4, CLEAR = 0x1c / 4 };

enum {
	MASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK,
	UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
	TRIGGER = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
};

static void raise_line(volatile uint32_t *rtc)
{
	rtc[ENABLE] = 1;
	rtc[MATCH] = rtc[COUNT];
}

static void lower_line(volatile uint32_t *rtc)
{
	rtc[ENABLE] = 0;
	rtc[CLEAR] = 1;
}

/* Waits for the event; the test never ends if it never comes. */
static uint64_t wait_event(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	uint64_t count = 0;

	CHECK(poll(&wait, 1, -1) == 1);
	CHECK(read(fd, &count, sizeof(count)) == sizeof(count));
	return count;
}

/*
 * Whether an event is there. An interrupt that is unmasked and up fires before the call that
 * unmasked it returns, or on another CPU soon after; what must not fire is looked for twice.
 */
static bool has_event(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, 20) == 1;
}

static void signal_event(int fd)
{
	uint64_t one = 1;

	CHECK(write(fd, &one, sizeof(one)) == sizeof(one));
}

void test_alarm(char **args)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = 0};
	struct device device;
	volatile uint32_t *rtc;
	int trigger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	device_open(&device, args[0]);
	rtc = device_map(&device, 0);
	lower_line(rtc);
	CHECK(ioctl(device.fd, VFIO_DEVICE_GET_IRQ_INFO, &info) == 0);
	CHECK(info.flags ==
	      (VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED));
	CHECK(info.count == 1);

	CHECK(irq_set(&device, 0, MASK, 1) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, trigger) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_UNMASK, resample) == 0);
	CHECK(irq_set(&device, 0, UNMASK, 1) == 0);

	for (int round = atoi(args[1]); round > 0; round--) {
		raise_line(rtc);
		CHECK(wait_event(trigger) == 1);
		CHECK(!has_event(trigger)); /* it masked itself */
		signal_event(resample);
		CHECK(wait_event(trigger) == 1); /* still up: fires again */
		lower_line(rtc);
		signal_event(resample);
		CHECK(!has_event(trigger));
	}

	/* Masked by hand, an alarm waits; the trigger by hand needs no alarm. */
	CHECK(irq_set(&device, 0, MASK, 1) == 0);
	raise_line(rtc);
	CHECK(!has_event(trigger));
	CHECK(irq_set(&device, 0, TRIGGER, 1) == 0);
	CHECK(wait_event(trigger) == 1);
	CHECK(irq_set(&device, 0, UNMASK, 1) == 0);
	CHECK(wait_event(trigger) == 1);

	/* Taken away and given again while the line is up. */
	CHECK(irq_set(&device, 0, TRIGGER, 0) == 0);
	CHECK(irq_set(&device, 0, UNMASK, 1) == 0);
	CHECK(!has_event(trigger));
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, trigger) == 0);
	CHECK(wait_event(trigger) == 1);
	lower_line(rtc);
	device_close(&device);
}

void test_early(char **args)
{
	struct device device;
	volatile uint32_t *rtc;
	int trigger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	device_open(&device, args[0]);
	rtc = device_map(&device, 0);
	raise_line(rtc);
	CHECK(irq_set(&device, 0, MASK, 1) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, trigger) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_UNMASK, resample) == 0);
	CHECK(!has_event(trigger));
	CHECK(irq_set(&device, 0, UNMASK, 1) == 0);
	CHECK(wait_event(trigger) == 1);
	lower_line(rtc);
	signal_event(resample);
	CHECK(!has_event(trigger));
	raise_line(rtc);
	CHECK(wait_event(trigger) == 1);
	lower_line(rtc);
	device_close(&device);
}

/* Microseconds that a line which stays up takes to fire so many times. */
static uint64_t time_of_returns(struct device *device, int trigger, int resample, unsigned count)
{
	struct timespec begun, ended;

	CHECK(irq_set(device, 0, UNMASK, 1) == 0);
	wait_event(trigger);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (count--) {
		signal_event(resample);
		CHECK(wait_event(trigger) == 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (uint64_t)(ended.tv_sec - begun.tv_sec) * 1000000 +
	       (uint64_t)((ended.tv_nsec - begun.tv_nsec) / 1000);
}

/*
 * With moderation of args[1] us an interrupt that comes back at once waits, but not the first eight
 * times.
 */
void test_moderate(char **args)
{
	enum { FREE = 8, COUNT = 40 };
	struct device device;
	volatile uint32_t *rtc;
	uint64_t wait = strtoul(args[1], NULL, 10), took, early;
	int trigger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	device_open(&device, args[0]);
	rtc = device_map(&device, 0);
	CHECK(irq_set(&device, 0, MASK, 1) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, trigger) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_UNMASK, resample) == 0);
	raise_line(rtc);
	took = time_of_returns(&device, trigger, resample, COUNT);
	printf("# %u returns took %" PRIu64 " us\n", COUNT, took);
	/* Each time that this machine stood still meanwhile took as long, and gives eight more. */
	CHECK(took >= COUNT / (FREE + 1) * wait);

	/* Masked by hand while it waits, it stays so. */
	signal_event(resample);
	CHECK(irq_set(&device, 0, MASK, 1) == 0);
	if (has_event(trigger)) /* was under way already */
		CHECK(read(trigger, &early, sizeof(early)) == sizeof(early));
	CHECK(!has_event(trigger));
	/* Taken away while it waits, and given back. */
	CHECK(irq_set(&device, 0, UNMASK, 1) == 0);
	CHECK(wait_event(trigger) == 1);
	signal_event(resample);
	CHECK(irq_set(&device, 0, TRIGGER, 0) == 0);
	lower_line(rtc);
	device_close(&device);
}

/* How often the module's handlers ran. */
static unsigned long handled(void)
{
	unsigned long sum;

	CHECK(count_interrupts("bulkhead:", &sum));
	return sum;
}

void test_loop(char **args)
{
	struct device device;
	volatile uint32_t *rtc;
	int both = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	device_open(&device, args[0]);
	rtc = device_map(&device, 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, both) == 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_UNMASK, both) == 0);
	raise_line(rtc);
	while (handled() < 100)
		continue;
	lower_line(rtc);
	device_close(&device);
}

void test_hold(char **args)
{
	struct device device;
	volatile uint32_t *rtc;
	int trigger = eventfd(0, EFD_CLOEXEC);

	device_open(&device, args[0]);
	rtc = device_map(&device, 0);
	CHECK(irq_set_fd(&device, 0, VFIO_IRQ_SET_ACTION_TRIGGER, trigger) == 0);
	raise_line(rtc);
	wait_event(trigger);
	printf("holding\n");
	fflush(stdout);
	pause();
}
