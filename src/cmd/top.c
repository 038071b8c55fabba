/* SPDX-License-Identifier: Apache-2.0 */
/* top: VMs side by side, again and again. */
#include "cmd/report.h"
#include "cmd/verb.h"
#include "cmd/view.h"
#include "host/run.h"

#include "base/alloc.h"
#include "base/str.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What one VM had counted when it was looked at before. */
struct before {
	char vm[64];
	pid_t vmm;
	uint64_t ticks, exits, requests;
};

struct screen {
	const char *run;
	struct before *befores;
	size_t count, room;
	double seconds; /* since then; 0: there is no before */
	bool json;
	uint64_t taken;
	json_t *vms;
};

struct rates {
	double cpu, exits, requests;
};

static struct before *find_before(struct screen *screen, const char *vm)
{
	for (size_t i = 0; i < screen->count; i++) {
		if (!strcmp(screen->befores[i].vm, vm))
			return &screen->befores[i];
	}
	bh_grow((void **)&screen->befores, &screen->room, screen->count + 1,
		sizeof(*screen->befores));
	struct before *before = &screen->befores[screen->count++];
	memset(before, 0, sizeof(*before));
	snprintf(before->vm, sizeof(before->vm), "%s", vm);
	return before;
}

static uint64_t count_requests(const struct bh_view *view)
{
	uint64_t total = 0, value;

	for (size_t i = 0; i < view->facts.count; i++) {
		if (bh_str_starts(view->facts.items[i].key, "virtio.") &&
		    bh_str_ends(view->facts.items[i].key, ".requests") &&
		    bh_parse_u64(view->facts.items[i].value, &value))
			total += value;
	}
	return total;
}

/* What happened since the last look, in a second; a VM that was started since then begins at 0. */
static struct rates rates_of(struct screen *screen, const struct bh_view *view)
{
	struct before *before = find_before(screen, view->vm);
	uint64_t exits = 0, requests = count_requests(view);
	struct rates rates = {0, 0, 0};

	bh_parse_u64(bh_fact(&view->facts, "exits", ""), &exits);
	if (screen->seconds > 0 && before->vmm == view->state.vmm && view->state.vmm &&
	    view->ticks >= before->ticks && exits >= before->exits && requests >= before->requests)
		rates = (struct rates){
			.cpu = 100.0 * (double)(view->ticks - before->ticks) /
			       (double)sysconf(_SC_CLK_TCK) / screen->seconds,
			.exits = (double)(exits - before->exits) / screen->seconds,
			.requests = (double)(requests - before->requests) / screen->seconds,
		};
	before->vmm = view->state.vmm;
	before->ticks = view->ticks;
	before->exits = exits;
	before->requests = requests;
	return rates;
}

static void put(struct bh_buf *out, uint64_t bytes)
{
	char size[16];

	bh_format_size(bytes & ~UINT64_C(1023), size, sizeof(size));
	bh_buf_addf(out, " %8s", size);
}

static void put_row(struct bh_buf *out, const struct bh_view *view, const struct rates *rates)
{
	bh_buf_addf(out, "%-16.16s %-9s %-5s %6.1f", view->vm, bh_view_phase(view),
		    view->state.ready ? "yes" : "no", rates->cpu);
	put(out, view->memory.guest);
	put(out, view->memory.resident);
	put(out, bh_vm_memory_taken(&view->memory) - view->memory.resident);
	bh_buf_addf(out, " %9.0f %9.0f %8" PRIu64 " %7" PRIu64 "\n", rates->exits, rates->requests,
		    view->state.restarts, bh_view_sum(view, "scmi.refused"));
}

static json_t *row_json(const struct bh_view *view, const struct rates *rates)
{
	return json_pack("{sssssbsfsfsfsIsIsIsIsI}", "vm", view->vm, "state", bh_view_phase(view),
			 "ready", view->state.ready, "cpu", rates->cpu, "exits", rates->exits,
			 "requests", rates->requests, "guest", (json_int_t)view->memory.guest,
			 "resident", (json_int_t)view->memory.resident, "overhead",
			 (json_int_t)(bh_vm_memory_taken(&view->memory) - view->memory.resident),
			 "restarts", (json_int_t)view->state.restarts, "refused",
			 (json_int_t)bh_view_sum(view, "scmi.refused"));
}

