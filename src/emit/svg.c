/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition as a drawing, in three columns: VMs with their devices on the left, what stands
 * between in the middle (the host: mediated, substituted, held), the providers on the right. One
 * line a device and kind of relation. Heights follow from the content, so nothing overlaps.
 */
#include "emit/emit.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MARGIN = 24,
	HEAD = 56, /* title above the columns */
	BOX = 300, /* width of a VM */
	LINKS = 250,
	PROVIDER = 280,
	ROW = 22,
	UNIT_HEAD = 24,
	PAD = 12,
	GAP = 18,
	PROVIDER_HEIGHT = 34,
	PROVIDER_GAP = 10,
};

/* What one unit asks of one provider, in one way. */
struct link {
	const struct bh_dt_node *provider;
	enum bh_action action;
	enum bh_ref_kind kind;
	size_t count;
	size_t unit; /* of all units drawn */
	int y;       /* where its line starts */
};

struct provider {
	const struct bh_dt_node *node;
	int y, height;
	size_t users;
	int wish; /* the mean height of its links */
};

struct drawing {
	const struct bh_plan *plan;
	struct bh_buf *out;
	struct link *links;
	size_t link_count, link_room;
	struct provider *providers;
	size_t provider_count, provider_room;
	int height;
};

static void add_escaped(struct bh_buf *out, const char *text, size_t most)
{
	size_t length = strlen(text);

	/* Long names keep their end, which tells more. */
	if (length > most) {
		bh_buf_adds(out, "\xe2\x80\xa6");
		text += length - most + 1;
		while ((*text & 0xc0) == 0x80)
			text++;
	}
	for (; *text; text++) {
		if (*text == '<')
			bh_buf_adds(out, "&lt;");
		else if (*text == '&')
			bh_buf_adds(out, "&amp;");
		else if (*text == '"')
			bh_buf_adds(out, "&quot;");
		else if ((unsigned char)*text >= ' ')
			bh_buf_addc(out, *text);
	}
}

