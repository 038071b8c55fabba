/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include "base/map.h"
#include "base/range.h"
#include "base/str.h"
#include "config/forms.h"

#include <stdlib.h>
#include <string.h>

struct check {
	const struct bh_partition *p;
	struct bh_diags *diags;
};

static struct bh_diag *error_at(struct check *c, const char *code, struct bh_span span,
				const char *message)
{
	struct bh_diag *diag = bh_error(c->diags, code, "%s", message);

	bh_diag_at(diag, span);
	return diag;
}

/* The second place. The first diagnostic must be complete: adding moves them. */
static void note_at(struct check *c, const char *code, struct bh_span span, const char *text)
{
	bh_diag_at(bh_report(c->diags, BH_NOTE, code, "%s", text), span);
}

/* Says that two values must not be the same. */
static void used_twice(struct check *c, const char *what, const struct bh_config_text *again,
		       const struct bh_config_text *first)
{
	struct bh_diag *diag =
		bh_error(c->diags, "E0218", "the %s \"%s\" is used twice", what, again->value);

	bh_diag_at(diag, again->span);
	bh_diag_hint(diag, "choose another for one of them");
	note_at(c, "E0218", first->span, "it is first used here");
}

/* Remembers a text; reports it when it was there before. */
static void once(struct check *c, struct bh_map *seen, const char *what,
		 const struct bh_config_text *text)
{
	if (!text->value)
		return;
	const struct bh_config_text *first = bh_map_get(seen, text->value);
	if (first)
		used_twice(c, what, text, first);
	else
		bh_map_set(seen, text->value, (void *)text);
}

struct holder {
	const struct bh_config_vm *vm; /* NULL: the host */
	const struct bh_config_text *text;
};

static void device_taken(struct check *c, const struct bh_config_vm *vm,
			 const struct bh_config_text *device, const struct holder *holder)
{
	const char *code = holder->vm == vm ? "E0211" : holder->vm ? "E0210" : "E0212";
	struct bh_diag *diag;

	if (holder->vm == vm) {
		diag = bh_error(c->diags, code, "the device \"%s\" is listed twice", device->value);
		bh_diag_hint(diag, "remove one of them");
	} else if (holder->vm) {
		diag = bh_error(c->diags, code, "the device \"%s\" is given to %s and to %s",
				device->value, holder->vm->name.value, vm->name.value);
		bh_diag_cause(diag, "a device has one owner");
		bh_diag_hint(diag, "remove it from the `devices` of one of them");
	} else {
		diag = bh_error(c->diags, code, "the device \"%s\" is kept by the host",
				device->value);
		bh_diag_hint(diag, "remove it here, or from `keep` of [board]");
	}
	bh_diag_at(diag, device->span);
	note_at(c, code, holder->text->span, "the other place is here");
}

static void check_devices(struct check *c)
{
	struct bh_map holders;
	size_t count = c->p->board.keep.count, used = 0;

	for (size_t i = 0; i < c->p->vms.count; i++)
		count += c->p->vms.items[i].devices.count;
	struct holder *list = bh_alloc(count * sizeof(*list));
	bh_map_init(&holders);
	for (size_t i = 0; i < c->p->board.keep.count; i++) {
		const struct bh_config_text *kept = &c->p->board.keep.items[i];
		list[used] = (struct holder){NULL, kept};
		bh_map_set(&holders, kept->value, &list[used++]);
	}
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		for (size_t k = 0; k < vm->devices.count; k++) {
			const struct bh_config_text *device = &vm->devices.items[k];
			const struct holder *holder = bh_map_get(&holders, device->value);
			if (holder) {
				device_taken(c, vm, device, holder);
				continue;
			}
			list[used] = (struct holder){vm, device};
			bh_map_set(&holders, device->value, &list[used++]);
		}
	}
	bh_map_finish(&holders);
	free(list);
}

