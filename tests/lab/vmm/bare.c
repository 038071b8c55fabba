/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest without a kernel: what no stock kernel would do. It starts in milliseconds. MODE is what
 * it does: 's': hostile calls to the SCMI server, with a second vCPU that changes the page
 * meanwhile; 'j': numbers to a disk, each flushed before it is said; 'o': odd accesses to device
 * registers; 'r': a restart each time; 'w': a watchdog that it does not feed; 'i': nothing.
 */
#include <stdint.h>

#define UART ((volatile uint8_t *)0x09000000)
#define PAGE ((volatile uint32_t *)0x0b000000)
#define DISK ((volatile uint32_t *)0x0a000000)
#define DOG  ((volatile uint32_t *)0x09020000)

#define SCMI_CALL  0x82000010
#define SYSTEM_OFF 0x84000008
#define RESTART    0x84000009
#define CPU_ON     0xc4000003

void bare_main(void);
void bare_second(void);
void second(void);

static int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return (int64_t)x0;
}

static void put(const char *text)
{
	while (*text)
		*UART = (uint8_t)*text++;
}

static void put_number(int64_t number)
{
	char digits[24];
	int at = 23;
	uint64_t value = number < 0 ? -(uint64_t)number : (uint64_t)number;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	if (number < 0)
		digits[--at] = '-';
	put(&digits[at]);
}

static void say(const char *name, int64_t value)
{
	put("said ");
	put(name);
	put(" ");
	put_number(value);
	put("\n");
}

enum { POWER = 0x11, CLOCK = 0x14, RESET = 0x16 };

static int32_t call(uint32_t protocol, uint32_t message, uint32_t length, uint32_t a, uint32_t b,
		    uint32_t c, uint32_t d)
{
	PAGE[1] = 0;
	PAGE[7] = a;
	PAGE[8] = b;
	PAGE[9] = c;
	PAGE[10] = d;
	PAGE[6] = message | protocol << 10;
	PAGE[5] = length;
	if (hvc(SCMI_CALL, 0, 0, 0) != 0)
		return 1000;
	return (int32_t)PAGE[7];
}

static volatile uint32_t storm; /* 1: the second vCPU is to change the page */

/* Lengths, ids and messages, right and wrong, as fast as they can be written. */
void bare_second(void)
{
	uint32_t value = 1;

	while (storm) {
		value = value * 1664525 + 1013904223;
		PAGE[5] = value & 1 ? 8 : value;
		PAGE[6] = (value >> 8 & 7) | CLOCK << 10;
		PAGE[7] = value >> 16 & 3;
		PAGE[8] = value;
	}
	storm = 2;
	for (;;)
		__asm__ volatile("wfi");
}

static void attack(void)
{
	int64_t odd = 0;

	say("own_clock", call(CLOCK, 6, 8, 0, 0, 0, 0));
	say("rate", PAGE[8]);
	say("id_out_of_range", call(CLOCK, 6, 8, 2, 0, 0, 0));
	say("id_of_another_vm", call(CLOCK, 7, 12, 127, 0, 0, 0));
	say("no_right_to_the_rate", call(CLOCK, 5, 20, 0, 0, 1000, 0));
	say("no_right_to_the_reset", call(RESET, 4, 16, 0, 2, 0, 0));
	say("reset_out_of_range", call(RESET, 4, 16, 1, 1, 0, 0));
	say("no_power_domains", call(POWER, 5, 8, 0, 0, 0, 0));
	say("length_too_short", call(CLOCK, 5, 8, 1, 0, 0, 0));
	say("length_zero", call(CLOCK, 6, 0, 0, 0, 0, 0));
	say("length_huge", call(CLOCK, 6, 0xfffffffc, 0, 0, 0, 0));
	say("another_function", hvc(SCMI_CALL + 1, 0, 0, 0));

	storm = 1;
	if (hvc(CPU_ON, 1, (uint64_t)second, 0) != 0)
		put("said storm failed\n");
	for (int i = 0; i < 3000; i++) {
		odd += call(CLOCK, 6, 8, 0, 0, 0, 0) == 1000;
	}
	storm = 0;
	while (storm != 2)
		;
	say("calls_that_failed_in_the_storm", odd);
	say("own_clock_afterwards", call(CLOCK, 6, 8, 0, 0, 0, 0));
	say("rate_afterwards", PAGE[8]);
}

/* A driver for virtio-mmio's disk, with one request at a time. */
struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

static struct {
	_Alignas(4096) volatile struct descriptor table[8];
	_Alignas(4096) volatile uint16_t avail[16];
	_Alignas(4096) volatile uint16_t used[64];
	_Alignas(4096) volatile uint64_t header[2];
	volatile uint64_t sector[64];
	volatile uint8_t status;
} ring;

