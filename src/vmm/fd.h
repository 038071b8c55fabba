/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of host resources. Everywhere a path can stand, "fd:N" can too: a descriptor that the
 * process was started with. That is how a VMM without any rights gets its files.
 */
#ifndef BH_VMM_FD_H
#define BH_VMM_FD_H

#include <stdbool.h>

/* N of "fd:N", or -1 for everything else. */
int bh_fd_of(const char *name);

/* The same of a list, "fd:3,4,5": the descriptor at `index`, or -1. */
int bh_fd_at(const char *names, unsigned index);

/* Opens the path, or duplicates the descriptor. Close-on-exec. -1 with errno. */
int bh_open(const char *name, int flags);

/* A listening Unix socket that only this user can reach; replaces a stale one. */
int bh_listen(const char *name);

/* Connects to a Unix stream socket. */
int bh_connect(const char *name);

/*
 * The next client: of a listening socket, where it must have our user id; or of a door, a packet
 * socket through which the launcher passes on those it let in. -1: there is none.
 */
int bh_accept(int fd);

/* Whether the process at the other end has our user id. */
bool bh_peer_is_us(int fd);

/* Takes the descriptor that waits in a door; `flags` as of recvmsg(). -1 with errno. */
int bh_door_take(int door, int flags);

#endif
