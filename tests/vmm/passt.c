/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passt FILE: the network device over a socket to the real passt, which FILE is. The test is the
 * guest's driver: it asks for an address by DHCP, and asks who has the router's.
 */
#include "test.h"

#include "vmm/bench.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER = BENCH_RAM + 0x200000, ROOM = 2048, BUFFERS = 4, HEADER = 12, FRAME_MIN = 60 };
enum { ETHERNET = 14, IP = 20, UDP = 8, DHCP = 240 };

static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x01};

struct peer {
	struct bench bench;
	struct driver driver;
	char folder[32], path[64];
	pid_t passt;
	int wire;      /* the device's end, to wait for */
	unsigned seen; /* frames */
};

static const char *program;

/* What passt offers: the address is the host's own. */
static const char *const addresses[] = {"-4", "-a",       "10.9.8.7", "-n",  "255.255.255.0",
					"-g", "10.9.8.1", "-D",       "none"};

static void run_passt(const char *path)
{
	const char *argv[24] = {program, "-f", "-q", "-1", "-s", path, "-t", "none", "-u", "none"};
	size_t count = 10;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		argv[count++] = addresses[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(program, (char **)(uintptr_t)argv);
	_exit(127);
}

/* Its socket appears when it is ready; nothing does when it cannot run here. */
static int connect_to(struct peer *peer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, peer->path);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (waitpid(peer->passt, NULL, WNOHANG) == peer->passt) {
			close(fd);
			return -1;
		}
		usleep(10000);
	}
	return fd;
}

static int set_up(void **state)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	strcpy(peer->folder, "/tmp/passt-XXXXXX");
	assert_non_null(mkdtemp(peer->folder));
	/* passt runs as nobody when it is started as root. */
	chmod(peer->folder, 0777);
	snprintf(peer->path, sizeof(peer->path), "%s/socket", peer->folder);
	peer->passt = fork();
	if (!peer->passt)
		run_passt(peer->path);
	int fd = connect_to(peer);
	if (fd < 0) {
		fputs("passt does not run here\n", stderr);
		unlink(peer->path);
		rmdir(peer->folder);
		exit(77);
	}
	peer->wire = dup(fd);
	bench_init_network(&peer->bench, true, fd);
	driver_init(&peer->driver, &peer->bench, BENCH_NET, 0);
	for (unsigned i = 0; i < BUFFERS; i++)
		driver_add(&peer->driver, 0, &(struct driver_part){BUFFER + ROOM * i, ROOM, true},
			   1);
	*state = peer;
	return 0;
}

static int tear_down(void **state)
{
	struct peer *peer = *state;

	bench_finish(&peer->bench);
	close(peer->wire);
	/* It ends with its one connection. */
	waitpid(peer->passt, NULL, 0);
	unlink(peer->path);
	rmdir(peer->folder);
	free(peer);
	return 0;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void send_frame(struct peer *peer, const uint8_t *frame, uint32_t size)
{
	uint64_t at = BUFFER + ROOM * BUFFERS;

	memset(bench_at(&peer->bench, at), 0, HEADER);
	memcpy(bench_at(&peer->bench, at + HEADER), frame, size);
	driver_add(&peer->driver, 1, &(struct driver_part){at, HEADER + size, false}, 1);
	bench_work(&peer->bench);
}

/* The first frame of this kind that arrives; others are passed over. Waits as long as it takes. */
static const uint8_t *receive(struct peer *peer, bool (*wanted)(const uint8_t *, uint32_t))
{
	struct pollfd wire = {.fd = peer->wire, .events = POLLIN};
	uint32_t written;

	for (;;) {
		while (!driver_next(&peer->driver, 0, &written)) {
			assert_true(peer->seen < BUFFERS);
			poll(&wire, 1, -1);
			bench_work(&peer->bench);
		}
		const uint8_t *frame =
			bench_at(&peer->bench, BUFFER + ROOM * peer->seen++ + HEADER);
		if (wanted(frame, written - HEADER))
			return frame;
	}
}

static unsigned checksum(const uint8_t *data, size_t size)
{
	unsigned sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += get16(data + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint32_t discover(uint8_t *frame)
{
	uint8_t *ip = frame + ETHERNET, *udp = ip + IP, *dhcp = udp + UDP, *option = dhcp + DHCP;
	static const uint8_t options[] = {53, 1, 1, 255};
	unsigned size = UDP + DHCP + sizeof(options);

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, IP + size);
	ip[8] = 64;
	ip[9] = 17;
	memset(ip + 16, 0xff, 4);
	put16(ip + 10, checksum(ip, IP));
	put16(udp, 68);
	put16(udp + 2, 67);
	put16(udp + 4, size);
	memcpy(dhcp, "\x01\x01\x06\0BHBH", 8);
	memcpy(dhcp + 28, mac, 6);
	memcpy(dhcp + 236, "\x63\x82\x53\x63", 4);
	memcpy(option, options, sizeof(options));
	return ETHERNET + IP + size;
}

static bool is_offer(const uint8_t *frame, uint32_t size)
{
	const uint8_t *udp = frame + ETHERNET + IP;

	return size >= ETHERNET + IP + UDP + DHCP && get16(frame + 12) == 0x0800 &&
	       frame[ETHERNET + 9] == 17 && get16(udp) == 67 && get16(udp + 2) == 68;
}

static void the_guest_is_offered_an_address(void **state)
{
	struct peer *peer = *state;
	uint8_t frame[400] = {0};

	send_frame(peer, frame, discover(frame));
	const uint8_t *offer = receive(peer, is_offer), *dhcp = offer + ETHERNET + IP + UDP;
	assert_memory_equal(offer, mac, 6);
	assert_memory_equal(dhcp + 4, "BHBH", 4);
	assert_memory_equal(dhcp + 16, "\x0a\x09\x08\x07", 4);
}

static bool is_arp(const uint8_t *frame, uint32_t size)
{
	return size >= ETHERNET + 28 && get16(frame + 12) == 0x0806;
}

static void the_router_answers(void **state)
{
	struct peer *peer = *state;
	uint8_t frame[FRAME_MIN] = {0}, *arp = frame + ETHERNET;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	put16(frame + 12, 0x0806);
	memcpy(arp, "\0\x01\x08\0\x06\x04\0\x01", 8);
	memcpy(arp + 8, mac, 6);
	memcpy(arp + 14, "\x0a\x09\x08\x07", 4);
	memcpy(arp + 24, "\x0a\x09\x08\x01", 4);
	send_frame(peer, frame, sizeof(frame));
	const uint8_t *answer = receive(peer, is_arp);
	assert_memory_equal(answer, mac, 6);
	assert_int_equal(get16(answer + ETHERNET + 6), 2);
	assert_memory_equal(answer + ETHERNET + 14, "\x0a\x09\x08\x01", 4);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_guest_is_offered_an_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_router_answers, set_up, tear_down),
	};

	program = argc > 1 ? argv[1] : getenv("PASST");
	if (!program || access(program, X_OK)) {
		fputs("passt is not here\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
