/* SPDX-License-Identifier: Apache-2.0 */
/* A back end of the vhost-user protocol for tests: an honest disk, or one that lies in a given way.
 */
#ifndef BH_TESTS_VMM_BACKEND_H
#define BH_TESTS_VMM_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

/* How it treats its front end. */
enum lie {
	HONEST,
	SILENT,         /* does not answer GET_CONFIG */
	WRONG_REQUEST,  /* answers another question */
	WRONG_VERSION,  /* of the protocol */
	TOO_LONG,       /* says that more follows */
	TOO_SHORT,      /* says that less follows */
	WRONG_OFFSET,   /* in the configuration space */
	STRAY_FD,       /* sends a descriptor that nobody asked for */
	HALF,           /* hangs up in the middle of an answer */
	NO_QUEUES,      /* has none */
	NO_PROTOCOL,    /* knows no protocol features */
	REFUSES,        /* says that memory cannot be mapped */
	NO_INFLIGHT_FD, /* answers without it */
	UNASKED,        /* talks out of turn once the rings run */
	LIES,
};

struct backend {
	enum lie lie;
	bool inflight; /* offers it */
	int listener;  /* or -1: `fd` is one connection */
	int fd;
	int served;      /* requests on the ring */
	int stop;        /* dies after so many; 0: never */
	int lives;       /* connections so far */
	bool wrong_base; /* a life after the first was told to begin at a wrong place */
};

/* Serves one connection to its end: a thread's main function, with a struct backend. */
void *backend_main(void *backend);

/* The first byte of each sector it reads. */
#define BACKEND_BYTE 0x5a

#endif
