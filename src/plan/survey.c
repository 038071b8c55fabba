/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/survey.h"

#include "plan/snapshot.h"

#include "base/map.h"
#include "base/str.h"
#include "dt/cells.h"
#include "dt/fingerprint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IRQ_BUCKETS 1024u

struct bh_ruled {
	struct bh_rule_set rules;
	struct bh_map known; /* by the address of a property's name */
};

bool bh_survey_is_bus(const struct bh_dt_node *node)
{
	static const char *const buses[] = {"simple-bus", "simple-pm-bus", "arm,amba-bus",
					    "linux,dummy-virt"};

	if (!node->parent)
		return true;
	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (bh_dt_is_compatible(node, buses[i]))
			return true;
	return false;
}

/* Kinds whose users are the same when target and specifier are. */
static bool is_shared_kind(uint8_t kind)
{
	switch (kind) {
	case BH_REF_CLOCK:
	case BH_REF_RESET:
	case BH_REF_POWER_DOMAIN:
	case BH_REF_REGULATOR:
	case BH_REF_PHY:
	case BH_REF_GPIO:
	case BH_REF_MAILBOX:
	case BH_REF_DMA:
		return true;
	default:
		return false;
	}
}

/* How many cells of the specifier say which thing it is; the rest are flags. */
static uint32_t selector_cells(const struct bh_ref *ref)
{
	if (ref->kind == BH_REF_GPIO && ref->arg_count > 1)
		return ref->arg_count - 1u;
	return ref->arg_count;
}

static uint32_t use_hash(const struct bh_ref *ref)
{
	uint32_t hash = 2166136261u ^ ref->kind;

	hash = (hash ^ ref->target->index) * 16777619u;
	for (uint32_t i = 0, n = selector_cells(ref); i < n; i++)
		hash = (hash ^ bh_ref_arg(ref, i)) * 16777619u;
	return hash ^ hash >> 15;
}

static bool same_use(const struct bh_ref *a, const struct bh_ref *b)
{
	if (a->kind != b->kind || a->target != b->target || a->arg_count != b->arg_count)
		return false;
	for (uint32_t i = 0, n = selector_cells(a); i < n; i++)
		if (bh_ref_arg(a, i) != bh_ref_arg(b, i))
			return false;
	return true;
}

static void index_uses(struct bh_survey *s)
{
	const struct bh_refs *refs = s->refs;
	size_t room = 64;

	while (room < refs->count)
		room *= 2;
	s->use_mask = (uint32_t)(room - 1);
	s->use_heads = bh_arena_alloc(&s->arena, room * sizeof(*s->use_heads));
	s->use_next = bh_arena_alloc(&s->arena, (refs->count + 1) * sizeof(*s->use_next));
	/* From the end, so that chains run in document order. */
	for (size_t i = refs->count; i-- > 0;) {
		const struct bh_ref *ref = &refs->items[i];

		if (ref->state != BH_REF_OK || !is_shared_kind(ref->kind) ||
		    !s->nodes[ref->from->index].enabled)
			continue;
		uint32_t slot = use_hash(ref) & s->use_mask;
		s->use_next[i] = s->use_heads[slot];
		s->use_heads[slot] = (uint32_t)i + 1;
	}
}

const struct bh_ref *bh_survey_same(const struct bh_survey *s, const struct bh_ref *ref,
				    const struct bh_ref *prev)
{
	uint32_t at;

	if (ref->state != BH_REF_OK || !is_shared_kind(ref->kind))
		return NULL;
	at = prev ? s->use_next[prev - s->refs->items] : s->use_heads[use_hash(ref) & s->use_mask];
	for (; at; at = s->use_next[at - 1]) {
		const struct bh_ref *other = &s->refs->items[at - 1];

		if (other != ref && same_use(ref, other))
			return other;
	}
	return NULL;
}

/* Exact names in a map, patterns in a short list. */
struct never_index {
	struct bh_map exact;
	const struct bh_board_never *patterns[32];
	size_t pattern_count;
};

static void index_never(struct never_index *index, const struct bh_board *board)
{
	bh_map_init(&index->exact);
	index->pattern_count = 0;
	for (size_t i = 0; i < board->never_count; i++) {
		struct bh_board_never *n = &board->never[i];

		if (!n->compatible)
			continue;
		if (!strpbrk(n->compatible, "*#"))
			bh_map_set(&index->exact, n->compatible, n);
		else if (index->pattern_count < 32)
			index->patterns[index->pattern_count++] = n;
	}
}

