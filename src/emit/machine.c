/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual machine of a VM, from its plan and configuration: what the manifest says. */
#include "emit/emit.h"

#include "base/str.h"
#include "dt/cells.h"
#include "machine/check.h"
#include "machine/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct maker {
	struct bh_manifest *m;
	struct bh_arena *arena;
	const struct bh_plan *plan;
	const struct bh_plan_vm *vm;
	const struct bh_partition *partition;
	struct bh_diags *diags;
	size_t index; /* of the VM */
	bool pci;
	uint32_t slot, last_slot; /* PCI: the last that virtio has, and may have */
};

/* FNV-1a: the same name gives the same address on every host and after every reboot. */
static uint64_t hash_of(const char *a, const char *b, const char *c)
{
	uint64_t hash = 14695981039346656037ull;
	const char *parts[] = {a, b, c};

	for (size_t p = 0; p < 3; p++)
		for (const char *at = parts[p]; *at; at++)
			hash = (hash ^ (unsigned char)*at) * 1099511628211ull;
	return hash;
}

void bh_emit_mac(const char *vm, const char *what, uint8_t mac[6])
{
	uint64_t hash = hash_of(vm, "/", what);

	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)(hash >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); /* local, one receiver */
}

const char *bh_emit_region_name(struct bh_arena *arena, const struct bh_plan_vm *vm)
{
	return bh_arena_strf(arena, "bulkhead-%s", vm->config->name.value);
}

static uint64_t context_id(const struct bh_config_vm *config, size_t index)
{
	return config->vsock_cid.value ? config->vsock_cid.value : 3 + index;
}

char *bh_emit_command_line(const struct bh_plan *plan, size_t vm)
{
	const struct bh_config_vm *config = plan->vms[vm].config;
	bool serial = config->console.value == BH_CONSOLE_BOTH ||
		      config->console.value == BH_CONSOLE_SERIAL;
	bool virtio = config->console.value == BH_CONSOLE_BOTH ||
		      config->console.value == BH_CONSOLE_VIRTIO;
	struct bh_buf line = {0};

	/* The last console named is the one that /dev/console is. */
	if (virtio)
		bh_buf_adds(&line, "console=hvc0 ");
	if (serial)
		bh_buf_adds(&line, "console=ttyS0 ");
	if (config->root.value)
		bh_buf_adds(&line, "root=/dev/vda ");
	/* systemd as the guest's init says when it is ready; others ask our agent to. */
	if (config->ready.value == BH_READY_VSOCK)
		bh_buf_addf(&line, "systemd.set_credential=vmm.notify_socket:vsock-stream:%d:%u ",
			    BH_READY_HOST, BH_READY_PORT(context_id(config, vm)));
	if (config->cmdline.value)
		bh_buf_adds(&line, config->cmdline.value);
	while (line.length && line.data[line.length - 1] == ' ')
		line.data[--line.length] = 0;
	return bh_buf_take(&line);
}

static void add_regions(struct maker *k, struct bh_manifest_device *device,
			const struct bh_dt_node *node)
{
	uint64_t page = k->plan->page;

	for (uint32_t i = 0; i < bh_dt_reg_count(node) && i < BH_REGIONS_MAX; i++) {
		struct bh_range range, aligned;
		bool covered = false;

		if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size ||
		    !bh_range_align_out(range, page, &aligned))
			continue;
		/* Stage 2 knows whole pages: a page that is mapped already is not mapped again. */
		for (size_t d = 0; d < k->m->device_count && !covered; d++) {
			const struct bh_manifest_device *other = &k->m->devices[d];

			for (size_t r = 0; r < other->region_count; r++) {
				struct bh_range have = {other->regions[r].guest.value,
							other->regions[r].size};

				if (bh_range_contains(have, aligned)) {
					covered = true;
				} else if (bh_range_overlaps(have, aligned)) {
					/* The rest of it, after or before what is there. */
					uint64_t end = have.base + have.size;
					uint64_t last = aligned.base + aligned.size;

					if (have.base <= aligned.base)
						aligned = (struct bh_range){end, last - end};
					else
						aligned.size = have.base - aligned.base;
				}
			}
		}
		if (covered || !aligned.size)
			continue;
		device->regions[device->region_count++] =
			(struct bh_manifest_region){.index = i,
						    .host = {aligned.base},
						    .guest = {aligned.base},
						    .size = aligned.size};
	}
}

