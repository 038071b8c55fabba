/* SPDX-License-Identifier: Apache-2.0 */
/* The address map, the UART and the PCI bus of a machine on the bench. */
#include "base/alloc.h"
#include "test.h"
#include "vmm/bench.h"
#include "vmm/stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int set_up(void **state)
{
	struct bench *bench = bh_alloc(sizeof(*bench));

	bench_init(bench, true);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	bench_finish(*state);
	free(*state);
	return 0;
}

static void nobodys_addresses_read_as_ones(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bh_vm_read(&bench->vm, 0x1000, 4), UINT32_MAX);
	assert_int_equal(bh_vm_read(&bench->vm, UINT64_MAX, 8), UINT64_MAX);
	bh_vm_write(&bench->vm, 0x1000, 4, 1);
	assert_int_equal(bench->vm.bus.unclaimed, 3);
}

static void an_access_across_a_devices_end_is_nobodys(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bh_vm_read(&bench->vm, BENCH_UART + 6, 4), UINT32_MAX);
}

static void a_call_that_is_not_scmi_is_not_supported(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bh_vm_call(&bench->vm, 0x82000010), -1);
}

/* Registers of the 16550. */
enum { DATA = 0, IER = 1, IIR = 2, LSR = 5, SCRATCH = 7 };

static uint64_t uart_read(struct bench *bench, unsigned reg)
{
	return bh_vm_read(&bench->vm, BENCH_UART + reg, 1);
}

static void uart_write(struct bench *bench, unsigned reg, uint8_t value)
{
	bh_vm_write(&bench->vm, BENCH_UART + reg, 1, value);
}

static int attach(struct bench *bench)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(bh_console_attach(&bench->consoles[0], ends[0], ends[0]), 0);
	return ends[1];
}

static void the_uart_prints(void **state)
{
	struct bench *bench = *state;
	char text[8] = {0};
	int end = attach(bench);

	uart_write(bench, DATA, 'h');
	uart_write(bench, DATA, 'i');
	bench_work(bench);
	assert_int_equal(read(end, text, sizeof(text)), 2);
	assert_string_equal(text, "hi");
	close(end);
}

static void what_is_typed_raises_the_uarts_line_until_it_is_read(void **state)
{
	struct bench *bench = *state;
	int end = attach(bench);

	uart_write(bench, IER, 1);
	assert_false(bench->hv.line[BENCH_UART_IRQ]);
	assert_int_equal(write(end, "x", 1), 1);
	bench_work(bench);
	assert_true(bench->hv.line[BENCH_UART_IRQ]);
	assert_int_equal(uart_read(bench, LSR) & 1, 1);
	assert_int_equal(uart_read(bench, IIR) & 0xf, 4);
	assert_int_equal(uart_read(bench, DATA), 'x');
	assert_false(bench->hv.line[BENCH_UART_IRQ]);
	close(end);
}

static void the_empty_transmitter_interrupts_once_when_asked(void **state)
{
	struct bench *bench = *state;

	uart_write(bench, IER, 2);
	assert_true(bench->hv.line[BENCH_UART_IRQ]);
	assert_int_equal(uart_read(bench, IIR) & 0xf, 2);
	assert_false(bench->hv.line[BENCH_UART_IRQ]);
	assert_int_equal(uart_read(bench, IIR) & 0xf, 1);
}

static void who_comes_late_is_shown_what_was_said(void **state)
{
	struct bench *bench = *state;
	char text[8] = {0};

	uart_write(bench, DATA, 'a');
	bench_work(bench);
	int end = attach(bench);
	assert_int_equal(read(end, text, sizeof(text)), 1);
	assert_string_equal(text, "a");
	close(end);
}

static void a_terminal_without_input_still_shows_output(void **state)
{
	struct bench *bench = *state;
	char text[4] = {0};
	int in = open("/dev/null", O_RDONLY), ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(bh_console_attach(&bench->consoles[0], in, ends[1]), 0);
	uart_write(bench, DATA, 'a');
	bench_work(bench);
	assert_int_equal(read(ends[0], text, sizeof(text)), 1);
	bench_finish(bench);
	close(in);
	close(ends[0]);
	close(ends[1]);
	bench_init(bench, true);
}