/* A name that should be one of `names`. */
static void unknown_name(struct check *c, const char *code, const struct bh_config_text *text,
			 const char *what, const char *header, const char *const *names,
			 size_t count)
{
	struct bh_diag *diag = bh_error(c->diags, code, "there is no %s \"%s\"", what, text->value);
	const char *near = bh_suggest(text->value, names, count);

	bh_diag_at(diag, text->span);
	if (near)
		bh_diag_hint(diag, "did you mean \"%s\"?", near);
	else
		bh_diag_hint(diag, "add a table [%s.%s]", header, text->value);
}

static void unknown_net(struct check *c, const struct bh_config_text *text)
{
	const char **names = bh_alloc(c->p->nets.count * sizeof(*names));

	for (size_t i = 0; i < c->p->nets.count; i++)
		names[i] = c->p->nets.items[i].name.value;
	unknown_name(c, "E0213", text, "network", "net", names, c->p->nets.count);
	free(names);
}

static void unknown_vm(struct check *c, const struct bh_config_text *text)
{
	const char **names = bh_alloc(c->p->vms.count * sizeof(*names));

	for (size_t i = 0; i < c->p->vms.count; i++)
		names[i] = c->p->vms.items[i].name.value;
	unknown_name(c, "E0214", text, "VM", "vm", names, c->p->vms.count);
	free(names);
}

static bool lists(const struct bh_config_texts *texts, const char *word)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (!strcmp(texts->items[i].value, word))
			return true;
	}
	return false;
}

static void check_address(struct check *c, const struct bh_config_nic *nic)
{
	const struct bh_config_net *net = bh_partition_net(c->p, nic->name.value);
	struct bh_cidr subnet, address;

	if (!net || !net->subnet.value || !nic->address.value ||
	    !bh_parse_cidr(net->subnet.value, &subnet) ||
	    !bh_parse_cidr(nic->address.value, &address) || bh_cidr_contains(&subnet, &address))
		return;
	struct bh_diag *diag = bh_error(c->diags, "E0217", "the address %s is not in %s",
					nic->address.value, net->subnet.value);
	bh_diag_at(diag, nic->address.span);
	bh_diag_hint(diag, "choose an address of the network \"%s\"", net->name.value);
	note_at(c, "E0217", net->subnet.span, "the network's addresses are given here");
}

/* "10.0.0.1" of "10.0.0.1/24", beside the network's name: two networks may use one address. */
static char *address_key(struct bh_arena *arena, const struct bh_config_nic *nic)
{
	return bh_arena_strf(arena, "%s %.*s", nic->name.value,
			     (int)strcspn(nic->address.value, "/"), nic->address.value);
}

static void check_nics(struct check *c)
{
	struct bh_map macs, addresses;
	struct bh_arena arena;

	bh_map_init(&macs);
	bh_map_init(&addresses);
	bh_arena_init(&arena);
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		for (size_t k = 0; k < vm->networks.count; k++) {
			if (!bh_partition_net(c->p, vm->networks.items[k].value))
				unknown_net(c, &vm->networks.items[k]);
		}
		for (size_t k = 0; k < vm->nics.count; k++) {
			const struct bh_config_nic *nic = &vm->nics.items[k];
			if (!lists(&vm->networks, nic->name.value)) {
				struct bh_diag *diag = bh_error(c->diags, "E0216",
								"%s is not on the network \"%s\"",
								vm->name.value, nic->name.value);
				bh_diag_at(diag, nic->name.span);
				bh_diag_hint(diag, "add it to the VM's `networks`");
			}
			check_address(c, nic);
			once(c, &macs, "MAC address", &nic->mac);
			if (!nic->address.value)
				continue;
			const char *key = address_key(&arena, nic);
			const struct bh_config_text *first = bh_map_get(&addresses, key);
			if (first)
				used_twice(c, "address", &nic->address, first);
			else
				bh_map_set(&addresses, key, (void *)&nic->address);
		}
	}
	bh_arena_finish(&arena);
	bh_map_finish(&addresses);
	bh_map_finish(&macs);
}