/* Parts of one device may share a line; the host has it once, and so has the guest. */
static bool is_wired(const struct bh_manifest *m, uint32_t intid)
{
	for (size_t d = 0; d < m->device_count; d++)
		for (size_t i = 0; i < m->devices[d].irq_count; i++)
			if (m->devices[d].irqs[i].intid == intid)
				return true;
	return false;
}

static void add_device(struct maker *k, const struct bh_plan_unit *unit,
		       const struct bh_dt_node *node)
{
	struct bh_manifest_device *device;
	struct bh_buf name = {0};
	char *path;

	if (k->m->device_count == BH_DEVICES_MAX)
		return; /* the plan has refused such a VM */
	device = &k->m->devices[k->m->device_count++];
	bh_survey_add_device_name(&name, k->plan->survey, node);
	device->name = bh_arena_strdup(k->arena, bh_buf_str(&name));
	bh_buf_finish(&name);
	path = bh_dt_path(node);
	device->path = bh_arena_strdup(k->arena, path);
	free(path);
	device->dma = unit->dma == BH_PLAN_DMA_NONE    ? BH_DMA_NONE
		      : unit->dma == BH_PLAN_DMA_IOMMU ? BH_DMA_IOMMU
						       : BH_DMA_DIRECT;
	const struct bh_board_quiesce *quiesce = bh_board_quiesce(k->plan->survey->board, node);
	device->quiesce = quiesce ? quiesce->steps : NULL;
	add_regions(k, device, node);
	for (size_t i = 0; i < k->vm->irq_count; i++) {
		const struct bh_plan_irq *irq = &k->vm->irqs[i];

		if (irq->node != node || device->irq_count == BH_IRQS_MAX ||
		    is_wired(k->m, irq->guest))
			continue;
		device->irqs[device->irq_count++] =
			(struct bh_manifest_irq){.index = irq->index,
						 .intid = irq->guest,
						 .edge = irq->trigger == BH_IRQ_EDGE_RISING ||
							 irq->trigger == BH_IRQ_EDGE_FALLING};
	}
}

static void add_devices(struct maker *k)
{
	for (size_t u = 0; u < k->vm->unit_count; u++) {
		if (k->vm->units[u].role == BH_ROLE_PROVIDER)
			continue;
		bh_dt_for_each(node, (struct bh_dt_node *)k->vm->units[u].node)
		{
			if (bh_survey_of(k->plan->survey, node)->addressed)
				add_device(k, &k->vm->units[u], node);
		}
	}
}

static uint32_t device_index(const struct maker *k, const struct bh_dt_node *node)
{
	char *path = bh_dt_path(node);
	uint32_t found = 0;

	for (uint32_t i = 0; i < k->m->device_count; i++)
		if (bh_str_eq(k->m->devices[i].path, path))
			found = i;
	free(path);
	return found;
}

