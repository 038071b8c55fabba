/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/usb.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_id(const char *rule, const struct bh_usb_device *device)
{
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->product);
	return !strcasecmp(rule, id) || (bh_str_ends(rule, ":*") && !strncasecmp(rule, id, 5));
}

/* "hid", "03", "03:01:02" */
static bool is_class(const char *rule, const struct bh_usb_class *class)
{
	static const struct {
		const char *name;
		unsigned number;
	} names[] = {{"audio", 1},   {"net", 2}, {"hid", 3},    {"printer", 7},
		     {"storage", 8}, {"hub", 9}, {"video", 14}, {"wireless", 0xe0}};
	unsigned parts[3] = {0};
	int count = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(rule, names[i].name)) {
			parts[0] = names[i].number;
			count = 1;
		}
	}
	if (!count)
		count = sscanf(rule, "%2x:%2x:%2x", &parts[0], &parts[1], &parts[2]);
	return count > 0 && parts[0] == class->class &&
	       (count < 2 || parts[1] == class->subclass) &&
	       (count < 3 || parts[2] == class->protocol);
}

static bool has_class(const char *rule, const struct bh_usb_device *device)
{
	for (size_t i = 0; i < device->class_count; i++) {
		if (is_class(rule, &device->classes[i]))
			return true;
	}
	return false;
}

const struct bh_manifest_usb *bh_usb_rule(const struct bh_manifest_usb *rules, size_t count,
					  const struct bh_usb_device *device)
{
	for (size_t i = 0; i < count; i++) {
		const struct bh_manifest_usb *rule = &rules[i];

		if ((!rule->device || is_id(rule->device, device)) &&
		    (!rule->class || has_class(rule->class, device)) &&
		    (!rule->port || !strcmp(rule->port, device->port)))
			return rule;
	}
	return NULL;
}
