/* SPDX-License-Identifier: Apache-2.0 */
/* A 16550A at byte-wide registers: the console that every kernel finds first. */
#ifndef BH_VMM_UART_H
#define BH_VMM_UART_H

#include "vmm/bus.h"
#include "vmm/console.h"
#include "vmm/hv.h"

struct bh_uart {
	struct bh_hv *hv;
	struct bh_console *console;
	pthread_mutex_t lock;
	uint32_t intid;
	bool line; /* the interrupt is raised */
	bool sent; /* the transmitter became empty since the guest last asked */
	uint8_t ier, lcr, mcr, scr, dll, dlm;
	char input[16];
	size_t input_length, input_taken;
};

extern const struct bh_bus_ops bh_uart_ops;

/* Becomes the device of `console`. */
void bh_uart_init(struct bh_uart *uart, struct bh_hv *hv, uint32_t intid,
		  struct bh_console *console);
void bh_uart_finish(struct bh_uart *uart);

#endif
