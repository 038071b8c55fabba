/* SPDX-License-Identifier: Apache-2.0 */
#include "host/usb.h"

#include "base/alloc.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "/sys/bus/usb/devices"

/* "1-1.2", not "usb1" (a controller's own hub) or "1-1:1.0" (an interface). */
static bool is_device(const char *name)
{
	return *name >= '0' && *name <= '9' && strchr(name, '-') && !strchr(name, ':');
}

void bh_usb_list(struct bh_sys *sys, struct bh_names *ports)
{
	struct bh_names all;

	*ports = (struct bh_names){NULL, 0, 0};
	bh_sys_list(sys, &all, DEVICES);
	for (size_t i = 0; i < all.count; i++) {
		if (is_device(all.items[i]))
			bh_names_add(ports, all.items[i]);
	}
	bh_names_finish(&all);
}

static bool read_hex(struct bh_sys *sys, const char *device, const char *file, unsigned limit,
		     unsigned *value)
{
	struct bh_buf text;
	char *end;

	bh_buf_init(&text);
	bool ok = !bh_sys_read(sys, &text, DEVICES "/%s/%s", device, file);
	unsigned long number = strtoul(bh_buf_str(&text), &end, 16);
	ok = ok && end != bh_buf_str(&text) && !*end && number <= limit;
	*value = ok ? (unsigned)number : 0;
	bh_buf_finish(&text);
	return ok;
}

static void read_class(struct bh_sys *sys, const char *name, const char *prefix,
		       struct bh_usb_device *device)
{
	static const char *const parts[] = {"Class", "SubClass", "Protocol"};
	unsigned values[3];

	for (size_t i = 0; i < 3; i++) {
		char *file = bh_strf("%s%s", prefix, parts[i]);
		bool ok = read_hex(sys, name, file, 0xff, &values[i]);
		free(file);
		if (!ok)
			return;
	}
	/* Class 0: the interfaces say it. */
	if (values[0] && device->class_count < BH_USB_CLASSES)
		device->classes[device->class_count++] = (struct bh_usb_class){
			(uint8_t)values[0], (uint8_t)values[1], (uint8_t)values[2]};
}

static void read_interfaces(struct bh_sys *sys, const char *port, struct bh_usb_device *device)
{
	char *prefix = bh_strf("%s:", port);
	struct bh_names all;

	bh_sys_list(sys, &all, DEVICES);
	for (size_t i = 0; i < all.count; i++) {
		if (bh_str_starts(all.items[i], prefix))
			read_class(sys, all.items[i], "bInterface", device);
	}
	bh_names_finish(&all);
	free(prefix);
}

/*
 * ".../0000:00:03.0/usb1/1-1": what comes before the controller's own hub. A device that the
 * controller's driver made for itself (".../38100000.usb/xhci-hcd.0.auto/usb1") is not it.
 */
static void read_controller(struct bh_sys *sys, const char *port, struct bh_usb_device *device)
{
	char *path = bh_sys_target(sys, DEVICES "/%s", port);
	char *hub = path ? strstr(path, "/usb") : NULL;

	while (hub && strspn(hub + 4, "0123456789") == 0)
		hub = strstr(hub + 1, "/usb");
	if (hub) {
		*hub = '\0';
		char *name = strrchr(path, '/');
		while (name && bh_str_ends(name, ".auto")) {
			*name = '\0';
			name = strrchr(path, '/');
		}
		snprintf(device->controller, sizeof(device->controller), "%s",
			 name ? name + 1 : path);
	}
	free(path);
}

bool bh_usb_read(struct bh_sys *sys, const char *port, struct bh_usb_device *device)
{
	unsigned vendor, product;

	*device = (struct bh_usb_device){.class_count = 0};
	if (strlen(port) >= sizeof(device->port) ||
	    !read_hex(sys, port, "idVendor", UINT16_MAX, &vendor) ||
	    !read_hex(sys, port, "idProduct", UINT16_MAX, &product))
		return false;
	device->vendor = (uint16_t)vendor;
	device->product = (uint16_t)product;
	strcpy(device->port, port);
	read_class(sys, port, "bDevice", device);
	read_interfaces(sys, port, device);
	read_controller(sys, port, device);
	return true;
}

bool bh_usb_is_wanted(const struct bh_manifest *manifest, const struct bh_usb_device *device)
{
	const struct bh_manifest_usb *rule =
		bh_usb_rule(manifest->usb, manifest->usb_count, device);

	return rule && rule->allow;
}
