/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/fake_hv.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static struct fake_hv *of(struct bh_hv *hv)
{
	return (struct fake_hv *)hv;
}

static int fake_map(struct bh_hv *hv, struct bh_gpa address, uint64_t size, void *host)
{
	(void)address;
	(void)host;
	of(hv)->mapped++;
	return size ? 0 : -EINVAL;
}

static int fake_unmap(struct bh_hv *hv, struct bh_gpa address)
{
	(void)address;
	of(hv)->mapped--;
	return 0;
}

static int fake_set_kick(struct bh_hv *hv, struct bh_gpa address, unsigned size, uint64_t value,
			 int fd, bool on)
{
	struct fake_hv *fake = of(hv);

	for (size_t i = 0; i < fake->kick_count; i++) {
		if (fake->kicks[i].address != address.value || fake->kicks[i].value != value)
			continue;
		if (on)
			return -EEXIST;
		fake->kicks[i] = fake->kicks[--fake->kick_count];
		return 0;
	}
	if (!on || fake->kick_count == FAKE_KICKS)
		return -ENOENT;
	fake->kicks[fake->kick_count].address = address.value;
	fake->kicks[fake->kick_count].size = size;
	fake->kicks[fake->kick_count].value = value;
	fake->kicks[fake->kick_count++].fd = fd;
	return 0;
}

static int fake_set_irq_fd(struct bh_hv *hv, uint32_t intid, int fd, int resample_fd, bool on)
{
	of(hv)->irq_fd[intid] = on ? fd : -1;
	of(hv)->resample_fd[intid] = on ? resample_fd : -1;
	return 0;
}

static int fake_set_line(struct bh_hv *hv, uint32_t intid, bool high)
{
	of(hv)->line[intid] = high;
	return 0;
}

static int fake_set_msi(struct bh_hv *hv, unsigned vector, const struct bh_msi *msi, int fd)
{
	struct fake_hv *fake = of(hv);

	fake->msi_fd[vector] = msi ? fd : -1;
	if (msi)
		fake->msi[vector] = *msi;
	return 0;
}

static int fake_add_file(struct bh_hv *hv, int fd)
{
	(void)hv;
	return fd < 0 ? -EBADF : 0;
}

static uint64_t fake_counter(struct bh_hv *hv)
{
	return of(hv)->counter;
}

static const struct bh_hv_ops ops = {
	.counter = fake_counter,
	.add_file = fake_add_file,
	.map = fake_map,
	.unmap = fake_unmap,
	.set_kick = fake_set_kick,
	.set_irq_fd = fake_set_irq_fd,
	.set_line = fake_set_line,
	.set_msi = fake_set_msi,
};

void fake_hv_init(struct fake_hv *fake)
{
	*fake = (struct fake_hv){.hv = {.ops = &ops, .counter_hz = 1000}};
	for (size_t i = 0; i < BH_HV_MSI_MAX; i++)
		fake->msi_fd[i] = -1;
	for (size_t i = 0; i < 1024; i++)
		fake->irq_fd[i] = fake->resample_fd[i] = -1;
}

static uint64_t take(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	uint64_t count = 0;

	if (fd >= 0 && poll(&poller, 1, 0) == 1 && read(fd, &count, sizeof(count)) < 0)
		return 0;
	return count;
}

uint64_t fake_hv_messages(struct fake_hv *fake, unsigned vector)
{
	return take(fake->msi_fd[vector]);
}

uint64_t fake_hv_interrupts(struct fake_hv *fake, uint32_t intid)
{
	return take(fake->irq_fd[intid]);
}

bool fake_hv_is_clean(const struct fake_hv *fake)
{
	for (size_t i = 0; i < BH_HV_MSI_MAX; i++) {
		if (fake->msi_fd[i] >= 0)
			return false;
	}
	for (size_t i = 0; i < 1024; i++) {
		if (fake->irq_fd[i] >= 0)
			return false;
	}
	return !fake->kick_count && !fake->mapped;
}