static void check_nets(struct check *c)
{
	for (size_t i = 0; i < c->p->nets.count; i++) {
		const struct bh_config_net *net = &c->p->nets.items[i];
		if (net->provider.value && !bh_partition_vm(c->p, net->provider.value))
			unknown_vm(c, &net->provider);
		if (net->kind.value == BH_NET_PASST && net->interface.value) {
			struct bh_diag *diag = error_at(c, "E0220", net->interface.span,
							"a passt network has no bridge to put an "
							"interface on");
			bh_diag_hint(diag, "remove `interface`, or choose kind = \"bridge\"");
		}
	}
}

enum { WHITE, GREY, BLACK };

/* Depth first over `after`; a VM met while it is still being looked at closes a circle. */
static void follow_after(struct check *c, size_t at, uint8_t *colours)
{
	const struct bh_config_vm *vm = &c->p->vms.items[at];

	colours[at] = GREY;
	for (size_t i = 0; i < vm->after.count; i++) {
		const struct bh_config_text *text = &vm->after.items[i];
		const struct bh_config_vm *next = bh_partition_vm(c->p, text->value);

		if (!next) {
			unknown_vm(c, text);
			continue;
		}
		size_t index = (size_t)(next - c->p->vms.items);
		if (colours[index] == GREY) {
			struct bh_diag *diag =
				bh_error(c->diags, "E0215", "%s waits for %s, which waits for %s",
					 vm->name.value, text->value,
					 index == at ? "itself" : vm->name.value);
			bh_diag_at(diag, text->span);
			bh_diag_hint(diag, "remove one `after` of the circle");
		} else if (colours[index] == WHITE) {
			follow_after(c, index, colours);
		}
	}
	colours[at] = BLACK;
}

static void check_order(struct check *c)
{
	uint8_t *colours = bh_alloc(c->p->vms.count);

	for (size_t i = 0; i < c->p->vms.count; i++) {
		if (colours[i] == WHITE)
			follow_after(c, i, colours);
	}
	free(colours);
}

/* Exactly one of two keys is written. */
static void one_of(struct check *c, struct bh_span table, const char *what,
		   const struct bh_config_text *a, const char *name_a,
		   const struct bh_config_text *b, const char *name_b)
{
	struct bh_diag *diag;

	if (!a->value == !b->value) {
		diag = bh_error(c->diags, "E0220",
				a->value ? "%s has both `%s` and `%s`"
					 : "%s has neither `%s` nor `%s`",
				what, name_a, name_b);
		bh_diag_at(diag, a->value ? b->span : table);
		bh_diag_hint(diag, "write one of them");
	}
}

struct image {
	const struct bh_config_text *path;
	bool readonly;
};

static void use_image(struct check *c, struct bh_map *images, struct image *image)
{
	if (!image->path->value)
		return;
	const struct image *first = bh_map_get(images, image->path->value);
	if (!first) {
		bh_map_set(images, image->path->value, image);
		return;
	}
	if (first->readonly && image->readonly)
		return;
	struct bh_diag *diag =
		bh_error(c->diags, "E0222", "the image %s is used twice, and written to",
			 image->path->value);
	bh_diag_at(diag, image->path->span);
	bh_diag_cause(diag, "two writers, or a reader of what is being written, see a broken file "
			    "system");
	bh_diag_hint(diag, "use a copy, or make all of its uses readonly");
	note_at(c, "E0222", first->path->span, "it is first used here");
}

static void check_disks(struct check *c)
{
	struct bh_map images;
	size_t count = 0, used = 0;

	for (size_t i = 0; i < c->p->vms.count; i++)
		count += c->p->vms.items[i].disks.count + 1;
	struct image *list = bh_alloc(count * sizeof(*list));
	bh_map_init(&images);
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		struct bh_map serials;

		bh_map_init(&serials);
		list[used] = (struct image){&vm->root, false};
		use_image(c, &images, &list[used++]);
		for (size_t k = 0; k < vm->disks.count; k++) {
			const struct bh_config_disk *disk = &vm->disks.items[k];
			one_of(c, disk->name.span, "the disk", &disk->path, "path", &disk->socket,
			       "socket");
			once(c, &serials, "serial number", &disk->serial);
			list[used] = (struct image){&disk->path, disk->readonly.value};
			use_image(c, &images, &list[used++]);
		}
		bh_map_finish(&serials);
	}
	bh_map_finish(&images);
	free(list);
}

