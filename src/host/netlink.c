/* SPDX-License-Identifier: Apache-2.0 */
#include "host/netlink.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int bh_netlink_open(struct bh_netlink *netlink)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	*netlink = (struct bh_netlink){
		.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
	if (netlink->fd < 0)
		return -errno;
	if (connect(netlink->fd, (struct sockaddr *)&kernel, sizeof(kernel))) {
		int error = -errno;
		bh_netlink_close(netlink);
		return error;
	}
	return 0;
}

void bh_netlink_close(struct bh_netlink *netlink)
{
	if (netlink->fd >= 0)
		close(netlink->fd);
	netlink->fd = -1;
}

/* Room for so many bytes at the end, which stays aligned. */
static void *extend(struct bh_message *message, size_t size)
{
	size_t at = message->length;

	assert(at + NLMSG_ALIGN(size) <= sizeof(message->bytes));
	message->length += NLMSG_ALIGN(size);
	return message->bytes + at;
}

static struct nlmsghdr *header_of(struct bh_message *message)
{
	return (struct nlmsghdr *)(void *)message->bytes;
}

void bh_message_begin(struct bh_message *message, uint16_t type, uint16_t flags, const void *header,
		      size_t size)
{
	memset(message, 0, sizeof(*message));
	struct nlmsghdr *start = extend(message, sizeof(*start));
	*start = (struct nlmsghdr){.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
	memcpy(extend(message, size), header, size);
}

void bh_message_add(struct bh_message *message, uint16_t attribute, const void *data, size_t size)
{
	struct rtattr *start = extend(message, sizeof(*start) + size);

	start->rta_type = attribute;
	start->rta_len = (uint16_t)(sizeof(*start) + size);
	if (size)
		memcpy(RTA_DATA(start), data, size);
}

void bh_message_add_text(struct bh_message *message, uint16_t attribute, const char *text)
{
	bh_message_add(message, attribute, text, strlen(text) + 1);
}

void bh_message_add_u8(struct bh_message *message, uint16_t attribute, uint8_t value)
{
	bh_message_add(message, attribute, &value, sizeof(value));
}

void bh_message_add_u16(struct bh_message *message, uint16_t attribute, uint16_t value)
{
	bh_message_add(message, attribute, &value, sizeof(value));
}

void bh_message_add_u32(struct bh_message *message, uint16_t attribute, uint32_t value)
{
	bh_message_add(message, attribute, &value, sizeof(value));
}

size_t bh_message_open(struct bh_message *message, uint16_t attribute)
{
	size_t at = message->length;

	bh_message_add(message, attribute, NULL, 0);
	return at;
}

void bh_message_close(struct bh_message *message, size_t at)
{
	struct rtattr *start = (struct rtattr *)(void *)(message->bytes + at);

	start->rta_len = (uint16_t)(message->length - at);
}

static int send_message(struct bh_netlink *netlink, struct bh_message *message)
{
	struct nlmsghdr *start = header_of(message);

	start->nlmsg_len = (uint32_t)message->length;
	start->nlmsg_seq = ++netlink->sequence;
	ssize_t sent = send(netlink->fd, message->bytes, message->length, 0);
	return sent == (ssize_t)message->length ? 0 : sent < 0 ? -errno : -EIO;
}

/*
 * Reads answers to the last request until one ends them: an error (0: none) or the end of a list.
 * Links among them go to `each`.
 */
static int read_answers(struct bh_netlink *netlink, bool (*each)(void *, const struct bh_link *),
			void *owner);

int bh_netlink_do(struct bh_netlink *netlink, struct bh_message *message)
{
	header_of(message)->nlmsg_flags |= NLM_F_ACK;
	int error = send_message(netlink, message);

	return error ? error : read_answers(netlink, NULL, NULL);
}

static void copy_text(char *to, size_t room, const struct rtattr *from)
{
	size_t length = strnlen(RTA_DATA(from), RTA_PAYLOAD(from));

	snprintf(to, room, "%.*s", (int)length, (const char *)RTA_DATA(from));
}

static void read_kind(struct bh_link *link, const struct rtattr *info)
{
	int left = (int)RTA_PAYLOAD(info);

	for (struct rtattr *at = RTA_DATA(info); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if ((at->rta_type & NLA_TYPE_MASK) == IFLA_INFO_KIND)
			copy_text(link->kind, sizeof(link->kind), at);
	}
}

static bool read_link(const struct nlmsghdr *message, struct bh_link *link)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = (int)IFLA_PAYLOAD(message);

	if (message->nlmsg_type != RTM_NEWLINK || left < 0)
		return false;
	*link = (struct bh_link){.index = info->ifi_index, .up = info->ifi_flags & IFF_UP};
	for (struct rtattr *at = IFLA_RTA(info); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		switch (at->rta_type & NLA_TYPE_MASK) {
		case IFLA_IFNAME:
			copy_text(link->name, sizeof(link->name), at);
			break;
		case IFLA_IFALIAS:
			copy_text(link->alias, sizeof(link->alias), at);
			break;
		case IFLA_MASTER:
			if (RTA_PAYLOAD(at) == sizeof(link->master))
				memcpy(&link->master, RTA_DATA(at), sizeof(link->master));
			break;
		case IFLA_LINKINFO:
			read_kind(link, at);
			break;
		}
	}
	return true;
}

static int read_answers(struct bh_netlink *netlink, bool (*each)(void *, const struct bh_link *),
			void *owner)
{
	_Alignas(4) uint8_t bytes[32768];

	for (;;) {
		ssize_t got = recv(netlink->fd, bytes, sizeof(bytes), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		unsigned left = (unsigned)got;
		for (struct nlmsghdr *at = (struct nlmsghdr *)(void *)bytes; NLMSG_OK(at, left);
		     at = NLMSG_NEXT(at, left)) {
			const struct nlmsgerr *error = NLMSG_DATA(at);
			struct bh_link link;

			if (at->nlmsg_seq != netlink->sequence)
				continue;
			if (at->nlmsg_type == NLMSG_ERROR)
				return error->error;
			if (at->nlmsg_type == NLMSG_DONE)
				return 0;
			if (each && read_link(at, &link) && !each(owner, &link))
				each = NULL;
		}
	}
}

static bool take_link(void *owner, const struct bh_link *link)
{
	*(struct bh_link *)owner = *link;
	return false;
}

int bh_link_find(struct bh_netlink *netlink, const char *name, struct bh_link *link)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
	struct bh_message message;

	*link = (struct bh_link){.index = 0};
	bh_message_begin(&message, RTM_GETLINK, NLM_F_ACK, &header, sizeof(header));
	bh_message_add_text(&message, IFLA_IFNAME, name);
	int error = send_message(netlink, &message);
	if (!error)
		error = read_answers(netlink, take_link, link);
	return error ? error : link->index ? 0 : -ENODEV;
}

int bh_link_list(struct bh_netlink *netlink, bool (*each)(void *owner, const struct bh_link *link),
		 void *owner)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
	struct bh_message message;

	bh_message_begin(&message, RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header));
	int error = send_message(netlink, &message);
	return error ? error : read_answers(netlink, each, owner);
}
