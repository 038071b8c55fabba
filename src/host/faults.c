/* SPDX-License-Identifier: Apache-2.0 */
#include "host/faults.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* the kernel's own limit */

/* Names of SMMUv3's events: Arm IHI 0070, chapter 7.3. */
static const struct {
	uint8_t id;
	const char *name;
} events[] = {
	{0x01, "F_UUT"},
	{0x02, "C_BAD_STREAMID"},
	{0x03, "F_STE_FETCH"},
	{0x04, "C_BAD_STE"},
	{0x05, "F_BAD_ATS_TREQ"},
	{0x06, "F_STREAM_DISABLED"},
	{0x07, "F_TRANSL_FORBIDDEN"},
	{0x08, "C_BAD_SUBSTREAMID"},
	{0x09, "F_CD_FETCH"},
	{0x0a, "C_BAD_CD"},
	{0x0b, "F_WALK_EABT"},
	{0x10, "F_TRANSLATION"},
	{0x11, "F_ADDR_SIZE"},
	{0x12, "F_ACCESS"},
	{0x13, "F_PERMISSION"},
	{0x20, "F_TLB_CONFLICT"},
	{0x21, "F_CFG_CONFLICT"},
};

int bh_faults_open(struct bh_faults *faults, const char *path, bool from_now)
{
	*faults = (struct bh_faults){.fd = -1};
	if (path && !*path)
		return 0;
	faults->fd = open(path ? path : "/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (faults->fd < 0)
		return -errno;
	if (from_now)
		(void)lseek(faults->fd, 0, SEEK_END);
	return 0;
}

void bh_faults_close(struct bh_faults *faults)
{
	if (faults->fd >= 0)
		close(faults->fd);
	faults->fd = -1;
}

/* A record's text and time. False when it is none. */
static bool split(const char *record, size_t length, char *text, size_t room, uint64_t *time_us)
{
	const char *semicolon = memchr(record, ';', length);
	char head[96];

	if (!semicolon || (size_t)(semicolon - record) >= sizeof(head))
		return false;
	memcpy(head, record, (size_t)(semicolon - record));
	head[semicolon - record] = '\0';
	char *second = strchr(head, ',');
	char *third = second ? strchr(second + 1, ',') : NULL;
	if (!third)
		return false;
	*time_us = strtoull(third + 1, NULL, 10);
	/* Lines that follow are the record's dictionary. */
	const char *end = memchr(semicolon, '\n', length - (size_t)(semicolon - record));
	size_t size = (size_t)((end ? end : record + length) - semicolon) - 1;
	if (size >= room)
		size = room - 1;
	memcpy(text, semicolon + 1, size);
	text[size] = '\0';
	if (strlen(text) != size)
		return false;
	/* Tabs come as "\x09". */
	for (char *at; (at = strstr(text, "\\x09"));) {
		*at = ' ';
		memmove(at + 1, at + 4, strlen(at + 4) + 1);
	}
	return true;
}

/* "DRIVER DEVICE: rest": the rest, and the device. NULL when the line is not this driver's. */
static const char *after_driver(const char *text, const char *driver, char *device, size_t room)
{
	size_t length = strlen(driver);

	if (strncmp(text, driver, length) != 0 || text[length] != ' ')
		return NULL;
	text += length + 1;
	const char *colon = strstr(text, ": ");
	if (!colon || colon == text || (size_t)(colon - text) >= room)
		return NULL;
	memcpy(device, text, (size_t)(colon - text));
	device[colon - text] = '\0';
	return colon + 2;
}

/* The number behind "key"; false when it is not there. */
static bool number_after(const char *text, const char *key, uint64_t *value)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*value = strtoull(at, &end, 0);
	return end != at;
}

static void word_after(const char *text, const char *key, char *word, size_t room)
{
	const char *at = strstr(text, key);

	word[0] = '\0';
	if (at) {
		at += strlen(key);
		snprintf(word, room, "%.*s", (int)strcspn(at, " ,"), at);
	}
}

static struct bh_fault_source *find_source(struct bh_faults *faults, const char *iommu)
{
	struct bh_fault_source *source;

	for (size_t i = 0; i < faults->source_count; i++) {
		if (!strcmp(faults->sources[i].iommu, iommu))
			return &faults->sources[i];
	}
	if (faults->source_count == BH_FAULT_SOURCES)
		return NULL;
	source = &faults->sources[faults->source_count++];
	snprintf(source->iommu, sizeof(source->iommu), "%s", iommu);
	return source;
}

enum { EVENT = 0xff, STREAM_SHIFT = 32, READ_SHIFT = 35 };

static bool decode(const struct bh_fault_source *source, struct bh_fault *fault)
{
	uint8_t id = source->event[0] & EVENT;

	fault->stream = (uint32_t)(source->event[0] >> STREAM_SHIFT);
	fault->access = source->event[1] >> READ_SHIFT & 1 ? BH_FAULT_READ : BH_FAULT_WRITE;
	fault->address = source->event[2];
	snprintf(fault->reason, sizeof(fault->reason), "event 0x%02x", id);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].id == id)
			snprintf(fault->reason, sizeof(fault->reason), "%s", events[i].name);
	}
	return true;
}

