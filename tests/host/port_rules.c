/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a port, run by the kernel on frames that arrive at a socket. */
#include "host/port_rules.h"
#include "test.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t own[6] = {2, 0, 0, 0, 0, 1}, other[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct frame {
	uint8_t bytes[64];
};

static struct frame frame_of(const uint8_t to[6], const uint8_t from[6], uint16_t type)
{
	struct frame frame = {{0}};

	memcpy(frame.bytes, to, 6);
	memcpy(frame.bytes + 6, from, 6);
	frame.bytes[12] = (uint8_t)(type >> 8);
	frame.bytes[13] = (uint8_t)type;
	return frame;
}

static struct frame ipv4(const char *from, const char *to, uint8_t protocol)
{
	struct frame frame = frame_of(other, own, ETH_P_IP);

	frame.bytes[14] = 0x45;
	frame.bytes[23] = protocol;
	assert_int_equal(inet_pton(AF_INET, from, frame.bytes + 26), 1);
	assert_int_equal(inet_pton(AF_INET, to, frame.bytes + 30), 1);
	return frame;
}

static struct frame arp(const uint8_t mac[6], const char *address)
{
	struct frame frame = frame_of(all, own, ETH_P_ARP);

	memcpy(frame.bytes + 22, mac, 6);
	assert_int_equal(inet_pton(AF_INET, address, frame.bytes + 28), 1);
	return frame;
}

static struct bh_port port_of(const char *address, bool forwards)
{
	struct bh_port port = {.has_address = address, .forwards = forwards};

	memcpy(port.mac, own, sizeof(own));
	if (address)
		inet_pton(AF_INET, address, &port.address);
	return port;
}

/* Whether the frame reaches the other end of a socket with the port's program. */
static bool passes(struct bh_port port, struct frame frame, size_t size)
{
	struct bh_port_rules rules;
	char got[sizeof(frame)];
	int ends[2];

	bh_port_rules_make(&rules, &port, 0xffff, 0);
	const struct sock_fprog program = {rules.length, rules.code};
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(
		setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	(void)!send(ends[0], frame.bytes, size, 0);
	bool passed = recv(ends[1], got, sizeof(got), 0) > 0;
	close(ends[0]);
	close(ends[1]);
	return passed;
}

#define PASSES(port, what) assert_true(passes(port, what, sizeof(struct frame)))
#define FAILS(port, what)  assert_false(passes(port, what, sizeof(struct frame)))

static void only_the_vms_mac_address_is_a_source(void **state)
{
	(void)state;
	PASSES(port_of(NULL, false), frame_of(other, own, ETH_P_IPV6));
	FAILS(port_of(NULL, false), frame_of(other, other, ETH_P_IPV6));
	FAILS(port_of(NULL, true), frame_of(other, other, ETH_P_IP));
}

static void frames_for_bridges_do_not_reach_the_host(void **state)
{
	uint8_t group[6] = {1, 0x80, 0xc2, 0, 0, 0};

	(void)state;
	for (group[5] = 0; group[5] < 16; group[5]++)
		FAILS(port_of(NULL, false), frame_of(group, own, ETH_P_IP));
	PASSES(port_of(NULL, false), frame_of(group, own, ETH_P_IP));
	group[4] = 1;
	group[5] = 0;
	PASSES(port_of(NULL, false), frame_of(group, own, ETH_P_IP));
}

static void tagged_frames_do_not_pass(void **state)
{
	(void)state;
	FAILS(port_of(NULL, false), frame_of(other, own, ETH_P_8021Q));
	FAILS(port_of(NULL, true), frame_of(other, own, ETH_P_8021AD));
}

static void arp_speaks_for_the_vm_only(void **state)
{
	(void)state;
	PASSES(port_of(NULL, false), arp(own, "10.0.0.9"));
	FAILS(port_of(NULL, false), arp(other, "10.0.0.9"));
	PASSES(port_of("10.0.0.2", false), arp(own, "10.0.0.2"));
	PASSES(port_of("10.0.0.2", false), arp(own, "0.0.0.0"));
	FAILS(port_of("10.0.0.2", false), arp(own, "10.0.0.1"));
	FAILS(port_of("10.0.0.2", false), arp(other, "10.0.0.2"));
}

static void with_an_address_no_other_is_a_source(void **state)
{
	(void)state;
	PASSES(port_of(NULL, false), ipv4("10.0.0.9", "8.8.8.8", 6));
	PASSES(port_of("10.0.0.2", false), ipv4("10.0.0.2", "8.8.8.8", 6));
	FAILS(port_of("10.0.0.2", false), ipv4("10.0.0.3", "8.8.8.8", 6));
	FAILS(port_of("10.0.0.2", false), frame_of(other, own, ETH_P_IPV6));
	FAILS(port_of("10.0.0.2", false), frame_of(other, own, 0x88cc));
}

static void dhcp_may_ask_without_an_address(void **state)
{
	(void)state;
	PASSES(port_of("10.0.0.2", false), ipv4("0.0.0.0", "255.255.255.255", 17));
	FAILS(port_of("10.0.0.2", false), ipv4("0.0.0.0", "255.255.255.255", 6));
	FAILS(port_of("10.0.0.2", false), ipv4("0.0.0.0", "10.0.0.1", 17));
}

static void who_leads_out_may_send_what_others_wrote(void **state)
{
	(void)state;
	PASSES(port_of("10.0.0.1", true), ipv4("8.8.8.8", "10.0.0.2", 6));
	FAILS(port_of("10.0.0.1", true), arp(own, "10.0.0.2"));
}

static void short_frames_do_not_pass(void **state)
{
	(void)state;
	for (size_t size = 1; size < 14; size++)
		assert_false(passes(port_of(NULL, false), frame_of(other, own, ETH_P_IP), size));
	for (size_t size = 14; size < 30; size++)
		assert_false(
			passes(port_of("10.0.0.2", false), ipv4("10.0.0.2", "8.8.8.8", 6), size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_vms_mac_address_is_a_source),
		cmocka_unit_test(frames_for_bridges_do_not_reach_the_host),
		cmocka_unit_test(tagged_frames_do_not_pass),
		cmocka_unit_test(arp_speaks_for_the_vm_only),
		cmocka_unit_test(with_an_address_no_other_is_a_source),
		cmocka_unit_test(dhcp_may_ask_without_an_address),
		cmocka_unit_test(who_leads_out_may_send_what_others_wrote),
		cmocka_unit_test(short_frames_do_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
