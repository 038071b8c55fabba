/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter ROUNDS BYTES PORT: TCP to and from 10.0.2.2 (tests/lab/net/serve.c) and round trips of
 * small packets, in nanoseconds, by whoever drives the FEC: a host or a guest. A first round is not
 * told, because the first connection after a boot is slow on either side. Lines are "NAME VALUE".
 */
#define _GNU_SOURCE
#include "../../tests/lab/interrupts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TRIPS = 500, PAYLOAD = 1 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Of all lines of the controller. */
static unsigned long interrupts(void)
{
	unsigned long sum;

	count_interrupts("ethernet", &sum);
	return sum;
}

static int reach(uint16_t port, const char *ask, size_t bytes)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "10.0.2.2", &peer.sin_addr);
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) ||
	    dprintf(fd, "%s %zu\n", ask, bytes) < 0)
		exit(1);
	return fd;
}

/* From the first byte to the last. */
static uint64_t receive(uint16_t port, char *data, size_t bytes)
{
	int fd = reach(port, "GET", bytes);
	size_t done = 0;
	uint64_t begin = 0;
	ssize_t count;

	while (done < bytes && (count = read(fd, data + done, bytes - done)) > 0) {
		begin = begin ? begin : now();
		done += (size_t)count;
	}
	close(fd);
	return done == bytes ? now() - begin : 0;
}

/* Until the other end has it all: then it closes. */
static uint64_t transmit(uint16_t port, const char *data, size_t bytes)
{
	int fd = reach(port, "PUT", bytes);
	uint64_t begin = now();
	size_t done = 0;
	ssize_t count;
	char end;

	while (done < bytes && (count = write(fd, data + done, bytes - done)) > 0)
		done += (size_t)count;
	shutdown(fd, SHUT_WR);
	while (read(fd, &end, 1) > 0)
		;
	close(fd);
	return done == bytes ? now() - begin : 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The emulated network answers an echo request while it takes it, so a round trip is work of this
 * side alone: a packet sent, an interrupt, a packet received. `gap` is a pause before each, in us.
 */
static void trips(const char *name, useconds_t gap)
{
	struct {
		struct icmphdr head;
		char payload[PAYLOAD];
	} echo = {.head.type = ICMP_ECHO};
	struct sockaddr_in peer = {.sin_family = AF_INET};
	static uint64_t took[TRIPS];
	uint64_t sum = 0;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	inet_pton(AF_INET, "10.0.2.2", &peer.sin_addr);
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		return;
	for (int i = 0; i < TRIPS; i++) {
		const struct {
			struct iphdr ip;
			struct icmphdr head;
		} * answer;
		char packet[256];

		if (gap)
			usleep(gap);
		echo.head.un.echo.sequence = htons((uint16_t)i);
		echo.head.checksum = 0;
		/* Zeros but for the type and the number. */
		echo.head.checksum = (uint16_t) ~(ICMP_ECHO + echo.head.un.echo.sequence);
		uint64_t begin = now();
		(void)!send(fd, &echo, sizeof(echo.head) + PAYLOAD, 0);
		do {
			if (recv(fd, packet, sizeof(packet), 0) < (ssize_t)sizeof(*answer))
				return;
			answer = (const void *)packet;
		} while (answer->head.type != ICMP_ECHOREPLY ||
			 answer->head.un.echo.sequence != echo.head.un.echo.sequence);
		took[i] = now() - begin;
		sum += took[i];
	}
	close(fd);
	qsort(took, TRIPS, sizeof(took[0]), compare);
	printf("%s %llu\n%s-mean %llu\n", name, (unsigned long long)took[TRIPS / 2], name,
	       (unsigned long long)sum / TRIPS);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int rounds = atoi(argv[1]);
	size_t bytes = strtoul(argv[2], NULL, 10);
	uint16_t port = (uint16_t)atoi(argv[3]);
	char *data = malloc(bytes);

	for (int round = 0; data && round <= rounds; round++) {
		unsigned long before = interrupts();
		uint64_t in = receive(port, data, bytes);
		unsigned long between = interrupts();
		uint64_t out = transmit(port, data, bytes);

		if (!in || !out)
			return 1;
		if (!round)
			continue;
		printf("received %llu\ninterrupts-received %lu\nsent %llu\ninterrupts-sent %lu\n",
		       (unsigned long long)in, between - before, (unsigned long long)out,
		       interrupts() - between);
	}
	trips("trip", 0);
	trips("trip-after-pause", 5000);
	return 0;
}