static void add_scmi(struct maker *k)
{
	struct bh_manifest_scmi *scmi = &k->m->scmi;

	for (size_t i = 0; i < k->vm->decision_count; i++) {
		const struct bh_decision *d = &k->vm->decisions[i];
		const char *name = d->ref->name;
		uint32_t device;

		if (d->action != BH_ACTION_MEDIATE || d->ref->kind == BH_REF_INTERRUPT)
			continue;
		device = device_index(k, d->ref->from);
		if (!name)
			name = bh_arena_strf(k->arena, "%s%u", d->ref->prop->name, d->ref->index);
		switch (d->ref->kind) {
		case BH_REF_CLOCK:
			if (scmi->clock_count < BH_SCMI_IDS_MAX)
				scmi->clocks[scmi->clock_count++] = (struct bh_manifest_clock){
					.name = name,
					.device = device,
					.index = d->ref->index,
					.may_gate = d->may_switch,
					.may_set_rate = d->may_rate,
					.min_rate = d->may_rate ? d->min_rate : 0,
					.max_rate = d->may_rate ? d->max_rate : 0};
			break;
		case BH_REF_RESET:
			if (scmi->reset_count < BH_SCMI_IDS_MAX)
				scmi->resets[scmi->reset_count++] =
					(struct bh_manifest_reset){.name = name,
								   .device = device,
								   .index = d->ref->index,
								   .may_assert = d->may_switch};
			break;
		default:
			if (scmi->domain_count < BH_SCMI_IDS_MAX)
				scmi->domains[scmi->domain_count++] =
					(struct bh_manifest_domain){.name = name,
								    .device = device,
								    .index = d->ref->index,
								    .may_switch = d->may_switch};
			break;
		}
	}
	scmi->present = scmi->clock_count || scmi->reset_count || scmi->domain_count;
	if (!scmi->present)
		return;
	scmi->shared.value = k->vm->layout.scmi.base;
	scmi->function = BH_SCMI_FUNCTION;
}

static struct bh_manifest_virtio *add_virtio(struct maker *k, enum bh_virtio_kind kind,
					     const char *name)
{
	struct bh_manifest_virtio *v;

	if (k->m->virtio_count == BH_VIRTIO_MAX || (k->pci && k->slot == k->last_slot)) {
		struct bh_diag *diag =
			bh_error(k->diags, "E0584", "VM %s has more than %d virtual devices",
				 k->vm->config->name.value, BH_VIRTIO_MAX);
		bh_diag_at(diag, k->vm->config->name.span);
		return NULL;
	}
	v = &k->m->virtio[k->m->virtio_count];
	*v = (struct bh_manifest_virtio){.kind = kind, .name = name, .pci = k->pci};
	if (k->pci) {
		v->slot = ++k->slot;
	} else {
		v->registers.value = k->vm->layout.virtio.base + 0x1000 * k->m->virtio_count;
		v->intid = k->vm->layout.virtio_irq + (uint32_t)k->m->virtio_count;
	}
	k->m->virtio_count++;
	return v;
}

static const char *socket_path(struct maker *k, const char *given, const char *file)
{
	return given ? given
		     : bh_arena_strf(k->arena, "%s/vm/%s/%s", BH_RUN_DIR, k->vm->config->name.value,
				     file);
}

static bool add_disks(struct maker *k)
{
	const struct bh_config_vm *config = k->vm->config;
	struct bh_manifest_virtio *v;

	if (config->root.value) {
		v = add_virtio(k, BH_VIRTIO_BLOCK, "root");
		if (!v)
			return false;
		v->host = config->root.value;
	}
	for (size_t i = 0; i < config->disks.count; i++) {
		const struct bh_config_disk *disk = &config->disks.items[i];

		v = add_virtio(k, BH_VIRTIO_BLOCK, bh_arena_strf(k->arena, "disk%zu", i));
		if (!v)
			return false;
		v->host = disk->path.value ? disk->path.value : disk->socket.value;
		v->vhost_user = !disk->path.value;
		v->readonly = disk->readonly.value;
		v->no_discard = !disk->discard.value;
		v->serial = disk->serial.value;
		v->queues = (uint32_t)disk->queues.value;
	}
	return true;
}

static const struct bh_config_nic *find_nic(const struct bh_config_vm *config, const char *net)
{
	for (size_t i = 0; i < config->nics.count; i++)
		if (bh_str_eq(config->nics.items[i].name.value, net))
			return &config->nics.items[i];
	return NULL;
}

