/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probe's files share. The probe is a static program that runs on an emulated board and
 * makes VFIO's and bulkhead.ko's calls itself, so that the module is judged without our own VMM.
 */
#ifndef BH_TESTS_PROBE_H
#define BH_TESTS_PROBE_H

#include "kernel/bulkhead.h"

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says what does not hold, and counts it; the program's exit status tells whether any did. */
#define CHECK(what) check((what), #what, __FILE__, __LINE__)
bool check(bool holds, const char *what, const char *file, int line);

/* A call must fail with this errno. */
#define FAILS(call, error) check_fails((call), (error), #call, __FILE__, __LINE__)
void check_fails(int result, int error, const char *call, const char *file, int line);

struct device {
	int container, group, fd;
};

/* Opens a platform device through VFIO: its group, a type-1 container, itself. Ends the program
 * when that fails. */
void device_open(struct device *device, const char *name);
void device_close(struct device *device);
void device_hello(struct device *device);

/* The region mapped, all of it. */
volatile uint32_t *device_map(struct device *device, uint32_t region);

/* VFIO_DEVICE_SET_IRQS with no data, or with an eventfd. */
int irq_set(struct device *device, uint32_t index, uint32_t flags, uint32_t count);
int irq_set_fd(struct device *device, uint32_t index, uint32_t action, int fd);

/* The tests: each is one command of the probe. */
void test_identity(char **args);  /* DEVICE ID: a PrimeCell's id registers */
void test_alarm(char **args);     /* DEVICE ROUNDS: a PL031's interrupt, level by level */
void test_early(char **args);     /* DEVICE: asserted before anybody listens */
void test_moderate(char **args);  /* DEVICE US: one that comes back at once waits so long */
void test_together(char **args);  /* DEVICE ROUNDS: the FEC's lines that rise together */
void test_loop(char **args);      /* DEVICE: one eventfd as trigger and resample */
void test_hold(char **args);      /* DEVICE: everything changed, until killed */
void test_refused(char **args);   /* DEVICE: arguments that are wrong */
void test_version(char **args);   /* DEVICE: another version of the interface */
void test_hostile(char **args);   /* DEVICE ROUNDS SEED: random calls */
void test_controls(char **args);  /* DEVICE: prints all controls */
void test_switch(char **args);    /* DEVICE: the fake device's controls, one by one */
void test_domain(char **args);    /* DEVICE DOMAIN: its one power domain, as the host names it */
void test_parts(char **args);     /* DEVICE SIZE COUNT: its region, its level interrupts */
void test_limit(char **args);     /* DEVICE: a storm of calls */
void test_running(char **args);   /* DEVICE: writes a register, waits to be killed */
void test_bits(char **args);      /* DEVICE REGION OFFSET MASK VALUE: bits of a region's word */
void test_memory(char **args);    /* NAME: direct-map RAM */
void test_dirty(char **args);     /* NAME: writes into all of it, waits to be killed */
void test_no_memory(char **args); /* NAME...: regions that are not given out */

#endif