/* SMMUv3, before 6.14: "event 0x10 received:", then its four words. */
static bool feed_words(struct bh_faults *faults, const char *rest, struct bh_fault *fault)
{
	struct bh_fault_source *source = find_source(faults, fault->iommu);
	uint64_t word;

	if (!source)
		return false;
	if (!strncmp(rest, "event 0x", 8) && strstr(rest, "received:")) {
		source->telling = true;
		source->told = false;
		source->words = 0;
		return false;
	}
	rest += strspn(rest, " \t");
	if (!source->telling || strncmp(rest, "0x", 2) != 0 || !number_after(rest, "", &word)) {
		source->telling = false;
		return false;
	}
	source->event[source->words++] = word;
	if (source->words < BH_FAULT_WORDS)
		return false;
	source->telling = false;
	source->told = true;
	return decode(source, fault);
}

/* SMMUv3, from 6.14 on: a line of words, which may follow the event's four numbers. */
static bool feed_line(struct bh_faults *faults, const char *rest, struct bh_fault *fault)
{
	struct bh_fault_source *source = find_source(faults, fault->iommu);
	uint64_t stream, address;

	if (strncmp(rest, "event: ", 7) != 0 || !number_after(rest, " sid: ", &stream) ||
	    !number_after(rest, " iova: ", &address))
		return false;
	if (source && source->told && source->event[0] >> STREAM_SHIFT == stream &&
	    source->event[2] == address) {
		source->told = false;
		return false;
	}
	fault->stream = (uint32_t)stream;
	fault->address = address;
	word_after(rest, "event: ", fault->reason, sizeof(fault->reason));
	word_after(rest, " client: ", fault->device, sizeof(fault->device));
	if (!strncmp(fault->device, "(unassigned", 11))
		fault->device[0] = '\0';
	return true;
}

/* SMMUv1 and v2: "Unhandled context fault: fsr=0x402, iova=0x0, fsynr=0x10, cbfrsynra=0x8, cb=1".
 */
static bool feed_context(const char *rest, struct bh_fault *fault)
{
	enum { FSYNR_WRITE = 1 << 4, FSR_TRANSLATION = 2, FSR_PERMISSION = 8, STREAM = 0xffff };
	uint64_t fsr, address, fsynr = 0, stream = 0;

	if (!strstr(rest, "context fault:") || !number_after(rest, "fsr=", &fsr) ||
	    !number_after(rest, "iova=", &address))
		return false;
	(void)number_after(rest, "fsynr=", &fsynr);
	(void)number_after(rest, "cbfrsynra=", &stream);
	fault->address = address;
	fault->stream = stream & STREAM;
	fault->access = fsynr & FSYNR_WRITE ? BH_FAULT_WRITE : BH_FAULT_READ;
	snprintf(fault->reason, sizeof(fault->reason), "%s",
		 fsr & FSR_TRANSLATION  ? "translation fault"
		 : fsr & FSR_PERMISSION ? "permission fault"
					: "context fault");
	return true;
}

bool bh_faults_feed(struct bh_faults *faults, const char *record, size_t length,
		    struct bh_fault *fault)
{
	char text[512];
	const char *rest;

	memset(fault, 0, sizeof(*fault));
	if (!split(record, length, text, sizeof(text), &fault->time_us))
		return false;
	rest = after_driver(text, "arm-smmu-v3", fault->iommu, sizeof(fault->iommu));
	if (rest)
		return feed_line(faults, rest, fault) || feed_words(faults, rest, fault);
	rest = after_driver(text, "arm-smmu", fault->iommu, sizeof(fault->iommu));
	return rest && feed_context(rest, fault);
}

bool bh_faults_next(struct bh_faults *faults, struct bh_fault *fault)
{
	char record[RECORD_MAX];

	while (faults->fd >= 0) {
		ssize_t length = read(faults->fd, record, sizeof(record));

		/* EPIPE: records were overwritten before we came; the next read goes on. */
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length <= 0)
			return false;
		if (bh_faults_feed(faults, record, (size_t)length, fault))
			return true;
	}
	return false;
}

bool bh_fault_is_by(const struct bh_fault *fault, const char *function)
{
	unsigned domain, bus, slot, number;

	if (fault->device[0])
		return !strcmp(fault->device, function);
	if (sscanf(function, "%x:%x:%x.%x", &domain, &bus, &slot, &number) != 4)
		return false;
	return (fault->stream & 0xffff) == (bus << 8 | slot << 3 | number);
}

void bh_fault_text(const struct bh_fault *fault, char *text, size_t room)
{
	static const char *const verbs[] = {"access to", "read of", "write to"};

	snprintf(text, room, "%s 0x%" PRIx64 " (%s, %s)", verbs[fault->access], fault->address,
		 fault->reason, fault->iommu);
}