/* A name of at most BH_INTERFACE_MAX characters: long ones are cut, and told apart by a hash. */
static const char *bridge_name(struct maker *k, const char *net)
{
	if (strlen(net) <= BH_INTERFACE_MAX - 3)
		return bh_arena_strf(k->arena, "bh-%s", net);
	return bh_arena_strf(k->arena, "bh-%.5s%07x", net,
			     (unsigned)(hash_of("net", "/", net) & 0xfffffff));
}

/* What the host makes for the port of a bridge, and lets through there. */
static void set_port(struct maker *k, struct bh_manifest_virtio *v, const struct bh_config_net *net,
		     const struct bh_config_nic *nic)
{
	const char *vm = k->vm->config->name.value;

	v->backend = BH_NET_TAP_VHOST;
	/* Interface names hold 15 characters: numbers, not names. */
	v->host = bh_arena_strf(k->arena, "bh%zu.%zu", k->index,
				(size_t)(net - k->partition->nets.items));
	v->bridge = bridge_name(k, net->name.value);
	v->uplink = net->interface.value;
	v->mtu = (uint32_t)net->mtu.value;
	v->forwards = bh_str_eq(net->provider.value, vm);
	if (nic && nic->address.value)
		v->address = bh_arena_strndup(k->arena, nic->address.value,
					      strcspn(nic->address.value, "/"));
}

static bool add_net(struct maker *k, const struct bh_config_net *net)
{
	const struct bh_config_vm *config = k->vm->config;
	const char *name = net->name.value;
	const struct bh_config_nic *nic = find_nic(config, name);
	struct bh_manifest_virtio *v = add_virtio(k, BH_VIRTIO_NET, name);
	unsigned mac[6];

	if (!v)
		return false;
	if (net->kind.value == BH_NET_PASST) {
		v->backend = BH_NET_SOCKET;
		v->host = socket_path(k, NULL, bh_arena_strf(k->arena, "net-%s.sock", name));
	} else {
		set_port(k, v, net, nic);
	}
	bh_emit_mac(config->name.value, name, v->mac);
	if (nic && nic->mac.value &&
	    sscanf(nic->mac.value, "%2x:%2x:%2x:%2x:%2x:%2x", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) == 6)
		for (size_t b = 0; b < 6; b++)
			v->mac[b] = (uint8_t)mac[b];
	if (nic)
		v->queues = (uint32_t)nic->queues.value;
	return true;
}

/* The VM that leads out of a network has a port on it, whether it lists the network or not. */
static bool add_nets(struct maker *k)
{
	const struct bh_config_vm *config = k->vm->config;

	for (size_t i = 0; i < config->networks.count; i++) {
		const struct bh_config_net *net =
			bh_partition_net(k->partition, config->networks.items[i].value);

		if (net && !add_net(k, net))
			return false;
	}
	for (size_t i = 0; i < k->partition->nets.count; i++) {
		const struct bh_config_net *net = &k->partition->nets.items[i];
		bool listed = false;

		for (size_t n = 0; n < config->networks.count; n++)
			listed |= bh_str_eq(config->networks.items[n].value, net->name.value);
		if (!listed && bh_str_eq(net->provider.value, config->name.value) &&
		    !add_net(k, net))
			return false;
	}
	return true;
}

/* Memory that a device reaches by itself stays where it is. */
static bool add_balloon(struct maker *k)
{
	const struct bh_config_number *floor = &k->vm->config->balloon_floor;
	const char *why = k->m->memory.kind == BH_MEMORY_DIRECT ? "its memory was set aside" : NULL;
	struct bh_manifest_virtio *v;

	if (!floor->value)
		return true;
	for (size_t d = 0; d < k->m->device_count; d++)
		if (k->m->devices[d].dma != BH_DMA_NONE)
			why = "its devices reach its memory";
	if (k->m->function_count)
		why = "its devices reach its memory";
	if (why) {
		struct bh_diag *diag = bh_error(k->diags, "E0580", "VM %s can have no balloon: %s",
						k->vm->config->name.value, why);
		bh_diag_at(diag, floor->span);
		bh_diag_hint(diag, "remove `balloon-floor`, or give the VM less `memory`");
		return false;
	}
	v = add_virtio(k, BH_VIRTIO_BALLOON, "balloon");
	if (v)
		v->floor = floor->value;
	return v;
}

