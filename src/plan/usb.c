/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/usb.h"

#include "plan/probe.h"

#include <stdio.h>
#include <string.h>

static bool bad(struct bh_diags *diags, const char *port, struct bh_span span, const char *what)
{
	struct bh_diag *diag = bh_error(diags, "E0589", "USB device \"%s\": %s", port, what);

	bh_diag_at(diag, span);
	bh_diag_hint(diag, "make the snapshot anew on the board: bulkhead board probe");
	return false;
}

static bool read_id(const struct bh_toml_value *table, const char *key, uint16_t *id)
{
	const struct bh_toml_value *value = bh_toml_get(table, key);

	if (!value || value->kind != BH_TOML_INTEGER || value->integer < 0 ||
	    value->integer > UINT16_MAX)
		return false;
	*id = (uint16_t)value->integer;
	return true;
}

/* A text without a NUL in it that fits. */
static bool copy_text(const struct bh_toml_value *value, char *text, size_t room)
{
	if (!value || value->kind != BH_TOML_STRING || value->string.length >= room ||
	    strlen(value->string.text) != value->string.length)
		return false;
	memcpy(text, value->string.text, value->string.length + 1);
	return true;
}

/* "03:01:02" */
static bool read_class(const struct bh_toml_value *value, struct bh_usb_class *class)
{
	unsigned parts[3];
	char text[16];
	int length = 0;

	if (!copy_text(value, text, sizeof(text)) ||
	    sscanf(text, "%2x:%2x:%2x%n", &parts[0], &parts[1], &parts[2], &length) != 3 ||
	    text[length])
		return false;
	*class = (struct bh_usb_class){(uint8_t)parts[0], (uint8_t)parts[1], (uint8_t)parts[2]};
	return true;
}

static bool read_classes(const struct bh_toml_value *list, struct bh_usb_device *device)
{
	if (!list)
		return true;
	if (list->kind != BH_TOML_ARRAY || list->array->count > BH_USB_CLASSES)
		return false;
	for (size_t i = 0; i < list->array->count; i++)
		if (!read_class(list->array->items[i], &device->classes[device->class_count++]))
			return false;
	return true;
}

static bool read_device(const struct bh_toml_entry *entry, struct bh_usb_device *device,
			struct bh_diags *diags)
{
	const struct bh_toml_value *table = entry->value;

	if (strlen(entry->key) != entry->key_length || entry->key_length >= sizeof(device->port) ||
	    table->kind != BH_TOML_TABLE)
		return bad(diags, "*", entry->key_span,
			   "it is called by its port, as in \"1-1.2\"");
	strcpy(device->port, entry->key);
	if (!read_id(table, "vendor", &device->vendor) ||
	    !read_id(table, "product", &device->product))
		return bad(diags, entry->key, table->span, "vendor or product is wrong");
	if (!copy_text(bh_toml_get(table, "controller"), device->controller,
		       sizeof(device->controller)))
		return bad(diags, entry->key, table->span, "its controller is wrong");
	if (!read_classes(bh_toml_get(table, "classes"), device))
		return bad(diags, entry->key, table->span, "a class is wrong");
	return true;
}

bool bh_usb_from_snapshot(struct bh_usb *usb, const struct bh_snapshot *snapshot,
			  struct bh_diags *diags)
{
	const struct bh_toml_value *table = snapshot->usb;
	bool ok = true;

	memset(usb, 0, sizeof(*usb));
	bh_arena_init(&usb->arena);
	if (!table)
		return true;
	if (table->table->count > BH_USB_MAX)
		return bad(diags, "*", table->span, "there are more than 1024");
	usb->devices =
		bh_arena_alloc(&usb->arena, (table->table->count + 1) * sizeof(*usb->devices));
	for (size_t i = 0; i < table->table->count; i++) {
		if (read_device(&table->table->entries[i], &usb->devices[usb->count], diags))
			usb->count++;
		else
			ok = false;
	}
	return ok;
}

void bh_usb_finish(struct bh_usb *usb)
{
	bh_arena_finish(&usb->arena);
	memset(usb, 0, sizeof(*usb));
}

void bh_usb_to_snapshot(const struct bh_usb_device *device, struct bh_buf *text)
{
	bh_buf_adds(text, "\n[usb.");
	bh_probe_add_string(text, device->port);
	bh_buf_addf(text, "]\nvendor = 0x%04x\nproduct = 0x%04x\nclasses = [", device->vendor,
		    device->product);
	for (size_t i = 0; i < device->class_count; i++)
		bh_buf_addf(text, "%s\"%02x:%02x:%02x\"", i ? ", " : "", device->classes[i].class,
			    device->classes[i].subclass, device->classes[i].protocol);
	bh_buf_adds(text, "]\ncontroller = ");
	bh_probe_add_string(text, device->controller);
	bh_buf_addc(text, '\n');
}
