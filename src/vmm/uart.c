/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/uart.h"

enum { DATA = 0, IER = 1, IIR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };
enum { IER_RX = 1, IER_TX = 2 };
enum { IIR_NONE = 0x01, IIR_TX = 0x02, IIR_RX = 0x04, IIR_FIFOS = 0xc0 };
enum { LCR_DLAB = 0x80 };
enum { MCR_LOOP = 0x10 };
enum { LSR_DATA = 0x01, LSR_EMPTY = 0x60 };
enum { MSR_READY = 0xb0 }; /* carrier, DSR, CTS */

static bool has_input(struct bh_uart *uart)
{
	if (uart->input_taken == uart->input_length) {
		uart->input_taken = 0;
		uart->input_length =
			bh_console_read(uart->console, uart->input, sizeof(uart->input));
	}
	return uart->input_length > 0;
}

static uint8_t cause(struct bh_uart *uart)
{
	if (uart->ier & IER_RX && has_input(uart))
		return IIR_RX;
	if (uart->ier & IER_TX && uart->sent)
		return IIR_TX;
	return IIR_NONE;
}

static void update_line(struct bh_uart *uart)
{
	bool line = cause(uart) != IIR_NONE;

	if (line != uart->line)
		uart->hv->ops->set_line(uart->hv, uart->intid, line);
	uart->line = line;
}

static uint8_t read_register(struct bh_uart *uart, uint64_t offset)
{
	bool dlab = uart->lcr & LCR_DLAB;
	uint8_t value;

	switch (offset) {
	case DATA:
		if (dlab)
			return uart->dll;
		return has_input(uart) ? (uint8_t)uart->input[uart->input_taken++] : 0;
	case IER:
		return dlab ? uart->dlm : uart->ier;
	case IIR:
		value = cause(uart);
		if (value == IIR_TX)
			uart->sent = false;
		return value | IIR_FIFOS;
	case LCR:
		return uart->lcr;
	case MCR:
		return uart->mcr;
	case LSR:
		return LSR_EMPTY | (has_input(uart) ? LSR_DATA : 0);
	case MSR:
		/* In loop-back the modem's outputs are its inputs; drivers probe with it. */
		if (uart->mcr & MCR_LOOP)
			return (uint8_t)((uart->mcr & 1) << 5 | (uart->mcr & 2) << 3 |
					 (uart->mcr & 0xc) << 4);
		return MSR_READY;
	default:
		return uart->scr;
	}
}

static void write_register(struct bh_uart *uart, uint64_t offset, uint8_t value)
{
	bool dlab = uart->lcr & LCR_DLAB;
	char byte = (char)value;

	switch (offset) {
	case DATA:
		if (dlab) {
			uart->dll = value;
			return;
		}
		if (!(uart->mcr & MCR_LOOP))
			bh_console_write(uart->console, &byte, 1);
		uart->sent = true;
		return;
	case IER:
		if (dlab) {
			uart->dlm = value;
			return;
		}
		/* Asking for the interrupt while the transmitter is empty gives one at once. */
		if (value & ~uart->ier & IER_TX)
			uart->sent = true;
		uart->ier = value & 0x0f;
		return;
	case LCR:
		uart->lcr = value;
		return;
	case MCR:
		uart->mcr = value & 0x1f;
		return;
	case SCR:
		uart->scr = value;
		return;
	default:
		return;
	}
}

static uint64_t uart_read(void *device, uint64_t offset, unsigned size)
{
	struct bh_uart *uart = device;

	(void)size;
	pthread_mutex_lock(&uart->lock);
	uint8_t value = read_register(uart, offset);
	update_line(uart);
	pthread_mutex_unlock(&uart->lock);
	return value;
}

static void uart_write(void *device, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_uart *uart = device;

	(void)size;
	pthread_mutex_lock(&uart->lock);
	write_register(uart, offset, (uint8_t)value);
	update_line(uart);
	pthread_mutex_unlock(&uart->lock);
}

const struct bh_bus_ops bh_uart_ops = {.read = uart_read, .write = uart_write};

static void input_ready(void *device)
{
	struct bh_uart *uart = device;

	pthread_mutex_lock(&uart->lock);
	update_line(uart);
	pthread_mutex_unlock(&uart->lock);
}

void bh_uart_init(struct bh_uart *uart, struct bh_hv *hv, uint32_t intid,
		  struct bh_console *console)
{
	*uart = (struct bh_uart){.hv = hv, .intid = intid, .console = console};
	pthread_mutex_init(&uart->lock, NULL);
	console->device = uart;
	console->input_ready = input_ready;
}

void bh_uart_finish(struct bh_uart *uart)
{
	uart->console->input_ready = NULL;
	pthread_mutex_destroy(&uart->lock);
}