static void add_text(struct drawing *d, int x, int y, const char *class, const char *text,
		     size_t most)
{
	bh_buf_addf(d->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	add_escaped(d->out, text, most);
	bh_buf_adds(d->out, "</text>\n");
}

static void add_box(struct drawing *d, int x, int y, int width, int height, const char *class)
{
	bh_buf_addf(d->out,
		    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"%s\"/>\n",
		    x, y, width, height, class);
}

/* Relations worth a line: what the host does for the device. */
static bool is_drawn(const struct bh_decision *decision)
{
	return decision->ref->state == BH_REF_OK && decision->ref->target &&
	       (decision->action == BH_ACTION_MEDIATE || decision->action == BH_ACTION_HOLD ||
		decision->action == BH_ACTION_SUBSTITUTE || decision->action == BH_ACTION_REFUSE) &&
	       decision->ref->kind != BH_REF_ASSIGNED_CLOCK &&
	       !bh_str_eq(decision->ref->prop->name, "interrupt-parent");
}

static void add_link(struct drawing *d, const struct bh_decision *decision, size_t unit)
{
	const struct bh_dt_node *provider = bh_dt_owner(decision->ref->target);
	struct link *link;

	for (size_t i = 0; i < d->link_count; i++) {
		link = &d->links[i];
		if (link->unit == unit && link->provider == provider &&
		    link->kind == (enum bh_ref_kind)decision->ref->kind &&
		    link->action == decision->action) {
			link->count++;
			return;
		}
	}
	bh_grow((void **)&d->links, &d->link_room, d->link_count + 1, sizeof(*d->links));
	d->links[d->link_count++] = (struct link){.provider = provider,
						  .action = decision->action,
						  .kind = (enum bh_ref_kind)decision->ref->kind,
						  .count = 1,
						  .unit = unit};
	for (size_t i = 0; i < d->provider_count; i++) {
		if (d->providers[i].node == provider) {
			d->providers[i].users++;
			return;
		}
	}
	bh_grow((void **)&d->providers, &d->provider_room, d->provider_count + 1,
		sizeof(*d->providers));
	d->providers[d->provider_count++] = (struct provider){.node = provider, .users = 1};
}

static void gather(struct drawing *d)
{
	size_t number = 0;

	for (size_t v = 0; v < d->plan->vm_count; v++) {
		const struct bh_plan_vm *vm = &d->plan->vms[v];

		for (size_t u = 0; u < vm->unit_count; u++, number++) {
			const struct bh_plan_unit *unit = &vm->units[u];

			for (size_t i = 0; i < unit->decision_count; i++) {
				const struct bh_decision *decision =
					&vm->decisions[unit->decision_start + i];
				if (is_drawn(decision))
					add_link(d, decision, number);
			}
		}
	}
}

static size_t links_of(const struct drawing *d, size_t unit)
{
	size_t count = 0;

	for (size_t i = 0; i < d->link_count; i++)
		count += d->links[i].unit == unit;
	return count;
}

static const char *action_class(enum bh_action action)
{
	switch (action) {
	case BH_ACTION_MEDIATE:
		return "mediate";
	case BH_ACTION_HOLD:
		return "hold";
	case BH_ACTION_REFUSE:
		return "refuse";
	default:
		return "substitute";
	}
}

static void draw_unit(struct drawing *d, const struct bh_plan_vm *vm,
		      const struct bh_plan_unit *unit, size_t number, int *y)
{
	size_t rows = links_of(d, number);
	int height = UNIT_HEAD + (rows ? (int)rows * ROW + 6 : 6);
	struct bh_buf name = {0}, fact = {0};
	int row = *y + UNIT_HEAD;

	add_box(d, MARGIN + PAD, *y, BOX - 2 * PAD, height,
		vm->refusal_count ? "unit bad" : "unit");
	bh_dt_add_short_name(&name, d->plan->survey->tree, unit->node);
	add_text(d, MARGIN + PAD + 8, *y + 16, "name", bh_buf_str(&name), 24);
	bh_buf_addf(&fact, "%s, dma %s", bh_class_name(unit->class), bh_dma_name(unit->dma));
	add_text(d, MARGIN + BOX - PAD - 8, *y + 16, "note end", bh_buf_str(&fact), 24);
	for (size_t i = 0; i < d->link_count; i++) {
		struct link *link = &d->links[i];

		if (link->unit != number)
			continue;
		bh_buf_clear(&fact);
		bh_buf_addf(&fact, "%zu %s%s", link->count, bh_ref_kind_name(link->kind),
			    link->count == 1 ? "" : "s");
		add_text(d, MARGIN + BOX - PAD - 8, row + 15, "end", bh_buf_str(&fact), 40);
		link->y = row + 11;
		row += ROW;
	}
	bh_buf_finish(&name);
	bh_buf_finish(&fact);
	*y += height + 8;
}

/* A PCI function has no references: its group is all that ties it. */
static void draw_function(struct drawing *d, const struct bh_plan_vm *vm,
			  const struct bh_pci_function *pci, int *y)
{
	struct bh_buf fact = {0};

	add_box(d, MARGIN + PAD, *y, BOX - 2 * PAD, UNIT_HEAD + 6,
		vm->refusal_count ? "unit bad" : "unit");
	add_text(d, MARGIN + PAD + 8, *y + 16, "name", pci->address, 24);
	bh_buf_adds(&fact, bh_pci_class_name(pci));
	if (pci->has_group)
		bh_buf_addf(&fact, ", group %" PRIu32, pci->group);
	add_text(d, MARGIN + BOX - PAD - 8, *y + 16, "note end", bh_buf_str(&fact), 30);
	bh_buf_finish(&fact);
	*y += UNIT_HEAD + 6 + 8;
}

static int draw_vm(struct drawing *d, const struct bh_plan_vm *vm, size_t *number, int y)
{
	struct bh_buf facts = {0};
	char size[16];
	int top = y;

	y += 44;
	for (size_t u = 0; u < vm->unit_count; u++, ++*number)
		if (vm->units[u].role != BH_ROLE_PROVIDER)
			y += UNIT_HEAD + 8 +
			     (links_of(d, *number) ? (int)links_of(d, *number) * ROW + 6 : 6);
	*number -= vm->unit_count;
	y += (int)vm->function_count * (UNIT_HEAD + 6 + 8);
	add_box(d, MARGIN, top, BOX, y - top + 4, vm->refusal_count ? "vm bad" : "vm");
	add_text(d, MARGIN + PAD, top + 20, "title", vm->config->name.value, 30);
	bh_format_size(vm->config->memory.value, size, sizeof(size));
	bh_buf_addf(&facts, "%" PRIu64 " cpu, %s%s", vm->config->cpus.value, size,
		    vm->layout.direct ? ", RAM at its host address" : "");
	add_text(d, MARGIN + PAD, top + 36, "note", bh_buf_str(&facts), 60);
	y = top + 44;
	for (size_t u = 0; u < vm->unit_count; u++, ++*number)
		if (vm->units[u].role != BH_ROLE_PROVIDER)
			draw_unit(d, vm, &vm->units[u], *number, &y);
	for (size_t f = 0; f < vm->function_count; f++)
		draw_function(d, vm, vm->functions[f].pci, &y);
	bh_buf_finish(&facts);
	return y + 4 + GAP;
}

static int by_wish(const void *a, const void *b)
{
	const struct provider *x = a, *y = b;

	if (x->wish != y->wish)
		return x->wish < y->wish ? -1 : 1;
	return x->node->index < y->node->index ? -1 : x->node->index > y->node->index;
}

/*
 * Each provider beside the mean height of its links. Where they would overlap they are pushed down,
 * and from the bottom up again as far as the drawing is high.
 */
static void place_providers(struct drawing *d)
{
	int top = HEAD + MARGIN, next = top, bottom;

	for (size_t p = 0; p < d->provider_count; p++) {
		struct provider *provider = &d->providers[p];
		int sum = 0, count = 0;

		for (size_t i = 0; i < d->link_count; i++) {
			if (d->links[i].provider == provider->node) {
				sum += d->links[i].y;
				count++;
			}
		}
		provider->height = PROVIDER_HEIGHT;
		provider->wish = count ? sum / count : 0;
	}
	if (d->provider_count)
		qsort(d->providers, d->provider_count, sizeof(*d->providers), by_wish);
	for (size_t p = 0; p < d->provider_count; p++) {
		struct provider *provider = &d->providers[p];

		provider->y = provider->wish - provider->height / 2;
		if (provider->y < next)
			provider->y = next;
		next = provider->y + provider->height + PROVIDER_GAP;
	}
	bottom = top + (int)d->provider_count * (PROVIDER_HEIGHT + PROVIDER_GAP);
	if (bottom > d->height)
		d->height = bottom;
	bottom = d->height - GAP;
	for (size_t p = d->provider_count; p-- > 0;) {
		struct provider *provider = &d->providers[p];

		if (provider->y + provider->height > bottom)
			provider->y = bottom - provider->height;
		bottom = provider->y - PROVIDER_GAP;
	}
}

static void draw_links(struct drawing *d)
{
	int left = MARGIN + BOX - PAD, right = MARGIN + BOX + LINKS;

	for (size_t p = 0; p < d->provider_count; p++) {
		const struct provider *provider = &d->providers[p];
		int slot = 0;

		for (size_t i = 0; i < d->link_count; i++) {
			const struct link *link = &d->links[i];
			int y;

			if (link->provider != provider->node)
				continue;
			y = provider->y + 6 +
			    (provider->height - 12) * (2 * slot++ + 1) / (2 * (int)provider->users);
			bh_buf_addf(d->out,
				    "<path d=\"M%d %d C%d %d %d %d %d %d\" class=\"link %s\"/>\n",
				    left, link->y, left + LINKS / 2, link->y, right - LINKS / 2, y,
				    right, y, action_class(link->action));
		}
	}
}

static void draw_providers(struct drawing *d)
{
	int x = MARGIN + BOX + LINKS;

	for (size_t p = 0; p < d->provider_count; p++) {
		const struct provider *provider = &d->providers[p];
		struct bh_buf name = {0};

		add_box(d, x, provider->y, PROVIDER, provider->height, "provider");
		bh_dt_add_short_name(&name, d->plan->survey->tree, provider->node);
		add_text(d, x + PAD, provider->y + 21, "name", bh_buf_str(&name), 26);
		if (bh_class_of(provider->node) != BH_CLASS_OTHER)
			add_text(d, x + PROVIDER - PAD, provider->y + 21, "note end",
				 bh_class_name(bh_class_of(provider->node)), 20);
		bh_buf_finish(&name);
	}
}

static void draw_legend(struct drawing *d)
{
	static const struct {
		const char *class, *text;
	} entries[] = {{"mediate", "mediated over SCMI"},
		       {"hold", "set or held by the host"},
		       {"substitute", "replaced by a fixed one"},
		       {"refuse", "refused"}};
	int x = MARGIN;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		bh_buf_addf(d->out, "<path d=\"M%d %d h28\" class=\"link %s\"/>\n", x,
			    d->height + 14, entries[i].class);
		add_text(d, x + 36, d->height + 18, "", entries[i].text, 40);
		x += 60 + 7 * (int)strlen(entries[i].text);
	}
}