static void set_up_disk(void)
{
	DISK[0x70 / 4] = 0;
	DISK[0x70 / 4] = 3;
	DISK[0x24 / 4] = 0;
	DISK[0x20 / 4] = 1 << 9; /* flush */
	DISK[0x24 / 4] = 1;
	DISK[0x20 / 4] = 1; /* version 1 */
	DISK[0x70 / 4] = 11;
	DISK[0x30 / 4] = 0;
	DISK[0x38 / 4] = 8;
	DISK[0x80 / 4] = (uint32_t)(uintptr_t)ring.table;
	DISK[0x90 / 4] = (uint32_t)(uintptr_t)ring.avail;
	DISK[0xa0 / 4] = (uint32_t)(uintptr_t)ring.used;
	DISK[0x44 / 4] = 1;
	DISK[0x70 / 4] = 15;
}

static int request(uint32_t type, uint64_t sector, uint32_t length)
{
	static uint16_t count;
	unsigned last = length ? 2 : 1;

	ring.header[0] = type;
	ring.header[1] = sector;
	ring.status = 0xee;
	ring.table[0] = (struct descriptor){(uint64_t)ring.header, 16, 1, 1};
	ring.table[1] = (struct descriptor){(uint64_t)ring.sector, length, 1, 2};
	ring.table[last] = (struct descriptor){(uint64_t)&ring.status, 1, 2, 0};
	ring.avail[2 + count % 8] = 0;
	__asm__ volatile("dsb sy" ::: "memory");
	ring.avail[1] = ++count;
	__asm__ volatile("dsb sy" ::: "memory");
	DISK[0x50 / 4] = 0;
	while (ring.used[1] != count)
		;
	return ring.status;
}

static void journal(void)
{
	uint64_t seed;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(seed));
	seed &= 0xffffffff;
	set_up_disk();
	say("seed", (int64_t)seed);
	for (uint64_t number = 1; number < 8000; number++) {
		for (int i = 0; i < 64; i++)
			ring.sector[i] = seed + number;
		if (request(1, number, 512) || request(4, 0, 0)) {
			put("said journal failed\n");
			return;
		}
		say("flushed", (int64_t)number);
	}
}

/* Loads and stores that the processor does not describe to the hypervisor, on the disk's registers.
 */
static void odd_accesses(void)
{
	register uint64_t lock __asm__("x2");
	uint64_t at = (uint64_t)DISK, first, second;

	__asm__ volatile("ldp %w0, %w1, [%2]" : "=&r"(first), "=&r"(second) : "r"(at));
	say("pair_magic", (int64_t)first);
	say("pair_version", (int64_t)second);
	__asm__ volatile("ldr %w0, [%1], #4" : "=&r"(first), "+r"(at));
	say("post_index_magic", (int64_t)first);
	say("post_index_moved", (int64_t)(at - (uint64_t)DISK));
	/* Which half of the features is shown: bit 0 of the second is version 1. */
	second = 1;
	__asm__ volatile("str %w1, [%0, #0x10]!" : "+r"(at) : "r"(second));
	say("pre_index_moved", (int64_t)(at - (uint64_t)DISK));
	say("pre_index_stored", DISK[0x10 / 4] & 1);
	/* Its capacity, as a vector. */
	at = (uint64_t)DISK + 0x100;
	__asm__ volatile("msr cpacr_el1, %0; isb" ::"r"(UINT64_C(3) << 20));
	__asm__ volatile("ldr q0, [%1]; umov %0, v0.d[0]" : "=r"(first) : "r"(at));
	say("vector_capacity", (int64_t)first);
	/* A lock is no register. */
	lock = (uint64_t)DISK;
	__asm__ volatile("ldxr w1, [%0]" ::"r"(lock) : "x1");
	say("exclusive", 1);
}

/* Two tenths of a second until it bites. */
static void set_watchdog(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	DOG[8 / 4] = (uint32_t)(hz / 10);
	DOG[0] = 1;
}

static void idle(void)
{
	say("up", 1);
	for (;;)
		__asm__ volatile("wfi");
}

void bare_main(void)
{
	switch (MODE) {
	case 's':
		attack();
		break;
	case 'j':
		journal();
		break;
	case 'o':
		odd_accesses();
		break;
	case 'r':
		say("up", 1);
		hvc(RESTART, 0, 0, 0);
		break;
	case 'w':
		set_watchdog();
		idle();
		break;
	default:
		idle();
	}
	hvc(SYSTEM_OFF, 0, 0, 0);
}
