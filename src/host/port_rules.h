/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM may send into a network, as a classic BPF program that looks at each frame. Nothing
 * here touches the kernel, so tests run the program on frames of their own.
 */
#ifndef BH_HOST_PORT_RULES_H
#define BH_HOST_PORT_RULES_H

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BH_PORT_RULES_MAX 48

struct bh_port_rules {
	struct sock_filter code[BH_PORT_RULES_MAX];
	unsigned short length;
};

struct bh_port {
	uint8_t mac[6];
	bool has_address;
	struct in_addr address;
	bool forwards; /* its IPv4 packets may be from anybody; its ARP may not */
};

/*
 * A frame passes when
 *  - its source is the VM's MAC address, and its destination none of 01:80:c2:00:00:0x, which a
 *    bridge does not forward but hands to the host;
 *  - it has no VLAN tag;
 *  - it is not ARP, or it speaks for the VM's MAC address and, where the VM has an address, for
 * that or for none (a probe);
 *  - where the VM has an address, it is ARP, or IPv4 from that address, or DHCP's question of
 *    one who has no address yet.
 * The program returns `pass` or `drop`.
 */
void bh_port_rules_make(struct bh_port_rules *rules, const struct bh_port *port, uint32_t pass,
			uint32_t drop);

#endif