static void check_shares(struct check *c)
{
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		struct bh_map tags;

		bh_map_init(&tags);
		for (size_t k = 0; k < vm->shares.count; k++) {
			const struct bh_config_share *share = &vm->shares.items[k];
			one_of(c, share->name.span, "the share", &share->path, "path",
			       &share->socket, "socket");
			once(c, &tags, "tag", &share->tag);
		}
		bh_map_finish(&tags);
		for (size_t k = 0; k < vm->usb.count; k++) {
			const struct bh_config_usb *rule = &vm->usb.items[k];
			if (rule->device.value || rule->class.value || rule->port.value)
				continue;
			struct bh_diag *diag = error_at(c, "E0220", rule->name.span,
							"the rule matches every USB device");
			bh_diag_hint(diag, "write `device`, `class` or `port`");
		}
	}
}

static void contradiction(struct check *c, struct bh_span at, struct bh_span other,
			  const char *message, const char *hint)
{
	bh_diag_hint(error_at(c, "E0221", at, message), "%s", hint);
	if (bh_given(other))
		note_at(c, "E0221", other, "the other value is here");
}

/* Pieces of memory end somewhere, and lie apart. */
static void check_ram(struct check *c)
{
	const struct bh_config_board *board = &c->p->board;

	for (size_t i = 0; i < board->ram.count; i++) {
		const struct bh_config_ram *ram = &board->ram.items[i];
		struct bh_range range, other;
		uint64_t base;

		if (!bh_parse_u64(ram->base.value, &base) ||
		    !bh_range_make(base, ram->size.value, &range)) {
			bh_diag_hint(error_at(c, "E0224", ram->base.span,
					      "this memory reaches beyond the last address"),
				     "look up where the board has memory");
			continue;
		}
		for (size_t j = 0; j < i; j++) {
			if (!bh_parse_u64(board->ram.items[j].base.value, &base) ||
			    !bh_range_make(base, board->ram.items[j].size.value, &other) ||
			    !bh_range_overlaps(range, other))
				continue;
			bh_diag_hint(error_at(c, "E0224", ram->base.span,
					      "two pieces of memory lie over each other"),
				     "look up where the board has memory");
			note_at(c, "E0224", board->ram.items[j].base.span, "the other is here");
		}
	}
}

static void check_values(struct check *c)
{
	struct bh_map cids;

	bh_map_init(&cids);
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		const struct bh_config_number *cid = &vm->vsock_cid;

		if (vm->balloon_floor.value > vm->memory.value)
			contradiction(c, vm->balloon_floor.span, vm->memory.span,
				      "balloon-floor is above memory", "lower it");
		if (vm->restart.delay.value > vm->restart.max_delay.value)
			contradiction(c,
				      bh_given(vm->restart.delay.span) ? vm->restart.delay.span
								       : vm->restart.max_delay.span,
				      bh_given(vm->restart.delay.span) ? vm->restart.max_delay.span
								       : vm->restart.delay.span,
				      "delay is above max-delay", "raise max-delay");
		if (vm->gic.value == BH_GIC_2 && vm->cpus.value > 8)
			contradiction(c, vm->cpus.span, vm->gic.span,
				      "a GICv2 serves at most 8 cpus", "use gic = \"3\"");
		if (bh_given(vm->vsock.span) && !vm->vsock.value &&
		    (cid->value || vm->ready.value == BH_READY_VSOCK))
			contradiction(c, vm->vsock.span, cid->value ? cid->span : vm->ready.span,
				      "vsock is off, and something needs it",
				      "remove vsock = false");
		if (!cid->value)
			continue;
		const struct bh_config_number *first = bh_map_get_u64(&cids, cid->value);
		if (first) {
			bh_diag_hint(error_at(c, "E0218", cid->span, "the vsock-cid is used twice"),
				     "choose another for one of them");
			note_at(c, "E0218", first->span, "it is first used here");
		} else {
			bh_map_set_u64(&cids, cid->value, (void *)cid);
		}
	}
	bh_map_finish(&cids);
}