static enum bh_never never_of(const struct never_index *index, const struct bh_dt_node *node)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "compatible");
	const char *text;

	if (bh_dt_is_gic(node) || bh_dt_has(node, "#iommu-cells"))
		return BH_NEVER_CORE;
	for (uint32_t i = 0; (text = bh_dt_string_at(prop, i)); i++) {
		const struct bh_board_never *n = bh_map_get(&index->exact, text);

		for (size_t p = 0; !n && p < index->pattern_count; p++)
			if (bh_dt_rule_matches(index->patterns[p]->compatible, text))
				n = index->patterns[p];
		if (n)
			return n->why;
	}
	return BH_NEVER_NO;
}

/* A node at which addresses of memory, not of a device, lie. */
static bool is_memory(const struct bh_dt_node *node)
{
	return bh_str_eq(bh_dt_string(node, "device_type"), "memory");
}

static bool is_container(const struct bh_dt_node *node)
{
	static const char *const names[] = {"cpus",    "reserved-memory", "aliases", "chosen",
					    "options", "__symbols__",     "memory"};
	size_t length = bh_dt_base_name_length(node);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], node->name, length))
			return true;
	return false;
}

static void mark_nodes(struct bh_survey *s)
{
	struct never_index index;

	index_never(&index, s->board);
	bh_dt_for_each(node, s->tree->root)
	{
		struct bh_survey_node *n = &s->nodes[node->index];
		const struct bh_survey_node *parent =
			node->parent ? &s->nodes[node->parent->index] : NULL;

		n->enabled = (!parent || parent->enabled) && bh_dt_says_okay(node);
		if (parent && parent->unit) {
			n->unit = parent->unit;
		} else if (node->depth == 1 && is_container(node)) {
			n->unit = NULL;
		} else if (parent && parent->never == BH_NEVER_COUNT) {
			n->unit = NULL;
		} else if (bh_dt_has(node, "compatible") && !bh_survey_is_bus(node)) {
			n->unit = node;
		}
		/* Inside a container nothing is a device; the mark goes down with the walk. */
		if ((node->depth == 1 && is_container(node)) ||
		    (parent && parent->never == BH_NEVER_COUNT))
			n->never = BH_NEVER_COUNT;
		if (!n->unit || !n->enabled || !bh_dt_has(node, "compatible"))
			continue;
		enum bh_never why = never_of(&index, node);
		if (why) {
			n->never = (uint8_t)why;
			if (!s->nodes[n->unit->index].never)
				s->nodes[n->unit->index].never = (uint8_t)why;
		}
	}
	bh_map_finish(&index.exact);
}

/* Devices that the board's data or the tree's /chosen names. */
static void mark_named(struct bh_survey *s)
{
	const struct bh_dt_node *node = bh_dt_stdout(s->tree);

	if (node && s->nodes[node->index].unit)
		s->nodes[s->nodes[node->index].unit->index].never = BH_NEVER_CONSOLE;
	for (size_t i = 0; i < s->board->never_count; i++) {
		const struct bh_board_never *n = &s->board->never[i];

		if (!n->device)
			continue;
		/* Board data serves several trees of a board: a device one lacks is no error. */
		node = bh_dt_resolve(s->tree, n->device, NULL, NULL);
		if (node && s->nodes[node->index].unit)
			s->nodes[s->nodes[node->index].unit->index].never = (uint8_t)n->why;
	}
}

static int by_base(const void *a, const void *b)
{
	const struct bh_survey_window *x = a, *y = b;

	if (x->range.base != y->range.base)
		return x->range.base < y->range.base ? -1 : 1;
	return x->node->index < y->node->index ? -1 : x->node->index > y->node->index;
}

static void gather_windows(struct bh_survey *s)
{
	struct bh_survey_window *list = NULL;
	size_t count = 0, room = 0;

	bh_dt_for_each(node, s->tree->root)
	{
		struct bh_survey_node *n = &s->nodes[node->index];

		if (!n->unit || !n->enabled || is_memory(node) || !bh_dt_has(node, "compatible"))
			continue;
		for (uint32_t i = 0, regs = bh_dt_reg_count(node); i < regs; i++) {
			struct bh_range range;

			if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size)
				continue;
			bh_grow((void **)&list, &room, count + 1, sizeof(*list));
			list[count++] =
				(struct bh_survey_window){.range = range, .node = node, .index = i};
			n->addressed = 1;
			s->nodes[n->unit->index].parts = 1;
		}
	}
	if (count)
		qsort(list, count, sizeof(*list), by_base);
	for (size_t i = 0; i < count; i++) {
		list[i].reach = bh_range_last(list[i].range);
		if (i && list[i - 1].reach > list[i].reach)
			list[i].reach = list[i - 1].reach;
	}
	s->windows = bh_arena_copy(&s->arena, list, count * sizeof(*list));
	s->window_count = count;
	free(list);
}