static void a_terminal_whose_input_ended_still_shows_output(void **state)
{
	struct bench *bench = *state;
	char text[4] = {0};
	int in[2], out[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(bh_console_attach(&bench->consoles[0], in[0], out[1]), 0);
	close(in[1]);
	bench_work(bench);
	uart_write(bench, DATA, 'a');
	bench_work(bench);
	assert_int_equal(read(out[0], text, sizeof(text)), 1);
	bench_finish(bench);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	bench_init(bench, true);
}

/* More than is kept is not lost: it stays in the socket until the guest takes some. */
static void input_is_bounded_and_complete(void **state)
{
	struct bench *bench = *state;
	char typed[4 * BH_CONSOLE_INPUT];
	int end = attach(bench);

	for (size_t i = 0; i < sizeof(typed); i++)
		typed[i] = (char)('a' + i % 26);
	assert_int_equal(write(end, typed, sizeof(typed)), sizeof(typed));
	for (size_t i = 0; i < sizeof(typed); i++) {
		bench_work(bench);
		assert_int_equal(uart_read(bench, DATA), typed[i]);
	}
	assert_int_equal(uart_read(bench, LSR) & 1, 0);
	close(end);
}

static void a_client_that_does_not_read_costs_nothing(void **state)
{
	struct bench *bench = *state;
	int end = attach(bench);

	for (unsigned i = 0; i < 1000000; i++)
		uart_write(bench, DATA, 'x');
	assert_true(bench->consoles[0].dropped > 0);
	close(end);
}

static uint64_t config(struct bench *bench, unsigned slot, unsigned offset, unsigned size)
{
	return bh_vm_read(&bench->vm, BENCH_PCI + (slot << 15) + offset, size);
}

static void set_config(struct bench *bench, unsigned slot, unsigned offset, unsigned size,
		       uint64_t value)
{
	bh_vm_write(&bench->vm, BENCH_PCI + (slot << 15) + offset, size, value);
}

static void an_empty_slot_reads_as_ones(void **state)
{
	assert_int_equal(config(*state, 0, 0, 4), UINT32_MAX);
	assert_int_equal(config(*state, 31, 0, 4), UINT32_MAX);
	/* Another function of a slot that has one. */
	assert_int_equal(
		bh_vm_read(&((struct bench *)*state)->vm, BENCH_PCI + (1 << 15) + 0x1000, 4),
		UINT32_MAX);
}

static void a_window_tells_its_size(void **state)
{
	set_config(*state, 1, 0x10, 4, UINT32_MAX);
	assert_int_equal(config(*state, 1, 0x10, 4), 0xffff8000);
	set_config(*state, 1, 0x14, 4, UINT32_MAX);
	assert_int_equal(config(*state, 1, 0x14, 4), 0);
}

static void identity_cannot_be_written(void **state)
{
	set_config(*state, 1, 0, 4, 0);
	assert_int_equal(config(*state, 1, 0, 4), 0x10421af4);
}

static void a_window_answers_where_the_guest_put_it(void **state)
{
	struct bench *bench = *state;
	uint64_t place = BENCH_PCI_WINDOW + 0x100000;

	set_config(bench, 1, 0x10, 4, place);
	assert_int_equal(bh_vm_read(&bench->vm, place + 0x12, 2), 0xffff);
	set_config(bench, 1, 4, 2, 2);
	assert_int_equal(bh_vm_read(&bench->vm, place + 0x12, 2), 1); /* one queue */
	set_config(bench, 1, 0x10, 4, place + 0x8000);
	assert_int_equal(bh_vm_read(&bench->vm, place + 0x12, 2), 0xffff);
	assert_int_equal(bh_vm_read(&bench->vm, place + 0x8012, 2), 1);
	set_config(bench, 1, 4, 2, 0);
	assert_int_equal(bench->hv.kick_count, 0);
}

static void a_window_cannot_be_put_over_anything_else(void **state)
{
	struct bench *bench = *state;

	set_config(bench, 1, 4, 2, 2);
	set_config(bench, 1, 0x10, 4, BENCH_UART);
	assert_int_equal(bench->hv.kick_count, 0);
	set_config(bench, 1, 0x10, 4, BENCH_RAM);
	assert_int_equal(bench->hv.kick_count, 0);
	/* Over another function's window. */
	set_config(bench, 1, 0x10, 4, BENCH_PCI_WINDOW);
	set_config(bench, 2, 4, 2, 2);
	size_t kicks = bench->hv.kick_count;
	set_config(bench, 2, 0x10, 4, BENCH_PCI_WINDOW);
	assert_int_equal(bench->hv.kick_count, kicks);
}

static void a_masked_message_waits_and_then_comes(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	const struct driver_part part = {BENCH_RAM + 0x200000, 8, true};
	uint64_t control;

	driver_init(&driver, bench, BENCH_RNG, 0);
	control = driver.registers + 0x4000 + 12;
	bh_vm_write(&bench->vm, control, 4, 1);
	driver_add(&driver, 0, &part, 1);
	bench_work(bench);
	assert_int_equal(driver_interrupts(&driver, 0), 0);
	assert_int_equal(bh_vm_read(&bench->vm, driver.registers + 0x5000, 8), 1);
	bh_vm_write(&bench->vm, control, 4, 0);
	assert_int_equal(driver_interrupts(&driver, 0), 1);
	assert_int_equal(bh_vm_read(&bench->vm, driver.registers + 0x5000, 8), 0);
}

static void the_window_is_reached_through_configuration_space_too(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	unsigned at = (unsigned)config(bench, 2, 0x34, 1);

	driver_find(&driver, bench, BENCH_RNG);
	while (config(bench, 2, at, 1) != 9 || config(bench, 2, at + 3, 1) != 5)
		at = (unsigned)config(bench, 2, at + 1, 1);
	set_config(bench, 2, at + 8, 4, 0x12);
	set_config(bench, 2, at + 12, 4, 2);
	assert_int_equal(config(bench, 2, at + 16, 2), 1);
}

static void what_happened_is_counted(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	struct bh_buf text = {0};

	driver_init(&driver, bench, BENCH_RNG, 0);
	driver_add(&driver, 0, &(struct driver_part){BENCH_RAM + 0x200000, 8, true}, 1);
	bench_work(bench);
	bh_vm_put_stats(&bench->vm, true, &text);
	assert_non_null(strstr(bh_buf_str(&text), "virtio.rng0.requests 1\n"));
	assert_non_null(strstr(bh_buf_str(&text), "virtio.rng0.interrupts 1\n"));
	bh_buf_finish(&text);
}

static void what_has_no_room_in_the_address_map_is_named(void **state)
{
	struct bench *bench = *state;
	struct bh_vm_host host = bench->vm.host;
	struct bh_diags diags = {0};
	struct bh_vm vm;

	bench->manifest.uart.registers.value = BENCH_PCI + 8;
	bh_vm_finish(&bench->vm);
	assert_false(bh_vm_init(&vm, &bench->manifest, &host, &bench->hv.hv, &diags));
	assert_string_equal(diags.items[0].code, "E1027");
	bh_diags_finish(&diags);
	assert_true(fake_hv_is_clean(&bench->hv));
	bench->manifest.uart.registers.value = BENCH_UART;
	for (unsigned i = 0; i < BENCH_DEVICES; i++)
		snprintf(bench->hosts[i], sizeof(bench->hosts[i]), "fd:%d",
			 i == BENCH_NET ? bench->network : bench->disk);
	assert_true(bh_vm_init(&bench->vm, &bench->manifest, &host, &bench->hv.hv, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobodys_addresses_read_as_ones),
		TEST(an_access_across_a_devices_end_is_nobodys),
		TEST(a_call_that_is_not_scmi_is_not_supported),
		TEST(the_uart_prints),
		TEST(what_is_typed_raises_the_uarts_line_until_it_is_read),
		TEST(the_empty_transmitter_interrupts_once_when_asked),
		TEST(who_comes_late_is_shown_what_was_said),
		TEST(a_terminal_without_input_still_shows_output),
		TEST(a_terminal_whose_input_ended_still_shows_output),
		TEST(input_is_bounded_and_complete),
		TEST(a_client_that_does_not_read_costs_nothing),
		TEST(an_empty_slot_reads_as_ones),
		TEST(a_window_tells_its_size),
		TEST(identity_cannot_be_written),
		TEST(a_window_answers_where_the_guest_put_it),
		TEST(a_window_cannot_be_put_over_anything_else),
		TEST(a_masked_message_waits_and_then_comes),
		TEST(the_window_is_reached_through_configuration_space_too),
		TEST(what_happened_is_counted),
		TEST(what_has_no_room_in_the_address_map_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