static bool add_others(struct maker *k)
{
	const struct bh_config_vm *config = k->vm->config;
	struct bh_manifest_virtio *v;

	if (config->console.value == BH_CONSOLE_BOTH || config->console.value == BH_CONSOLE_VIRTIO)
		if (!add_virtio(k, BH_VIRTIO_CONSOLE, "console"))
			return false;
	if (!add_virtio(k, BH_VIRTIO_RNG, "rng"))
		return false;
	if (config->vsock.value || config->vsock_cid.value ||
	    config->ready.value == BH_READY_VSOCK) {
		v = add_virtio(k, BH_VIRTIO_VSOCK, "vsock");
		if (!v)
			return false;
		v->cid = context_id(config, k->index);
	}
	if (config->gpu.enabled.value) {
		v = add_virtio(k, BH_VIRTIO_GPU, "gpu");
		if (!v)
			return false;
		v->host = socket_path(k, config->gpu.socket.value, "gpu.sock");
		v->serve = !config->gpu.socket.value;
		v->quota = config->gpu.memory.value;
		v->workers = config->gpu.threads.value ? (uint32_t)config->gpu.threads.value
						       : k->m->vcpus;
		v->graphics = BH_GRAPHICS_2D + (enum bh_graphics)config->gpu.level.value;
		if (config->gpu.mode.value)
			(void)sscanf(config->gpu.mode.value, "%ux%u", &v->width, &v->height);
	}
	for (size_t i = 0; i < config->shares.count; i++) {
		const struct bh_config_share *share = &config->shares.items[i];

		v = add_virtio(k, BH_VIRTIO_FS, bh_arena_strf(k->arena, "share%zu", i));
		if (!v)
			return false;
		v->tag = share->tag.value;
		v->host = socket_path(k, share->socket.value,
				      bh_arena_strf(k->arena, "share%zu.sock", i));
		v->serve = !share->socket.value;
		v->folder = share->path.value;
		v->readonly = share->readonly.value;
	}
	return true;
}

static uint32_t milliseconds(const struct bh_config_number *time)
{
	return time->value > UINT32_MAX ? UINT32_MAX : (uint32_t)time->value;
}

/* What the launcher of the VM is told; the guest sees none of it. */
static void add_running(struct maker *k)
{
	const struct bh_config_vm *config = k->vm->config;
	const struct bh_config_restart *restart = &config->restart;
	struct bh_manifest *m = k->m;

	m->restart = restart->policy.value == BH_POLICY_ALWAYS       ? BH_RESTART_ALWAYS
		     : restart->policy.value == BH_POLICY_ON_FAILURE ? BH_RESTART_ON_FAILURE
								     : BH_RESTART_NEVER;
	m->restart_limit = (uint32_t)restart->limit.value;
	m->restart_delay = milliseconds(&restart->delay);
	m->restart_max_delay = milliseconds(&restart->max_delay);
	m->restart_settled = milliseconds(&restart->settled);
	m->ready_by_vsock = config->ready.value == BH_READY_VSOCK;
	m->ready_timeout = milliseconds(&config->ready_timeout);
	for (size_t i = 0; i < config->after.count && i < BH_AFTER_MAX; i++)
		m->after[m->after_count++].vm = config->after.items[i].value;
	for (size_t i = 0; i < config->usb.count && i < BH_USB_RULES_MAX; i++)
		m->usb[m->usb_count++] =
			(struct bh_manifest_usb){.device = config->usb.items[i].device.value,
						 .class = config->usb.items[i].class.value,
						 .port = config->usb.items[i].port.value,
						 .allow = config->usb.items[i].allow.value};
}

