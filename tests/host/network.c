/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of VMs in a network namespace of this test's own: frames go in at taps and are looked
 * for at others. */
#include "host/network.h"
#include "host/netlink.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADER 10 /* of virtio, before each frame */

static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct fixture {
	struct bh_sys sys;
	struct bh_diags diags;
	struct bh_manifest vms[3]; /* a and b share "lan"; b and c share "dmz" */
	struct bh_netlink netlink;
};

static void add_port(struct bh_manifest *vm, const char *tap, const char *bridge, uint8_t last)
{
	vm->virtio[vm->virtio_count++] = (struct bh_manifest_virtio){.kind = BH_VIRTIO_NET,
								     .name = bridge,
								     .host = tap,
								     .bridge = bridge,
								     .mac = {2, 0, 0, 0, 0, last}};
}

static int begin(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	bh_sys_init(&f.sys);
	bh_diags_init(&f.diags);
	f.vms[0].vm = "a";
	f.vms[1].vm = "b";
	f.vms[2].vm = "c";
	add_port(&f.vms[0], "bh0.0", "bh-lan", 1);
	add_port(&f.vms[1], "bh1.0", "bh-lan", 2);
	add_port(&f.vms[1], "bh1.1", "bh-dmz", 3);
	add_port(&f.vms[2], "bh2.1", "bh-dmz", 4);
	/* A network of its own for each test: nothing of one is left for the next. */
	if (unshare(CLONE_NEWNET))
		return -1;
	*state = &f;
	return bh_netlink_open(&f.netlink);
}

static int end(void **state)
{
	struct fixture *f = *state;

	bh_netlink_close(&f->netlink);
	bh_diags_finish(&f->diags);
	return 0;
}

static void up(struct fixture *f, size_t vm)
{
	bool ok = bh_network_up(&f->sys, &f->vms[vm], &f->diags);

	for (size_t i = 0; i < f->diags.count; i++)
		print_message("%s\n", f->diags.items[i].message);
	assert_true(ok);
}

static bool exists(struct fixture *f, const char *name)
{
	struct bh_link link;

	return !bh_link_find(&f->netlink, name, &link);
}

/* The kernel notices some time after a tap was opened that its other end is there. */
static void wait_carrier(struct ifreq *request)
{
	const struct timespec moment = {0, 2000000};
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	while (!ioctl(any, SIOCGIFFLAGS, request) && (request->ifr_flags & IFF_UP) &&
	       !(request->ifr_flags & IFF_RUNNING))
		nanosleep(&moment, NULL);
	/* A change waits for those before it: the bridge has been told, too. */
	(void)!ioctl(any, SIOCSIFFLAGS, request);
	close(any);
}

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	wait_carrier(&request);
	return fd;
}

static void send_frame(int tap, const uint8_t to[6], uint8_t from, uint16_t type, uint8_t mark)
{
	uint8_t bytes[HEADER + 64] = {0}, *frame = bytes + HEADER;

	memcpy(frame, to, 6);
	frame[6] = 2;
	frame[11] = from;
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	frame[20] = mark;
	assert_int_equal(write(tap, bytes, sizeof(bytes)), sizeof(bytes));
}

/* The mark of the next frame of type 0x88b5 at this tap; -1: none is there. The host's own frames
 * are none of ours. */
static int next_mark(int tap)
{
	uint8_t bytes[HEADER + 2048];
	ssize_t got;

	while ((got = read(tap, bytes, sizeof(bytes))) > 0) {
		if (got > HEADER + 21 && bytes[HEADER + 12] == 0x88 && bytes[HEADER + 13] == 0xb5)
			return bytes[HEADER + 20];
	}
	return -1;
}

#define TYPE 0x88b5 /* for experiments */

static void vms_of_one_network_hear_each_other(void **state)
{
	struct fixture *f = *state;
	const uint8_t b[6] = {2, 0, 0, 0, 0, 2};

	up(f, 0);
	up(f, 1);
	int from = open_tap("bh0.0"), to = open_tap("bh1.0");
	send_frame(from, all, 1, TYPE, 11);
	assert_int_equal(next_mark(to), 11);
	send_frame(from, b, 1, TYPE, 12);
	assert_int_equal(next_mark(to), 12);
	close(from);
	close(to);
}

