/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of the schema's texts. */
#ifndef BH_CONFIG_FORMS_H
#define BH_CONFIG_FORMS_H

#include "config/schema.h"

extern const struct bh_schema_form bh_form_name, bh_form_board, bh_form_path, bh_form_device,
	bh_form_property, bh_form_line, bh_form_consent, bh_form_serial, bh_form_tag, bh_form_mac,
	bh_form_cidr, bh_form_mode, bh_form_interface, bh_form_usb_device, bh_form_usb_class,
	bh_form_usb_port, bh_form_address, bh_form_fingerprint;

/* How sizes, durations and rates are written; the third also as an integer. */
extern const struct bh_schema_form bh_form_size, bh_form_duration, bh_form_rate;

/* Numbers with units. False when the text is none or does not fit. */
bool bh_parse_duration(const char *text, uint64_t *milliseconds);
bool bh_parse_rate(const char *text, uint64_t *hertz);

/* The shortest text that reads back as the same value. Into a buffer of at least 32 bytes. */
void bh_print_size(uint64_t bytes, char *text, size_t room);
void bh_print_duration(uint64_t milliseconds, char *text, size_t room);
void bh_print_rate(uint64_t hertz, char *text, size_t room);

/* An address with prefix length. */
struct bh_cidr {
	int family; /* AF_INET, AF_INET6 */
	unsigned prefix;
	unsigned char bytes[16];
};

bool bh_parse_cidr(const char *text, struct bh_cidr *cidr);
bool bh_cidr_contains(const struct bh_cidr *net, const struct bh_cidr *address);

#endif
