/* SPDX-License-Identifier: Apache-2.0 */
#include "host/port_rules.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/if_ether.h>

/* Where things lie in a frame. */
enum {
	DESTINATION = 0,
	SOURCE = 6,
	TYPE = 12,
	ARP_SENDER_MAC = 14 + 8,
	ARP_SENDER_IP = 14 + 14,
	IP_PROTOCOL = 14 + 9,
	IP_SOURCE = 14 + 12,
	IP_DESTINATION = 14 + 16,
};

/* Jumps to the verdicts are filled in when the program is complete. */
enum { NEXT = 0, PASS = 254, DROP = 255 };

static void add(struct bh_port_rules *rules, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	assert(rules->length < BH_PORT_RULES_MAX);
	rules->code[rules->length++] = (struct sock_filter){code, yes, no, k};
}

static void load_word(struct bh_port_rules *rules, uint32_t at)
{
	add(rules, BPF_LD | BPF_W | BPF_ABS, at, NEXT, NEXT);
}

static void load_half(struct bh_port_rules *rules, uint32_t at)
{
	add(rules, BPF_LD | BPF_H | BPF_ABS, at, NEXT, NEXT);
}

static void compare(struct bh_port_rules *rules, uint32_t value, uint8_t yes, uint8_t no)
{
	add(rules, BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

static void must_be_mac(struct bh_port_rules *rules, uint32_t at, const uint8_t mac[6])
{
	load_word(rules, at);
	compare(rules,
		(uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3],
		NEXT, DROP);
	load_half(rules, at + 4);
	compare(rules, (uint32_t)mac[4] << 8 | mac[5], NEXT, DROP);
}

/* 01:80:c2:00:00:00 to 0f. */
static void must_not_be_for_bridges(struct bh_port_rules *rules)
{
	load_word(rules, DESTINATION);
	compare(rules, 0x0180c200, NEXT, 3);
	load_half(rules, DESTINATION + 4);
	add(rules, BPF_ALU | BPF_AND | BPF_K, 0xfff0, NEXT, NEXT);
	compare(rules, 0, DROP, NEXT);
}

static void arp(struct bh_port_rules *rules, const struct bh_port *port)
{
	must_be_mac(rules, ARP_SENDER_MAC, port->mac);
	if (!port->has_address) {
		add(rules, BPF_JMP | BPF_JA, PASS, NEXT, NEXT);
		return;
	}
	load_word(rules, ARP_SENDER_IP);
	compare(rules, 0, PASS, NEXT);
	compare(rules, ntohl(port->address.s_addr), PASS, DROP);
}

static void ipv4(struct bh_port_rules *rules, const struct bh_port *port)
{
	enum { UDP = 17 };

	if (!port->has_address || port->forwards) {
		add(rules, BPF_JMP | BPF_JA, PASS, NEXT, NEXT);
		return;
	}
	load_word(rules, IP_SOURCE);
	compare(rules, ntohl(port->address.s_addr), PASS, NEXT);
	compare(rules, 0, NEXT, DROP);
	load_word(rules, IP_DESTINATION);
	compare(rules, 0xffffffff, NEXT, DROP);
	add(rules, BPF_LD | BPF_B | BPF_ABS, IP_PROTOCOL, NEXT, NEXT);
	compare(rules, UDP, PASS, DROP);
}

/* The verdicts lie at the end: first to pass, then to drop. */
static void link_verdicts(struct bh_port_rules *rules, uint32_t pass, uint32_t drop)
{
	unsigned at_pass = rules->length, at_drop = at_pass + 1;

	for (unsigned i = 0; i < at_pass; i++) {
		struct sock_filter *code = &rules->code[i];
		unsigned targets[2] = {at_pass - i - 1, at_drop - i - 1};

		if (code->code == (BPF_JMP | BPF_JA)) {
			code->k = targets[code->k == DROP];
		} else if (BPF_CLASS(code->code) == BPF_JMP) {
			if (code->jt >= PASS)
				code->jt = (uint8_t)targets[code->jt == DROP];
			if (code->jf >= PASS)
				code->jf = (uint8_t)targets[code->jf == DROP];
		}
	}
	add(rules, BPF_RET | BPF_K, pass, NEXT, NEXT);
	add(rules, BPF_RET | BPF_K, drop, NEXT, NEXT);
}

void bh_port_rules_make(struct bh_port_rules *rules, const struct bh_port *port, uint32_t pass,
			uint32_t drop)
{
	rules->length = 0;
	must_be_mac(rules, SOURCE, port->mac);
	must_not_be_for_bridges(rules);
	add(rules, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT), NEXT,
	    NEXT);
	compare(rules, 0, NEXT, DROP);
	load_half(rules, TYPE);
	/* Tags that the kernel has not taken off. */
	compare(rules, ETH_P_8021Q, DROP, NEXT);
	compare(rules, ETH_P_8021AD, DROP, NEXT);

	compare(rules, ETH_P_ARP, NEXT, 0);
	unsigned not_arp = rules->length - 1u;
	arp(rules, port);
	rules->code[not_arp].jf = (uint8_t)(rules->length - not_arp - 1);

	load_half(rules, TYPE);
	compare(rules, ETH_P_IP, NEXT, port->has_address && !port->forwards ? DROP : PASS);
	ipv4(rules, port);
	link_verdicts(rules, pass, drop);
}