static const char style[] =
	"<style>\n"
	"text{font:12px sans-serif;fill:#222}\n"
	".title{font-weight:bold;font-size:15px}.name{font-weight:bold}\n"
	".note{fill:#667}.end{text-anchor:end}\n"
	"rect{stroke-width:1.2}.vm{fill:#eef4fb;stroke:#4a78b0}.unit{fill:#fff;stroke:#8fb0d6}\n"
	".bad{stroke:#c0392b}.provider{fill:#f6f1e7;stroke:#b09a6a}\n"
	".link{fill:none;stroke-width:1.6}.mediate{stroke:#2e8b57}.hold{stroke:#8a7a4a;"
	"stroke-dasharray:5 3}\n"
	".substitute{stroke:#4a78b0;stroke-dasharray:2 3}.refuse{stroke:#c0392b}\n"
	"</style>\n";

void bh_emit_svg(struct bh_buf *svg, const struct bh_plan *plan)
{
	struct bh_buf body = {0};
	struct drawing d = {.plan = plan, .out = &body};
	int width = 2 * MARGIN + BOX + LINKS + PROVIDER, y = HEAD + MARGIN;
	size_t number = 0;

	gather(&d);
	for (size_t v = 0; v < plan->vm_count; v++)
		y = draw_vm(&d, &plan->vms[v], &number, y);
	d.height = y;
	place_providers(&d);
	draw_links(&d);
	draw_providers(&d);
	draw_legend(&d);
	add_text(&d, MARGIN, 30, "title", plan->survey->board->name, 60);
	add_text(&d, MARGIN, 50, "note", "virtual machines and their devices", 60);
	add_text(&d, MARGIN + BOX + LINKS, 50, "note", "the host keeps", 60);
	bh_buf_addf(svg,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		    "viewBox=\"0 0 %d %d\">\n%s<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		    width, d.height + 36, width, d.height + 36, style, width, d.height + 36);
	bh_buf_add(svg, body.data ? body.data : "", body.length);
	bh_buf_adds(svg, "</svg>\n");
	bh_buf_finish(&body);
	free(d.links);
	free(d.providers);
}
