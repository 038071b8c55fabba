/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI function's interrupts: INTx, MSI or MSI-X, whichever the guest's configuration says; VFIO
 * has one of them at a time. Each reaches the guest from descriptor to descriptor.
 */
#include "vmm/vfio/function.h"

#include "vmm/vfio/vfio.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TRIGGER, RESAMPLE };

/* More than any kind has. */
#define FDS_MAX BH_MSIX_MAX

int bh_vfio_set_triggers(int fd, uint32_t index, const int *fds, unsigned count)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + FDS_MAX * sizeof(int32_t)];
	} call = {.set = {.argsz = (uint32_t)(sizeof(call.set) + count * sizeof(int32_t)),
			  .flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				   (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
			  .index = index,
			  .count = count}};

	for (unsigned i = 0; i < count; i++) {
		int32_t number = fds[i];
		memcpy(call.set.data + i * sizeof(number), &number, sizeof(number));
	}
	return ioctl(fd, VFIO_DEVICE_SET_IRQS, &call) < 0 ? -errno : 0;
}

static int line_action(int fd, uint32_t action, int event)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
	} call = {.set = {.argsz = sizeof(call.set),
			  .flags = action | VFIO_IRQ_SET_DATA_NONE,
			  .index = VFIO_PCI_INTX_IRQ_INDEX,
			  .count = 1}};

	if (event >= 0) {
		int32_t number = event;
		call.set.argsz = sizeof(call.room);
		call.set.flags = action | VFIO_IRQ_SET_DATA_EVENTFD;
		memcpy(call.set.data, &number, sizeof(number));
	}
	return ioctl(fd, VFIO_DEVICE_SET_IRQS, &call) < 0 ? -errno : 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void unwire_line(struct bh_vfio_function *function)
{
	struct bh_hv *hv = function->vfio->hv;

	(void)bh_vfio_set_triggers(function->fd, VFIO_PCI_INTX_IRQ_INDEX, NULL, 0);
	(void)hv->ops->set_irq_fd(hv, function->line, function->line_fds[TRIGGER],
				  function->line_fds[RESAMPLE], false);
}

/*
 * VFIO has no INTx before it has a trigger, and that begins unmasked. The guest's side comes first:
 * a line that is up is injected at once, and the guest's end of interrupt unmasks it.
 */
static int wire_line(struct bh_vfio_function *function)
{
	struct bh_hv *hv = function->vfio->hv;
	int *fds = function->line_fds;
	int err = hv->ops->set_irq_fd(hv, function->line, fds[TRIGGER], fds[RESAMPLE], true);

	if (err)
		return err;
	err = bh_vfio_set_triggers(function->fd, VFIO_PCI_INTX_IRQ_INDEX, &fds[TRIGGER], 1);
	if (!err)
		err = line_action(function->fd, VFIO_IRQ_SET_ACTION_UNMASK, fds[RESAMPLE]);
	if (err)
		unwire_line(function);
	return err;
}

static uint32_t msi_get(const struct bh_vfio_function *function, unsigned offset, unsigned size)
{
	return bh_pci_get(&function->pci, function->view.msi + offset, size);
}

/* How many messages the guest has enabled; 0: none. */
static unsigned msi_enabled(const struct bh_vfio_function *function)
{
	enum { ENABLED = 0x70, ENABLED_SHIFT = 4 };
	uint32_t control = function->view.msi ? msi_get(function, BH_MSI_CONTROL, 2) : 0;
	unsigned count = 1u << ((control & ENABLED) >> ENABLED_SHIFT);

	if (!(control & BH_MSI_ENABLE))
		return 0;
	return count > function->msi_room ? function->msi_room : count;
}

static int route_msi(struct bh_vfio_function *function)
{
	struct bh_hv *hv = function->vfio->hv;
	bool wide = function->view.msi_wide;
	uint32_t data = msi_get(function, BH_MSI_ADDRESS + (wide ? 8 : 4), 2);
	struct bh_msi msi = {
		.address = msi_get(function, BH_MSI_ADDRESS, 4),
		.device = function->pci.slot << 3 | function->pci.number,
	};
	int err = 0;

	if (wide)
		msi.address |= (uint64_t)msi_get(function, BH_MSI_ADDRESS + 4, 4) << 32;
	for (unsigned i = 0; i < function->msi_count && !err; i++) {
		msi.data = data | i;
		err = hv->ops->set_msi(hv, function->msi_first + i, &msi, function->msi_fds[i]);
	}
	return err;
}

static void unwire_msi(struct bh_vfio_function *function)
{
	struct bh_hv *hv = function->vfio->hv;

	(void)bh_vfio_set_triggers(function->fd, VFIO_PCI_MSI_IRQ_INDEX, NULL, 0);
	for (unsigned i = 0; i < function->msi_count; i++)
		(void)hv->ops->set_msi(hv, function->msi_first + i, NULL, function->msi_fds[i]);
	function->msi_count = 0;
}

