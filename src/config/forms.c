/* SPDX-License-Identifier: Apache-2.0 */
#include "config/forms.h"

#include "base/range.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *check_mac(const char *text)
{
	unsigned first = (unsigned)strtoul((char[]){text[0], text[1], 0}, NULL, 16);

	return first & 1 ? "it is a group's address: the first byte must be even" : NULL;
}

static const char *check_cidr(const char *text)
{
	struct bh_cidr cidr;

	return bh_parse_cidr(text, &cidr) ? NULL
					  : "it is not an IPv4 or IPv6 address with prefix length";
}

static const char *check_mode(const char *text)
{
	unsigned width, height;

	if (sscanf(text, "%ux%u", &width, &height) != 2)
		return "it is not WIDTHxHEIGHT";
	return width < 16 || height < 16 || width > 8192 || height > 8192
		       ? "each side has 16 to 8192 pixels"
		       : NULL;
}

const struct bh_schema_form bh_form_name = {
	.what = "a name: lower-case letters, digits, - and _, a letter or digit first",
	.pattern = "^[a-z0-9][a-z0-9_-]*$",
	.example = "net",
	.longest = 32,
};
const struct bh_schema_form bh_form_board = {
	.what = "a board's name, or a path with a slash",
	.pattern = "^[^\001-\037\177]+$",
	.example = "imx8mp-evk",
	.longest = 4095,
};
const struct bh_schema_form bh_form_path = {
	.what = "a path",
	.pattern = "^[^\001-\037\177]+$",
	.example = "images/net.img",
	.longest = 4095,
};
const struct bh_schema_form bh_form_device = {
	.what = "a device: alias, label, path, compatible@address or PCI address, without blanks",
	.pattern = "^[!-~]+$",
	.example = "ethernet0",
	.longest = 1024,
};
const struct bh_schema_form bh_form_property = {
	.what = "a property's name, as device trees allow it",
	.pattern = "^[0-9A-Za-z,._+?#-]+$",
	.example = "clocks",
	.longest = 64,
};
const struct bh_schema_form bh_form_line = {
	.what = "one line of text",
	.pattern = "^[^\001-\037\177]*$",
	.example = "quiet loglevel=4",
	.longest = 1536,
};
const struct bh_schema_form bh_form_consent = {
	.what = "the words \"I accept\"",
	.pattern = "^I accept$",
	.example = "I accept",
	.longest = 64,
};
const struct bh_schema_form bh_form_serial = {
	.what = "a serial number of up to 20 letters, digits, . _ and -",
	.pattern = "^[0-9A-Za-z._-]+$",
	.example = "data",
	.longest = 20,
};
const struct bh_schema_form bh_form_tag = {
	.what = "a tag of up to 36 letters, digits, . _ and -",
	.pattern = "^[0-9A-Za-z._-]+$",
	.example = "home",
	.longest = 36,
};
const struct bh_schema_form bh_form_mac = {
	.what = "a MAC address",
	.pattern = "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$",
	.example = "52:54:00:00:00:01",
	.longest = 17,
	.check = check_mac,
};
const struct bh_schema_form bh_form_cidr = {
	.what = "an IP address with its prefix length",
	.pattern = "^[0-9A-Fa-f.:]+/[0-9]+$",
	.example = "10.0.0.1/24",
	.longest = 50,
	.check = check_cidr,
};
const struct bh_schema_form bh_form_mode = {
	.what = "a video mode",
	.pattern = "^[0-9]{2,4}x[0-9]{2,4}(@[0-9]{1,3})?$",
	.example = "1920x1080@60",
	.longest = 13,
	.check = check_mode,
};
const struct bh_schema_form bh_form_interface = {
	.what = "the name of a network interface",
	.pattern = "^[0-9A-Za-z._-]+$",
	.example = "eth0",
	.longest = 15,
};
const struct bh_schema_form bh_form_usb_device = {
	.what = "a USB vendor and product",
	.pattern = "^[0-9a-f]{4}:([0-9a-f]{4}|[*])$",
	.example = "046d:c31c",
	.longest = 9,
};
const struct bh_schema_form bh_form_usb_class = {
	.what = "a USB class",
	.pattern = "^(hid|audio|video|storage|printer|hub|net|wireless|[0-9a-f]{2}(:[0-9a-f]{2}){0,"
		   "2})$",
	.example = "hid",
	.longest = 8,
};
const struct bh_schema_form bh_form_usb_port = {
	.what = "a USB port, as the kernel names it",
	.pattern = "^[0-9]{1,3}-[0-9]{1,3}([.][0-9]{1,3}){0,6}$",
	.example = "1-1.2",
	.longest = 32,
};
const struct bh_schema_form bh_form_address = {
	.what = "an address: a number in quotes",
	.pattern = "^(0x[0-9a-fA-F]{1,16}|[0-9]{1,19})$",
	.example = "0x40000000",
	.longest = 19,
};
const struct bh_schema_form bh_form_fingerprint = {
	.what = "a tree's fingerprint: 16 hexadecimal digits",
	.pattern = "^[0-9a-f]{16}$",
	.example = "93d0f3a1c2b4e566",
	.longest = 16,
};
const struct bh_schema_form bh_form_size = {
	.what = "a size",
	.pattern = "^[0-9]+([KMGT](iB|B)?|B)?$",
	.example = "512M",
	.longest = 32,
};
const struct bh_schema_form bh_form_duration = {
	.what = "a duration",
	.pattern = "^[0-9]+(ms|s|m|h)$",
	.example = "30s",
	.longest = 32,
};
const struct bh_schema_form bh_form_rate = {
	.what = "a rate",
	.pattern = "^[0-9]+(k|M|G)?Hz$",
	.example = "125MHz",
	.longest = 32,
};