const struct bh_survey_window *bh_survey_overlap(const struct bh_survey *s, struct bh_range range,
						 size_t *at)
{
	size_t low = 0, high = s->window_count;

	if (!range.size)
		return NULL;
	/* `reach` grows with the position: the first window that reaches the range. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->windows[middle].reach < range.base)
			low = middle + 1;
		else
			high = middle;
	}
	if (*at < low)
		*at = low;
	for (; *at < s->window_count && s->windows[*at].range.base <= bh_range_last(range); ++*at)
		if (bh_range_overlaps(s->windows[*at].range, range))
			return &s->windows[(*at)++];
	return NULL;
}

static void gather_irqs(struct bh_survey *s)
{
	struct bh_survey_irq *list = NULL;
	size_t count = 1, room = 0;

	s->irq_heads = bh_arena_alloc(&s->arena, IRQ_BUCKETS * sizeof(*s->irq_heads));
	bh_grow((void **)&list, &room, 1, sizeof(*list));
	memset(list, 0, sizeof(*list));
	bh_dt_for_each(node, s->tree->root)
	{
		const struct bh_survey_node *n = &s->nodes[node->index];
		struct bh_dt_irq irq;

		if (!n->unit || !n->enabled ||
		    (!bh_dt_has(node, "interrupts") && !bh_dt_has(node, "interrupts-extended")))
			continue;
		for (uint32_t i = 0, irqs = bh_dt_irq_count(s->tree, node); i < irqs; i++) {
			if (!bh_dt_irq(s->tree, node, i, &irq) || !bh_dt_irq_is_gic(&irq))
				continue;
			bh_grow((void **)&list, &room, count + 1, sizeof(*list));
			list[count] = (struct bh_survey_irq){
				.intid = irq.intid,
				.node = node,
				.next = s->irq_heads[irq.intid % IRQ_BUCKETS]};
			s->irq_heads[irq.intid % IRQ_BUCKETS] = (uint32_t)count++;
		}
	}
	s->irqs = bh_arena_copy(&s->arena, list, count * sizeof(*list));
	s->irq_count = count;
	free(list);
}

const struct bh_survey_irq *bh_survey_irq_users(const struct bh_survey *s, uint32_t intid,
						const struct bh_survey_irq *prev)
{
	uint32_t at = prev ? prev->next : s->irq_heads[intid % IRQ_BUCKETS];

	for (; at; at = s->irqs[at].next)
		if (s->irqs[at].intid == intid)
			return &s->irqs[at];
	return NULL;
}

/* What the host's snapshot says of each device: its IOMMU group, its power domains. */
static void gather_from_host(struct bh_survey *s)
{
	struct bh_survey_domain *list = NULL;
	size_t count = 0, room = 0;

	if (!s->snapshot)
		return;
	bh_dt_for_each(node, s->tree->root)
	{
		struct bh_buf name = {0};
		const char *domain;
		uint32_t group;

		if (!s->nodes[node->index].addressed)
			continue;
		bh_survey_add_device_name(&name, s, node);
		if (bh_snapshot_group(s->snapshot, bh_buf_str(&name), &group) && group < UINT32_MAX)
			s->nodes[node->index].group = group + 1;
		if (bh_snapshot_is_root(s->snapshot, bh_buf_str(&name)) &&
		    s->nodes[node->index].unit)
			s->nodes[s->nodes[node->index].unit->index].never = BH_NEVER_STORAGE;
		for (uint32_t i = 0;
		     (domain = bh_snapshot_domain(s->snapshot, bh_buf_str(&name), i)); i++) {
			bh_grow((void **)&list, &room, count + 1, sizeof(*list));
			list[count++] =
				(struct bh_survey_domain){.node = node, .index = i, .name = domain};
		}
		bh_buf_finish(&name);
	}
	s->domains = bh_arena_copy(&s->arena, list, count * sizeof(*list));
	s->domain_count = count;
	free(list);
}

static int by_range_base(const void *a, const void *b)
{
	const struct bh_range *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

static void gather_memory(struct bh_survey *s)
{
	struct bh_range *list = NULL;
	size_t count = 0, room = 0;

	for (const struct bh_dt_node *node = s->tree->root->child; node; node = node->next) {
		if (!is_memory(node))
			continue;
		for (uint32_t i = 0, regs = bh_dt_reg_count(node); i < regs; i++) {
			struct bh_range range;

			if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size)
				continue;
			bh_grow((void **)&list, &room, count + 1, sizeof(*list));
			list[count++] = range;
		}
	}
	if (count)
		qsort(list, count, sizeof(*list), by_range_base);
	s->memory = bh_arena_copy(&s->arena, list, count * sizeof(*list));
	s->memory_count = count;
	free(list);
}

void bh_survey_set_pci(struct bh_survey *s, const struct bh_pci *pci)
{
	s->pci = pci;
	s->function_kept = bh_arena_alloc(&s->arena, (pci->count + 1) * sizeof(*s->function_kept));
}

void bh_survey_set_usb(struct bh_survey *s, const struct bh_usb *usb)
{
	s->usb = usb;
}

void bh_survey_set_memory(struct bh_survey *s, const struct bh_range *list, size_t count)
{
	s->memory = bh_arena_copy(&s->arena, list, count * sizeof(*list));
	s->memory_count = count;
	s->memory_given = true;
	qsort(s->memory, count, sizeof(*s->memory), by_range_base);
}

void bh_survey_init(struct bh_survey *s, const struct bh_dt *tree, const struct bh_refs *refs,
		    const struct bh_board *board, const struct bh_snapshot *snapshot)
{
	*s = (struct bh_survey){.tree = tree, .refs = refs, .board = board, .snapshot = snapshot};
	bh_arena_init(&s->arena);
	s->nodes = bh_arena_alloc(&s->arena, tree->slots * sizeof(*s->nodes));
	assert(s->nodes);
	mark_nodes(s);
	mark_named(s);
	gather_windows(s);
	gather_irqs(s);
	gather_memory(s);
	gather_from_host(s);
	index_uses(s);
	s->fingerprint = bh_dt_fingerprint(tree);
}

void bh_survey_finish(struct bh_survey *s)
{
	if (s->ruled) {
		bh_map_finish(&s->ruled->known);
		bh_rule_set_finish(&s->ruled->rules);
	}
	bh_arena_finish(&s->arena);
	memset(s, 0, sizeof(*s));
}

bool bh_survey_is_ruled(const struct bh_survey *s, const struct bh_dt_prop *prop)
{
	static const struct bh_dt_rule none;
	const struct bh_dt_rule *rule;

	if (!s->ruled) {
		/* Asked for only when something is printed: filled on first use, like the tree's
		 * own tables. */
		struct bh_survey *filled = (struct bh_survey *)s;

		filled->ruled = bh_arena_alloc(&filled->arena, sizeof(*filled->ruled));
		bh_map_init(&filled->ruled->known);
		bh_rule_set_init(&filled->ruled->rules, NULL, 0);
	}
	/* Names are interned: their addresses are as good as they are, and faster. */
	rule = bh_map_get_u64(&s->ruled->known, (uintptr_t)prop->name);
	if (!rule) {
		rule = bh_rule_set_find(&s->ruled->rules, prop->name);
		if (!rule || rule->shape == BH_SHAPE_SCALAR || (rule->flags & BH_RULE_AMBIGUOUS))
			rule = &none;
		bh_map_set_u64(&s->ruled->known, (uintptr_t)prop->name, (void *)(uintptr_t)rule);
	}
	return rule != &none;
}

/* As the kernel's of_device_make_bus_id(): the address where there is one, else the path's names.
 */
void bh_survey_add_device_name(struct bh_buf *buf, const struct bh_survey *s,
			       const struct bh_dt_node *node)
{
	const struct bh_dt_node *chain[BH_DT_DEPTH_MAX + 1];
	size_t depth = 0;
	struct bh_range range;

	(void)s;
	for (; node->parent; node = node->parent) {
		if (bh_dt_reg_cpu(node, 0, &range) == BH_DT_OK) {
			bh_buf_addf(buf, "%llx.%.*s", (unsigned long long)range.base,
				    (int)bh_dt_base_name_length(node), node->name);
			break;
		}
		chain[depth++] = node;
	}
	/* Innermost last: "parent:child". */
	bool first = !node->parent;
	while (depth--) {
		if (!first)
			bh_buf_addc(buf, ':');
		bh_buf_adds(buf, chain[depth]->name);
		first = false;
	}
}

const char *bh_survey_pin(const struct bh_survey *s, const struct bh_dt_node *node, size_t n)
{
	struct bh_buf name = {0};
	const char *pin;

	if (!s->snapshot)
		return NULL;
	bh_survey_add_device_name(&name, s, node);
	pin = bh_snapshot_pin(s->snapshot, bh_buf_str(&name), n);
	bh_buf_finish(&name);
	return pin;
}