/* One look at all VMs, as text or into the screen's JSON. */
static void look(struct screen *screen, struct bh_buf *out)
{
	struct bh_names names;

	screen->taken = 0;
	screen->vms = json_array();
	bh_vm_names(screen->run, &names);
	bh_buf_addf(out, "%-16s %-9s %-5s %6s %8s %8s %8s %9s %9s %8s %7s\n", "VM", "STATE",
		    "READY", "CPU%", "MEMORY", "IN USE", "OVERHEAD", "EXITS/s", "REQS/s",
		    "RESTARTS", "REFUSED");
	for (size_t i = 0; i < names.count; i++) {
		struct bh_view view;

		bh_view_look(&view, screen->run, names.items[i]);
		struct rates rates = rates_of(screen, &view);
		put_row(out, &view, &rates);
		json_array_append_new(screen->vms, row_json(&view, &rates));
		screen->taken += bh_vm_memory_taken(&view.memory);
		bh_view_finish(&view);
	}
	bh_buf_addf(out, "%zu VMs, memory taken:", names.count);
	put(out, screen->taken);
	bh_buf_addc(out, '\n');
	bh_names_finish(&names);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void show(struct screen *screen, bool terminal)
{
	struct bh_buf text;

	bh_buf_init(&text);
	look(screen, &text);
	if (screen->json) {
		bh_print_json("bulkhead.top/1", json_pack("{sOsI}", "vms", screen->vms, "taken",
							  (json_int_t)screen->taken));
	} else {
		/* Home, each line cleared to its end, then what is below. */
		if (terminal)
			fputs("\033[H", stdout);
		for (const char *at = bh_buf_str(&text); *at; at++) {
			if (terminal && *at == '\n')
				fputs("\033[K", stdout);
			putchar(*at);
		}
		if (terminal)
			fputs("\033[J", stdout);
	}
	fflush(stdout);
	json_decref(screen->vms);
	bh_buf_finish(&text);
}

/* Waits for the next look; false when a key ends it. */
static bool wait_key(int milliseconds, bool terminal)
{
	struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	if (!terminal) {
		poll(NULL, 0, milliseconds);
		return true;
	}
	if (poll(&key, 1, milliseconds) <= 0)
		return true;
	return read(STDIN_FILENO, &byte, 1) == 1 && byte != 'q' && byte != 3;
}

static void show_again_and_again(struct screen *screen, uint64_t times, int milliseconds,
				 bool terminal)
{
	struct termios before, keys;
	bool has_keys = terminal && !tcgetattr(STDIN_FILENO, &before);

	if (has_keys) {
		keys = before;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
		tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	}
	if (terminal)
		fputs("\033[?1049h\033[?25l", stdout);
	double last = now();
	for (uint64_t i = 0; !times || i < times; i++) {
		show(screen, terminal);
		if ((times && i + 1 == times) || !wait_key(milliseconds, has_keys))
			break;
		screen->seconds = now() - last;
		last += screen->seconds;
	}
	if (terminal)
		fputs("\033[?25h\033[?1049l", stdout);
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static bool read_number(const struct bh_args *args, const char *name, const char *otherwise,
			uint64_t *value)
{
	if (bh_parse_u64(bh_arg(args, name, otherwise), value) && *value <= 1000000)
		return true;
	fprintf(stderr, "bulkhead top: --%s takes a number\n", name);
	return false;
}

static int run_top(const struct bh_args *args)
{
	struct screen screen = {.json = args->json};
	bool terminal = !args->json && !bh_switch(args, "batch") && isatty(STDOUT_FILENO);
	uint64_t times, milliseconds;

	if (!read_number(args, "times", args->json ? "1" : "0", &times) ||
	    !read_number(args, "delay", "2000", &milliseconds))
		return BH_EXIT_USAGE;
	char *run = bh_run_path();
	screen.run = run;
	show_again_and_again(&screen, times, milliseconds ? (int)milliseconds : 1, terminal);
	free(screen.befores);
	free(run);
	return BH_EXIT_OK;
}

const struct bh_verb bh_verb_top = {
	.name = "top",
	.summary = "Watch what VMs use: processor, memory, exits, requests",
	.description = "A screen of all VMs, drawn again every two seconds; q leaves it. CPU% is "
		       "that of the "
		       "VM's monitor, in which its processors run: 100 is one processor of the "
		       "host. MEMORY is "
		       "the guest's, IN USE what the host has given of it, OVERHEAD what monitor "
		       "and launcher "
		       "need beside it. EXITS and REQUESTS are counted since the last look, so the "
		       "first shows "
		       "none.",
	.options =
		(const struct bh_option[]){
			{.name = "batch", .letter = 'b', .help = "Plain lines, not a screen"},
			{.name = "times",
			 .letter = 'n',
			 .argument = "N",
			 .help = "Look so often, then end (for ever; with --json once)"},
			{.name = "delay",
			 .letter = 'd',
			 .argument = "MS",
			 .help = "Milliseconds between two looks (2000)"},
			{.name = NULL}},
	.json = true,
	.run = run_top,
};