static bool uses_vhost_user(const struct bh_config_vm *config)
{
	bool uses = config->gpu.enabled.value || config->shares.count;

	for (size_t i = 0; i < config->disks.count; i++)
		uses |= config->disks.items[i].socket.value != NULL;
	return uses;
}

static void add_platform(struct maker *k)
{
	const struct bh_layout *layout = &k->vm->layout;
	const struct bh_config_vm *config = k->vm->config;
	struct bh_manifest *m = k->m;

	m->vm = config->name.value;
	m->vcpus = config->cpus.value ? (uint32_t)config->cpus.value : 1;
	m->memory =
		(struct bh_manifest_memory){.base = {layout->ram.base}, .size = layout->ram.size};
	if (layout->direct) {
		m->memory.kind = BH_MEMORY_DIRECT;
		m->memory.region = bh_emit_region_name(k->arena, k->vm);
	} else if (uses_vhost_user(config)) {
		m->memory.kind = BH_MEMORY_SHARED;
	}
	m->gic = (struct bh_manifest_gic){.version = layout->gic == 3 ? BH_GIC_V3 : BH_GIC_V2,
					  .distributor = {layout->distributor.base},
					  .redistributor = {layout->redistributor.base},
					  .has_its = layout->gic == 3,
					  .its = {layout->its.base},
					  .interrupts = layout->interrupts};
	if (config->console.value == BH_CONSOLE_BOTH || config->console.value == BH_CONSOLE_SERIAL)
		m->uart = (struct bh_manifest_uart){.present = true,
						    .registers = {layout->uart.base},
						    .intid = layout->uart_irq};
	if (config->watchdog.value)
		m->watchdog = (struct bh_manifest_watchdog){.present = true,
							    .registers = {layout->watchdog.base}};
	k->pci = layout->gic == 3;
	if (config->transport.value == BH_TRANSPORT_PCI)
		k->pci = true;
	else if (config->transport.value == BH_TRANSPORT_MMIO)
		k->pci = false;
	if (k->pci || k->vm->function_count) {
		m->pci.present = true;
		m->pci.config.value = layout->ecam.base;
		m->pci.window32 = layout->window32;
		m->pci.window64 = layout->window64;
		memcpy(m->pci.intx, layout->intx, sizeof(m->pci.intx));
	}
	m->kernel = config->kernel.value;
	m->initrd = config->initrd.value;
	m->board_tree = k->plan->survey->fingerprint;
	for (size_t i = 0; i < config->cpu_affinity.count; i++)
		m->cpus = bh_arena_strf(k->arena, "%s%s%u", m->cpus ? m->cpus : "",
					m->cpus ? "," : "",
					(unsigned)config->cpu_affinity.items[i].value);
}

/* What the host lets the VMM and its servers have: the guest's RAM where it is ordinary memory,
 * tables for it on both sides, and room for the processes, its devices and some of their files. */
#define OVERHEAD      (UINT64_C(64) << 20)
#define OVERHEAD_EACH (UINT64_C(2) << 20)   /* a vCPU, a virtual device */
#define OVERHEAD_GPU  (UINT64_C(256) << 20) /* beside what the guest fills: code, scenes, stacks */
#define OVERHEAD_FS   (UINT64_C(32) << 20)  /* names and open files */
#define TABLES_OF_RAM 128                   /* one part in so many */
#define THREADS_ASIDE 8                     /* the event loop, and those of a moment */
#define THREADS_GPU   8                     /* beside those that draw and those that compile */
#define THREADS_FS    4                     /* two processes, and those of a moment */