/* A key of an override that has a meaning with one action only. */
static void needs(struct check *c, const struct bh_config_override *override, struct bh_span span,
		  const char *key, bool satisfied, const char *what)
{
	if (!bh_given(span) || satisfied)
		return;
	struct bh_diag *diag =
		bh_error(c->diags, "E0220", "`%s` means nothing without %s", key, what);
	bh_diag_at(diag, span);
	bh_diag_hint(diag, "add %s to the override of \"%s\", or remove `%s`", what,
		     override->name.value, key);
}

static void check_override(struct check *c, const struct bh_config_override *o)
{
	bool mediate = o->action.value == BH_ACTION_MEDIATE;

	needs(c, o, o->rate.span, "rate", o->action.value == BH_ACTION_SUBSTITUTE,
	      "action = \"substitute\"");
	needs(c, o, o->min_rate.span, "min-rate", mediate, "action = \"mediate\"");
	needs(c, o, o->max_rate.span, "max-rate", mediate, "action = \"mediate\"");
	needs(c, o, o->rights.span, "rights", mediate, "action = \"mediate\"");
	needs(c, o, o->cells.span, "cells", o->is.value == BH_OVERRIDE_REF, "is = \"ref\"");
	if (o->max_rate.value && o->min_rate.value > o->max_rate.value)
		contradiction(c, o->min_rate.span, o->max_rate.span, "min-rate is above max-rate",
			      "lower min-rate");
	if (o->action.value < 0 && o->is.value < 0 && !o->provider.value) {
		struct bh_diag *diag =
			error_at(c, "E0220", o->name.span, "the override changes nothing");
		bh_diag_hint(diag, "write `action`, `is` or `provider`");
	}
}

/* Other names may be parts of devices: the planner, which has the tree, will know. */
static void check_override_name(struct check *c, const struct bh_config_vm *vm,
				const struct bh_config_override_device *device)
{
	const char **names;
	const char *near;

	if (lists(&vm->devices, device->name.value))
		return;
	names = bh_alloc((vm->devices.count + 1) * sizeof(*names));
	for (size_t i = 0; i < vm->devices.count; i++)
		names[i] = vm->devices.items[i].value;
	near = bh_suggest(device->name.value, names, vm->devices.count);
	free(names);
	if (!near && vm->devices.count)
		return;
	struct bh_diag *diag =
		bh_warning(c->diags, "E0219", "%s overrides \"%s\", which is not in its `devices`",
			   vm->name.value, device->name.value);
	bh_diag_at(diag, device->name.span);
	if (near)
		bh_diag_hint(diag, "did you mean \"%s\"?", near);
	else
		bh_diag_hint(diag, "add the device to `devices`");
}

static void check_overrides(struct check *c)
{
	for (size_t i = 0; i < c->p->vms.count; i++) {
		const struct bh_config_vm *vm = &c->p->vms.items[i];
		for (size_t k = 0; k < vm->overrides.count; k++) {
			const struct bh_config_override_device *device = &vm->overrides.items[k];
			for (size_t n = 0; n < device->properties.count; n++)
				check_override(c, &device->properties.items[n]);
			check_override_name(c, vm, device);
		}
	}
}

static void check_any(struct check *c)
{
	if (c->p->vms.count || !c->p->files.count)
		return;
	struct bh_diag *diag = bh_warning(c->diags, "E0223", "the configuration has no VM");

	bh_diag_at(diag, (struct bh_span){.file = c->p->files.items[0]});
	bh_diag_hint(diag, "add a table [vm.NAME]");
}

void bh_partition_check(const struct bh_partition *partition, struct bh_diags *diags)
{
	static void (*const checks[])(struct check *) = {
		check_any,   check_devices, check_nics, check_nets,   check_order,
		check_disks, check_shares,  check_ram,  check_values, check_overrides,
	};
	struct check c = {partition, diags};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		checks[i](&c);
}