static void vms_that_share_no_network_do_not(void **state)
{
	struct fixture *f = *state;
	const uint8_t c[6] = {2, 0, 0, 0, 0, 4};

	for (size_t i = 0; i < 3; i++)
		up(f, i);
	int a = open_tap("bh0.0"), other = open_tap("bh1.1"), to = open_tap("bh2.1");
	send_frame(a, all, 1, TYPE, 21);
	send_frame(a, c, 1, TYPE, 22);
	assert_int_equal(next_mark(to), -1);
	/* The way that there is works. */
	send_frame(other, c, 3, TYPE, 23);
	assert_int_equal(next_mark(to), 23);
	assert_int_equal(next_mark(a), -1);
	close(a);
	close(other);
	close(to);
}

static void a_false_mac_address_is_not_let_through(void **state)
{
	struct fixture *f = *state;

	up(f, 0);
	up(f, 1);
	int from = open_tap("bh0.0"), to = open_tap("bh1.0");
	send_frame(from, all, 2, TYPE, 31);
	send_frame(from, all, 9, TYPE, 32);
	send_frame(from, all, 1, TYPE, 33);
	assert_int_equal(next_mark(to), 33);
	close(from);
	close(to);
}

static void frames_for_somebody_else_stay_away(void **state)
{
	struct fixture *f = *state;
	const uint8_t nobody[6] = {2, 0, 0, 0, 0, 99};

	up(f, 0);
	up(f, 1);
	int from = open_tap("bh0.0"), to = open_tap("bh1.0");
	send_frame(from, nobody, 1, TYPE, 41);
	assert_int_equal(next_mark(to), -1);
	close(from);
	close(to);
}

static void command(const char *text)
{
	assert_int_equal(system(text), 0);
}

/* A host answers for any of its addresses on any of its interfaces, if it hears the question. */
static bool host_answers(int tap)
{
	static const uint8_t question[] = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0,   0, 0, 1,
					   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
	uint8_t bytes[HEADER + 64] = {0}, *frame = bytes + HEADER, got[2048];
	ssize_t size;

	memcpy(frame, all, 6);
	frame[6] = 2;
	frame[11] = 1;
	frame[12] = 8;
	frame[13] = 6;
	memcpy(frame + 14, question, sizeof(question));
	assert_int_equal(write(tap, bytes, sizeof(bytes)), sizeof(bytes));
	while ((size = read(tap, got, sizeof(got))) > 0) {
		if (size > HEADER + 21 && got[HEADER + 12] == 8 && got[HEADER + 13] == 6 &&
		    got[HEADER + 21] == 2)
			return true;
	}
	return false;
}

static void the_host_hears_no_frame(void **state)
{
	struct fixture *f = *state;

	command("ip addr add 192.0.2.1/32 dev lo && ip link set lo up");
	up(f, 0);
	int tap = open_tap("bh0.0");
	assert_false(host_answers(tap));
	/* So would it be without the rule. */
	command("tc qdisc del dev bh-lan clsact");
	assert_true(host_answers(tap));
	close(tap);
}

static void no_frame_of_the_host_reaches_a_vm(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[64] = {0};
	struct bh_link link;

	up(f, 0);
	int host = socket(AF_PACKET, SOCK_RAW, 0), to = open_tap("bh0.0");
	assert_int_equal(bh_link_find(&f->netlink, "bh-lan", &link), 0);
	const struct sockaddr_ll place = {
		.sll_family = AF_PACKET, .sll_ifindex = link.index, .sll_halen = 6};
	memcpy(frame, all, 6);
	frame[6] = 2;
	frame[12] = 0x88;
	frame[13] = 0xb5;
	frame[20] = 55;
	(void)!sendto(host, frame, sizeof(frame), 0, (const void *)&place, sizeof(place));
	assert_int_equal(next_mark(to), -1);
	command("tc qdisc del dev bh-lan clsact");
	(void)!sendto(host, frame, sizeof(frame), 0, (const void *)&place, sizeof(place));
	assert_int_equal(next_mark(to), 55);
	close(host);
	close(to);
}

static void the_host_has_no_address_there(void **state)
{
	struct fixture *f = *state;
	char line[256];

	up(f, 0);
	FILE *addresses = fopen("/proc/net/if_inet6", "r");
	while (addresses && fgets(line, sizeof(line), addresses))
		assert_null(strstr(line, "bh"));
	if (addresses)
		fclose(addresses);
	/* The flags and IPv4 addresses of interfaces: bridge and tap are up and have none. */
	int any = socket(AF_INET, SOCK_DGRAM, 0);
	for (size_t i = 0; i < 2; i++) {
		struct ifreq request = {0};
		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", i ? "bh0.0" : "bh-lan");
		assert_int_equal(ioctl(any, SIOCGIFFLAGS, &request), 0);
		assert_true(request.ifr_flags & IFF_UP);
		assert_int_equal(ioctl(any, SIOCGIFADDR, &request), -1);
	}
	close(any);
}