struct unit {
	const char *name;
	uint64_t factor;
};

/* The largest first, so that printing finds the shortest text. */
static const struct unit sizes[] = {
	{"T", 1ull << 40}, {"G", 1ull << 30}, {"M", 1ull << 20}, {"K", 1ull << 10}, {"", 1}};
static const struct unit durations[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit rates[] = {
	{"GHz", 1000000000}, {"MHz", 1000000}, {"kHz", 1000}, {"Hz", 1}};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static bool parse(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (errno)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(end, units[i].name))
			return bh_mul(number, units[i].factor, value);
	}
	return false;
}

static void print(uint64_t value, const struct unit *units, size_t count, char *text, size_t room)
{
	size_t i = 0;

	while (i + 1 < count && (!value || value % units[i].factor))
		i++;
	snprintf(text, room, "%" PRIu64 "%s", value / units[i].factor, units[i].name);
}

bool bh_parse_duration(const char *text, uint64_t *milliseconds)
{
	return parse(text, durations, COUNT(durations), milliseconds);
}

bool bh_parse_rate(const char *text, uint64_t *hertz)
{
	return parse(text, rates, COUNT(rates), hertz);
}

void bh_print_size(uint64_t bytes, char *text, size_t room)
{
	print(bytes, sizes, COUNT(sizes), text, room);
}

void bh_print_duration(uint64_t milliseconds, char *text, size_t room)
{
	print(milliseconds, durations, COUNT(durations), text, room);
}

void bh_print_rate(uint64_t hertz, char *text, size_t room)
{
	print(hertz, rates, COUNT(rates), text, room);
}

bool bh_parse_cidr(const char *text, struct bh_cidr *cidr)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	uint64_t prefix;

	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
	    !bh_parse_u64(slash + 1, &prefix))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	*cidr = (struct bh_cidr){.family = strchr(address, ':') ? AF_INET6 : AF_INET};
	if (inet_pton(cidr->family, address, cidr->bytes) != 1 ||
	    prefix > (cidr->family == AF_INET ? 32 : 128))
		return false;
	cidr->prefix = (unsigned)prefix;
	return true;
}

bool bh_cidr_contains(const struct bh_cidr *net, const struct bh_cidr *address)
{
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;

	if (net->family != address->family || memcmp(net->bytes, address->bytes, whole) != 0)
		return false;
	return !rest || !((net->bytes[whole] ^ address->bytes[whole]) >> (8 - rest));
}
