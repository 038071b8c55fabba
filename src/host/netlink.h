/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the kernel's network configuration (rtnetlink), for network.c: one message is built,
 * sent and answered at a time.
 */
#ifndef BH_HOST_NETLINK_H
#define BH_HOST_NETLINK_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bh_netlink {
	int fd;
	uint32_t sequence;
};

/* 0 or a negative errno. */
int bh_netlink_open(struct bh_netlink *netlink);
void bh_netlink_close(struct bh_netlink *netlink);

/* A message: begin it, add attributes, send it. All sizes are those of our own tables. */
struct bh_message {
	_Alignas(4) uint8_t bytes[4096];
	size_t length;
};

void bh_message_begin(struct bh_message *message, uint16_t type, uint16_t flags, const void *header,
		      size_t size);
void bh_message_add(struct bh_message *message, uint16_t attribute, const void *data, size_t size);
void bh_message_add_text(struct bh_message *message, uint16_t attribute, const char *text);
void bh_message_add_u8(struct bh_message *message, uint16_t attribute, uint8_t value);
void bh_message_add_u16(struct bh_message *message, uint16_t attribute, uint16_t value);
void bh_message_add_u32(struct bh_message *message, uint16_t attribute, uint32_t value);
/* An attribute of attributes: from open to close. */
size_t bh_message_open(struct bh_message *message, uint16_t attribute);
void bh_message_close(struct bh_message *message, size_t at);

/* Sends it and waits for the kernel's word: 0 or a negative errno. */
int bh_netlink_do(struct bh_netlink *netlink, struct bh_message *message);

/* A network interface as the kernel tells of it. */
struct bh_link {
	int index, master; /* master 0: it is no port */
	char name[16], kind[16], alias[64];
	bool up;
};

/* 0, -ENODEV when there is none of this name, or another negative errno. */
int bh_link_find(struct bh_netlink *netlink, const char *name, struct bh_link *link);

/* Calls `each` for all interfaces until it returns false. 0 or a negative errno. */
int bh_link_list(struct bh_netlink *netlink, bool (*each)(void *owner, const struct bh_link *link),
		 void *owner);

#endif