static void a_bridge_goes_with_its_last_tap(void **state)
{
	struct fixture *f = *state;

	up(f, 0);
	up(f, 1);
	bh_network_down(&f->vms[1]);
	assert_true(exists(f, "bh-lan"));
	assert_true(exists(f, "bh0.0"));
	assert_false(exists(f, "bh-dmz"));
	assert_false(exists(f, "bh1.0"));
	bh_network_down(&f->vms[0]);
	assert_false(exists(f, "bh-lan"));
}

static void what_is_left_of_before_is_made_anew(void **state)
{
	struct fixture *f = *state;

	up(f, 0);
	up(f, 0);
	bh_network_down(&f->vms[0]);
	assert_false(exists(f, "bh-lan"));
	bh_network_down(&f->vms[0]);
}

static void interfaces_of_others_are_left_alone(void **state)
{
	struct fixture *f = *state;
	struct ifreq request = {.ifr_name = "bh-lan", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	assert_false(bh_network_up(&f->sys, &f->vms[0], &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1123");
	bh_network_down(&f->vms[0]);
	assert_true(exists(f, "bh-lan"));
	close(fd);
}

static void a_tap_of_somebody_else_leaves_nothing_half_made(void **state)
{
	struct fixture *f = *state;
	struct ifreq request = {.ifr_name = "bh1.1", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	assert_false(bh_network_up(&f->sys, &f->vms[1], &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1123");
	assert_false(exists(f, "bh-lan"));
	assert_false(exists(f, "bh-dmz"));
	assert_false(exists(f, "bh1.0"));
	assert_true(exists(f, "bh1.1"));
	close(fd);
}

static void an_uplink_that_is_not_there_is_an_error(void **state)
{
	struct fixture *f = *state;

	f->vms[0].virtio[0].uplink = "eth99";
	assert_false(bh_network_up(&f->sys, &f->vms[0], &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1123");
	assert_false(exists(f, "bh-lan"));
}

static void an_uplink_carries_frames_and_outlives_the_bridge(void **state)
{
	struct fixture *f = *state;
	const uint8_t nobody[6] = {2, 0, 0, 0, 0, 99};

	/* Any interface will do: a tap of our own. */
	int uplink = open_tap("wire");
	f->vms[0].virtio[0].uplink = "wire";
	up(f, 0);
	int from = open_tap("bh0.0");
	struct ifreq request = {.ifr_name = "wire"};
	wait_carrier(&request);
	send_frame(from, nobody, 1, TYPE, 61);
	assert_int_equal(next_mark(uplink), 61);
	send_frame(uplink, all, 77, TYPE, 62);
	assert_int_equal(next_mark(from), 62);
	bh_network_down(&f->vms[0]);
	assert_true(exists(f, "wire"));
	assert_false(exists(f, "bh-lan"));
	close(from);
	close(uplink);
}

static void without_privilege_it_is_an_error(void **state)
{
	struct fixture *f = *state;
	const uid_t nobody = 65534;

	assert_int_equal(seteuid(nobody), 0);
	bool ok = bh_network_up(&f->sys, &f->vms[0], &f->diags);
	assert_int_equal(seteuid(0), 0);
	assert_false(ok);
	assert_string_equal(f->diags.items[0].code, "E1122");
	assert_non_null(strstr(f->diags.items[0].hint, "root"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vms_of_one_network_hear_each_other),
		TEST(vms_that_share_no_network_do_not),
		TEST(a_false_mac_address_is_not_let_through),
		TEST(frames_for_somebody_else_stay_away),
		TEST(the_host_hears_no_frame),
		TEST(no_frame_of_the_host_reaches_a_vm),
		TEST(the_host_has_no_address_there),
		TEST(a_bridge_goes_with_its_last_tap),
		TEST(what_is_left_of_before_is_made_anew),
		TEST(interfaces_of_others_are_left_alone),
		TEST(a_tap_of_somebody_else_leaves_nothing_half_made),
		TEST(an_uplink_that_is_not_there_is_an_error),
		TEST(an_uplink_carries_frames_and_outlives_the_bridge),
		TEST(without_privilege_it_is_an_error),
	};

	if (geteuid() || access("/dev/net/tun", R_OK | W_OK) || unshare(CLONE_NEWNET) ||
	    system("command -v ip >/dev/null && command -v tc >/dev/null")) {
		puts("skipped: this needs network namespaces, taps, ip and tc");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