/* Servers that are ours to start are in the VM's control group. */
static void add_servers_limits(struct bh_manifest *m)
{
	for (size_t i = 0; i < m->virtio_count; i++) {
		const struct bh_manifest_virtio *v = &m->virtio[i];

		if (v->serve && v->kind == BH_VIRTIO_GPU) {
			m->memory_limit += v->quota + OVERHEAD_GPU;
			m->process_limit += 2 * v->workers + THREADS_GPU;
		} else if (v->serve && v->kind == BH_VIRTIO_FS) {
			m->memory_limit += OVERHEAD_FS;
			m->process_limit += (v->queues ? v->queues : 1) + THREADS_FS;
		}
	}
}

static void add_limits(struct maker *k)
{
	struct bh_manifest *m = k->m;
	uint64_t ram = m->memory.kind == BH_MEMORY_DIRECT ? 0 : m->memory.size;

	m->memory_limit = ram + m->memory.size / TABLES_OF_RAM + OVERHEAD +
			  OVERHEAD_EACH * (m->vcpus + m->virtio_count);
	m->process_limit = m->vcpus + THREADS_ASIDE;
	for (size_t i = 0; i < m->virtio_count; i++) {
		const struct bh_manifest_virtio *v = &m->virtio[i];

		if (v->kind == BH_VIRTIO_BLOCK)
			m->process_limit += v->queues ? v->queues : 1;
		/* vhost has a thread for each pair. */
		if (v->kind == BH_VIRTIO_NET && v->queues > 1)
			m->process_limit += v->queues;
	}
	add_servers_limits(m);
}

/* Functions of one slot of the host share one of the guest, when the first of them is there. */
static uint32_t slot_of(const struct maker *k, const struct bh_pci_function *pci, bool *shared)
{
	bool first = false;

	*shared = false;
	for (size_t i = 0; i < k->vm->function_count; i++) {
		const struct bh_pci_function *other = k->vm->functions[i].pci;

		first |= other->domain == pci->domain && other->bus == pci->bus &&
			 other->slot == pci->slot && !other->number;
	}
	for (size_t i = 0; first && i < k->m->function_count; i++) {
		const struct bh_pci_function *other = k->vm->functions[i].pci;

		*shared |= other->domain == pci->domain && other->bus == pci->bus &&
			   other->slot == pci->slot;
		if (*shared)
			return k->m->functions[i].slot;
	}
	*shared = first;
	return 0;
}

/* From the last slot down; virtio devices take them from the first up. */
static void add_functions(struct maker *k)
{
	uint32_t next = BH_PCI_SLOTS - 1;

	for (size_t i = 0; i < k->vm->function_count; i++) {
		const struct bh_pci_function *pci = k->vm->functions[i].pci;
		bool shared;
		uint32_t slot = slot_of(k, pci, &shared);

		k->m->functions[k->m->function_count++] = (struct bh_manifest_function){
			.host = pci->address,
			.id = (uint32_t)pci->vendor << 16 | pci->device,
			.slot = slot ? slot : next--,
			.function = shared ? pci->number : 0};
	}
	k->last_slot = next;
}

bool bh_emit_machine(struct bh_manifest *manifest, struct bh_arena *arena,
		     const struct bh_plan *plan, size_t vm, const struct bh_partition *partition,
		     struct bh_diags *diags)
{
	struct maker k = {.m = manifest,
			  .arena = arena,
			  .plan = plan,
			  .vm = &plan->vms[vm],
			  .partition = partition,
			  .diags = diags,
			  .index = vm};

	memset(manifest, 0, sizeof(*manifest));
	if (k.vm->config->cpus.value > BH_VCPUS_MAX) {
		struct bh_diag *diag =
			bh_error(diags, "E0584", "a VM can have %d cpus at most", BH_VCPUS_MAX);
		bh_diag_at(diag, k.vm->config->cpus.span);
		return false;
	}
	add_platform(&k);
	add_running(&k);
	add_devices(&k);
	add_functions(&k);
	add_scmi(&k);
	if (!add_disks(&k) || !add_nets(&k) || !add_others(&k) || !add_balloon(&k))
		return false;
	add_limits(&k);
	return true;
}