static int wire_msi(struct bh_vfio_function *function)
{
	function->msi_count = msi_enabled(function);
	int err = route_msi(function);
	if (!err)
		err = bh_vfio_set_triggers(function->fd, VFIO_PCI_MSI_IRQ_INDEX, function->msi_fds,
					   function->msi_count);
	if (err)
		unwire_msi(function);
	return err;
}

static int wire_msix(struct bh_vfio_function *function)
{
	return bh_vfio_set_triggers(function->fd, VFIO_PCI_MSIX_IRQ_INDEX, function->msix.fds,
				    function->msix.count);
}

static void unwire(struct bh_vfio_function *function)
{
	switch (function->wired) {
	case BH_WIRED_NONE:
		break;
	case BH_WIRED_LINE:
		unwire_line(function);
		break;
	case BH_WIRED_MSI:
		unwire_msi(function);
		break;
	case BH_WIRED_MSIX:
		(void)bh_vfio_set_triggers(function->fd, VFIO_PCI_MSIX_IRQ_INDEX, NULL, 0);
		break;
	}
	function->wired = BH_WIRED_NONE;
}

/* The line only once the guest looks at the function: until then nobody can quiet it. */
static enum bh_vfio_wiring wiring_wanted(const struct bh_vfio_function *function)
{
	uint32_t command = bh_pci_get(&function->pci, BH_PCI_COMMAND, 2);

	if (bh_msix_is_enabled(&function->msix))
		return BH_WIRED_MSIX;
	if (msi_enabled(function))
		return BH_WIRED_MSI;
	if (bh_pci_get(&function->pci, BH_PCI_INTERRUPT_PIN, 1) &&
	    command & BH_PCI_COMMAND_MEMORY && !(command & BH_PCI_COMMAND_NO_INTX))
		return BH_WIRED_LINE;
	return BH_WIRED_NONE;
}

static void wire(struct bh_vfio_function *function, enum bh_vfio_wiring wanted)
{
	static const char *const names[] = {
		[BH_WIRED_LINE] = "INTx", [BH_WIRED_MSI] = "MSI", [BH_WIRED_MSIX] = "MSI-X"};
	int err = 0;

	unwire(function);
	function->refused = BH_WIRED_NONE;
	switch (wanted) {
	case BH_WIRED_NONE:
		return;
	case BH_WIRED_LINE:
		err = wire_line(function);
		break;
	case BH_WIRED_MSI:
		err = wire_msi(function);
		break;
	case BH_WIRED_MSIX:
		err = wire_msix(function);
		break;
	}
	function->refused = err ? wanted : BH_WIRED_NONE;
	if (!err)
		function->wired = wanted;
	else
		bh_log(function->vfio->log, BH_LOG_WARNING, "%s: the host does not give its %s: %s",
		       function->manifest->host, names[wanted], strerror(-err));
}

/* What was refused is not asked for again and again: each time is a line in the log. */
static bool must_wire(const struct bh_vfio_function *function, enum bh_vfio_wiring wanted)
{
	if (wanted != BH_WIRED_NONE && wanted == function->refused)
		return false;
	return wanted != function->wired ||
	       (wanted == BH_WIRED_MSI && msi_enabled(function) != function->msi_count);
}

void bh_vfio_wiring_update(struct bh_vfio_function *function, uint32_t offset, unsigned size)
{
	enum bh_vfio_wiring wanted = wiring_wanted(function);
	uint32_t msi = function->view.msi;

	if (must_wire(function, wanted))
		wire(function, wanted);
	else if (wanted == BH_WIRED_MSI && offset + size > msi && offset < msi + BH_MSI_SIZE)
		(void)route_msi(function);
	/* After the host's side: a vector that is let through has one. */
	if (function->msix.count)
		bh_msix_configured(&function->msix, offset, size);
}

static bool open_all(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fds[i] < 0)
			return false;
	}
	return true;
}

/* All descriptors are there before the guest runs: by then this process may make none. */
int bh_vfio_wiring_init(struct bh_vfio_function *function)
{
	enum { CAPABLE = 0xe, CAPABLE_SHIFT = 1 };
	struct bh_hv *hv = function->vfio->hv;

	if (bh_pci_get(&function->pci, BH_PCI_INTERRUPT_PIN, 1) && !open_all(function->line_fds, 2))
		return -errno;
	if (function->view.msi) {
		function->msi_room =
			1u << ((msi_get(function, BH_MSI_CONTROL, 2) & CAPABLE) >> CAPABLE_SHIFT);
		int first = bh_hv_take_msi(hv, function->msi_room);
		if (first < 0)
			return -ENOSPC;
		function->msi_first = (unsigned)first;
		if (!open_all(function->msi_fds, function->msi_room))
			return -errno;
	}
	if (!function->view.msix)
		return 0;
	return bh_msix_init(&function->msix, &function->pci, hv, function->view.msix_count,
			    function->view.msix);
}

void bh_vfio_wiring_finish(struct bh_vfio_function *function)
{
	unwire(function);
	bh_msix_finish(&function->msix);
	close_one(&function->line_fds[TRIGGER]);
	close_one(&function->line_fds[RESAMPLE]);
	for (unsigned i = 0; i < BH_MSI_VECTORS_MAX; i++)
		close_one(&function->msi_fds[i]);
}
