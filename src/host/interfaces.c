/* SPDX-License-Identifier: Apache-2.0 */
#include "host/interfaces.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define CLASS "/sys/class/net"

/* The flags of an interface, as <net/if.h> has them; 0 when they cannot be read. */
static uint64_t flags_of(struct bh_sys *sys, const char *interface)
{
	struct bh_buf text;
	uint64_t flags = 0;

	bh_buf_init(&text);
	if (bh_sys_read(sys, &text, CLASS "/%s/flags", interface) ||
	    !bh_parse_u64(bh_buf_str(&text), &flags))
		flags = 0;
	bh_buf_finish(&text);
	return flags;
}

static bool set_flags(struct bh_sys *sys, const char *interface, uint64_t flags)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%x", (unsigned)flags);
	return !bh_sys_write(sys, text, CLASS "/%s/flags", interface);
}

/* Its addresses of IP, with commas between them. */
static void add_addresses(struct bh_buf *text, const char *interface)
{
	char address[INET6_ADDRSTRLEN];
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!one->ifa_addr || strcmp(one->ifa_name, interface) != 0)
			continue;
		const struct sockaddr_in *v4 = (const void *)one->ifa_addr;
		const struct sockaddr_in6 *v6 = (const void *)one->ifa_addr;
		int family = one->ifa_addr->sa_family;
		const void *bytes = family == AF_INET    ? (const void *)&v4->sin_addr
				    : family == AF_INET6 ? (const void *)&v6->sin6_addr
							 : NULL;
		if (bytes && inet_ntop(family, bytes, address, sizeof(address)))
			bh_buf_addf(text, "%s%s", text->length ? ", " : "", address);
	}
	freeifaddrs(all);
}

static void say(const char *interface, const char *device, struct bh_diags *diags)
{
	struct bh_diag *diag = bh_report(diags, BH_NOTE, "E1130",
					 "the host's interface %s was up, and goes down with %s",
					 interface, device);
	struct bh_buf addresses;

	bh_buf_init(&addresses);
	add_addresses(&addresses, interface);
	if (addresses.length)
		bh_diag_cause(diag, "it had %s", bh_buf_str(&addresses));
	bh_diag_hint(diag, "when the device comes back, bring the interface up and give it its "
			   "addresses, or let the host's network manager do it");
	bh_buf_finish(&addresses);
}

void bh_interfaces_down(struct bh_sys *sys, const char *bus, const char *device,
			struct bh_names *down, struct bh_diags *diags)
{
	struct bh_names names;

	*down = (struct bh_names){NULL, 0, 0};
	if (bh_sys_list(sys, &names, "/sys/bus/%s/devices/%s/net", bus, device))
		return;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t flags = flags_of(sys, names.items[i]);

		if (!(flags & IFF_UP))
			continue;
		say(names.items[i], device, diags);
		/* When it stays up, the driver says so next. */
		if (set_flags(sys, names.items[i], flags & ~(uint64_t)IFF_UP))
			bh_names_add(down, names.items[i]);
	}
	bh_names_finish(&names);
}

void bh_interfaces_up(struct bh_sys *sys, const struct bh_names *down)
{
	for (size_t i = 0; i < down->count; i++) {
		uint64_t flags = flags_of(sys, down->items[i]);

		if (flags)
			(void)set_flags(sys, down->items[i], flags | IFF_UP);
	}
}
