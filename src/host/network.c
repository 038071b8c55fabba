/* SPDX-License-Identifier: Apache-2.0 */
#include "host/network.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "base/tap.h"
#include "host/netlink.h"
#include "host/port_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What is being made, for messages. */
struct maker {
	struct bh_sys *sys;
	struct bh_netlink netlink;
	struct bh_diags *diags;
	const char *vm;
};

static bool refused(struct maker *m, const char *interface, const char *what, int error)
{
	struct bh_diag *diag = bh_error(m->diags, "E1122", "VM %s gets no network: %s: %s: %s",
					m->vm, interface, what, strerror(-error));

	bh_diag_hint(diag, error == -EPERM || error == -EACCES
				   ? "networks are made by root"
				   : "look whether the host's kernel has the modules bridge, tun, "
				     "sch_ingress and cls_bpf: modprobe -a bridge tun sch_ingress "
				     "cls_bpf");
	return false;
}

static bool foreign(struct maker *m, const char *interface)
{
	bh_diag_hint(bh_error(m->diags, "E1123",
			      "VM %s gets no network: an interface %s is there, and is not ours",
			      m->vm, interface),
		     "rename or remove it: ip link delete %s", interface);
	return false;
}

static bool is_ours(const struct bh_link *link, const char *kind)
{
	return bh_str_eq(link->alias, BH_NETWORK_MARK) && bh_str_eq(link->kind, kind);
}

static void begin(struct bh_message *message, uint16_t type, uint16_t flags, int family, int index)
{
	const struct ifinfomsg header = {.ifi_family = (unsigned char)family, .ifi_index = index};

	bh_message_begin(message, type, flags, &header, sizeof(header));
}

/* The host's kernel would otherwise listen to routers that a guest plays. No such file: no IPv6. */
static int forbid_ipv6(const char *interface)
{
	char *path = bh_strf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 ? errno == ENOENT ? 0 : -errno : bh_write_all(fd, "1\n", 2);

	if (fd >= 0)
		close(fd);
	free(path);
	return error;
}

static int set_up(struct maker *m, int index)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC,
					 .ifi_index = index,
					 .ifi_flags = IFF_UP,
					 .ifi_change = IFF_UP};
	struct bh_message message;

	bh_message_begin(&message, RTM_NEWLINK, 0, &header, sizeof(header));
	return bh_netlink_do(&m->netlink, &message);
}

/* From now on it is ours. */
static int set_mark(struct maker *m, int index, uint32_t mtu)
{
	struct bh_message message;

	begin(&message, RTM_NEWLINK, 0, AF_UNSPEC, index);
	bh_message_add_text(&message, IFLA_IFALIAS, BH_NETWORK_MARK);
	bh_message_add_u32(&message, IFLA_MTU, mtu ? mtu : ETH_DATA_LEN);
	return bh_netlink_do(&m->netlink, &message);
}

static int remove_link(struct bh_netlink *netlink, int index)
{
	struct bh_message message;

	begin(&message, RTM_DELLINK, 0, AF_UNSPEC, index);
	return bh_netlink_do(netlink, &message);
}

static int create_bridge(struct maker *m, const char *name)
{
	struct bh_message message;

	begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0);
	bh_message_add_text(&message, IFLA_IFNAME, name);
	size_t info = bh_message_open(&message, IFLA_LINKINFO);
	bh_message_add_text(&message, IFLA_INFO_KIND, "bridge");
	size_t data = bh_message_open(&message, IFLA_INFO_DATA);
	/* Groups are not looked into: their packets reach all ports, as on a wire. */
	bh_message_add_u8(&message, IFLA_BR_MCAST_SNOOPING, 0);
	bh_message_add_u32(&message, IFLA_BR_STP_STATE, 0);
	bh_message_close(&message, data);
	bh_message_close(&message, info);
	return bh_netlink_do(&m->netlink, &message);
}

/* Where programs look at frames: those that come in at an interface, and those that go out. */
static int add_filter_place(struct maker *m, int index)
{
	const struct tcmsg header = {.tcm_ifindex = index,
				     .tcm_parent = TC_H_CLSACT,
				     .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)};
	struct bh_message message;

	bh_message_begin(&message, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header,
			 sizeof(header));
	bh_message_add_text(&message, TCA_KIND, "clsact");
	return bh_netlink_do(&m->netlink, &message);
}

static int add_filter(struct maker *m, int index, uint32_t direction,
		      const struct bh_port_rules *rules)
{
	const struct tcmsg header = {
		.tcm_ifindex = index,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, direction),
		.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL)),
	};
	struct bh_message message;

	bh_message_begin(&message, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header,
			 sizeof(header));
	bh_message_add_text(&message, TCA_KIND, "bpf");
	size_t options = bh_message_open(&message, TCA_OPTIONS);
	bh_message_add_u16(&message, TCA_BPF_OPS_LEN, rules->length);
	bh_message_add(&message, TCA_BPF_OPS, rules->code, rules->length * sizeof(rules->code[0]));
	bh_message_add_u32(&message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	bh_message_close(&message, options);
	return bh_netlink_do(&m->netlink, &message);
}

/* No frame passes between the bridge's ports and the host, which would otherwise answer for all of
 * its addresses there, although it has none on the bridge. */
static int shut_out_host(struct maker *m, int bridge)
{
	const struct bh_port_rules nothing = {.code = {{.code = BPF_RET | BPF_K, .k = TC_ACT_SHOT}},
					      .length = 1};
	int error = add_filter_place(m, bridge);

	if (!error)
		error = add_filter(m, bridge, TC_H_MIN_INGRESS, &nothing);
	if (!error)
		error = add_filter(m, bridge, TC_H_MIN_EGRESS, &nothing);
	return error;
}

static int add_rules(struct maker *m, const struct bh_manifest_virtio *net, int index)
{
	struct bh_port port = {.has_address = net->address, .forwards = net->forwards};
	struct bh_port_rules rules;

	memcpy(port.mac, net->mac, sizeof(port.mac));
	if (net->address)
		inet_pton(AF_INET, net->address, &port.address);
	bh_port_rules_make(&rules, &port, TC_ACT_OK, TC_ACT_SHOT);
	int error = add_filter_place(m, index);
	return error ? error : add_filter(m, index, TC_H_MIN_INGRESS, &rules);
}

static int put_on(struct maker *m, int port, int bridge)
{
	struct bh_message message;

	begin(&message, RTM_NEWLINK, 0, AF_UNSPEC, port);
	bh_message_add_u32(&message, IFLA_MASTER, (uint32_t)bridge);
	return bh_netlink_do(&m->netlink, &message);
}

/* An interface of the host on the bridge. It stays the host's: it is not marked. */
static bool add_uplink(struct maker *m, const char *name, int bridge)
{
	struct bh_link link;
	int error = bh_link_find(&m->netlink, name, &link);

	if (error == -ENODEV) {
		bh_diag_hint(bh_error(m->diags, "E1123",
				      "VM %s gets no network: the host has no interface %s", m->vm,
				      name),
			     "correct `interface` in [net.NAME]; `ip link` lists those there are");
		return false;
	}
	if (!error && link.master && link.master != bridge)
		return foreign(m, name);
	if (!error && !link.master)
		error = put_on(m, link.index, bridge);
	if (!error)
		error = set_up(m, link.index);
	return !error || refused(m, name, "it cannot be put on the bridge", error);
}

static bool make_bridge(struct maker *m, const struct bh_manifest_virtio *net, int *index)
{
	const char *name = net->bridge;
	struct bh_link link;
	int error = bh_link_find(&m->netlink, name, &link);

	if (!error && !is_ours(&link, "bridge"))
		return foreign(m, name);
	if (error && error != -ENODEV)
		return refused(m, name, "the kernel does not tell of it", error);
	if (error) {
		error = create_bridge(m, name);
		if (!error)
			error = bh_link_find(&m->netlink, name, &link);
		if (error)
			return refused(m, name, "the bridge cannot be made", error);
		error = set_mark(m, link.index, net->mtu);
		if (!error)
			error = shut_out_host(m, link.index);
		if (!error)
			error = forbid_ipv6(name);
		if (!error)
			error = set_up(m, link.index);
		if (error) {
			remove_link(&m->netlink, link.index);
			return refused(m, name, "the host cannot be kept out of it", error);
		}
	}
	*index = link.index;
	return !net->uplink || add_uplink(m, net->uplink, link.index);
}

/* A tap that outlives those who open it. */
static int create_tap(struct maker *m, const char *name, bool several)
{
	int fd = open(BH_TUN, O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENODEV) && !m->sys->load(m->sys, "tun"))
		fd = open(BH_TUN, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = bh_tap_join(fd, name, several);
	if (!error && ioctl(fd, TUNSETPERSIST, 1))
		error = -errno;
	close(fd);
	return error;
}

/* Who sits behind the port is known: nothing is learnt, and frames for others do not go there. */
static int set_port(struct maker *m, int index)
{
	struct bh_message message;

	begin(&message, RTM_SETLINK, 0, AF_BRIDGE, index);
	size_t port = bh_message_open(&message, IFLA_PROTINFO | NLA_F_NESTED);
	bh_message_add_u8(&message, IFLA_BRPORT_LEARNING, 0);
	bh_message_add_u8(&message, IFLA_BRPORT_UNICAST_FLOOD, 0);
	bh_message_add_u8(&message, IFLA_BRPORT_GUARD, 1);
	bh_message_close(&message, port);
	return bh_netlink_do(&m->netlink, &message);
}

static int set_neighbour(struct maker *m, int index, const uint8_t mac[6])
{
	const struct ndmsg header = {.ndm_family = AF_BRIDGE,
				     .ndm_ifindex = index,
				     .ndm_state = NUD_NOARP,
				     .ndm_flags = NTF_MASTER};
	struct bh_message message;

	bh_message_begin(&message, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header,
			 sizeof(header));
	bh_message_add(&message, NDA_LLADDR, mac, 6);
	return bh_netlink_do(&m->netlink, &message);
}

static int remove_tap(struct bh_netlink *netlink, const char *name)
{
	struct bh_link link;
	int error = bh_link_find(netlink, name, &link);

	if (error == -ENODEV)
		return 0;
	if (!error && !is_ours(&link, "tun"))
		error = -EEXIST;
	return error ? error : remove_link(netlink, link.index);
}

/* It is down until all its rules are there. */
static bool make_tap(struct maker *m, const struct bh_manifest_virtio *net, int bridge)
{
	const char *name = net->host, *what = "the tap cannot be made";
	struct bh_link link = {0};
	int error = remove_tap(&m->netlink, name);

	if (error == -EEXIST)
		return foreign(m, name);
	if (!error)
		error = create_tap(m, name, net->backend == BH_NET_TAP_VHOST && net->queues > 1);
	if (!error)
		error = bh_link_find(&m->netlink, name, &link);
	if (!error)
		error = set_mark(m, link.index, net->mtu);
	if (!error)
		error = forbid_ipv6(name);
	if (error)
		return refused(m, name, what, error);
	what = "its rules cannot be set";
	error = put_on(m, link.index, bridge);
	if (!error)
		error = set_port(m, link.index);
	if (!error)
		error = set_neighbour(m, link.index, net->mac);
	if (!error)
		error = add_rules(m, net, link.index);
	if (!error)
		error = set_up(m, link.index);
	return !error || refused(m, name, what, error);
}

static bool uses_bridges(const struct bh_manifest *manifest)
{
	for (size_t i = 0; i < manifest->virtio_count; i++) {
		if (manifest->virtio[i].bridge)
			return true;
	}
	return false;
}

bool bh_network_up(struct bh_sys *sys, const struct bh_manifest *manifest, struct bh_diags *diags)
{
	struct maker m = {.sys = sys, .diags = diags, .vm = manifest->vm};
	bool ok = true;
	int error, bridge;

	if (!uses_bridges(manifest))
		return true;
	error = bh_netlink_open(&m.netlink);
	if (error)
		return refused(&m, "netlink", "it cannot be reached", error);
	for (size_t i = 0; i < manifest->virtio_count && ok; i++) {
		const struct bh_manifest_virtio *net = &manifest->virtio[i];
		ok = !net->bridge || (make_bridge(&m, net, &bridge) && make_tap(&m, net, bridge));
	}
	bh_netlink_close(&m.netlink);
	if (!ok)
		bh_network_down(manifest);
	return ok;
}

struct ports {
	int bridge;
	bool has_tap;
};

static bool look_for_tap(void *owner, const struct bh_link *link)
{
	struct ports *ports = owner;

	ports->has_tap |= link->master == ports->bridge && is_ours(link, "tun");
	return !ports->has_tap;
}

static void remove_empty_bridge(struct bh_netlink *netlink, const char *name)
{
	struct bh_link link;

	if (bh_link_find(netlink, name, &link) || !is_ours(&link, "bridge"))
		return;
	struct ports ports = {.bridge = link.index};
	if (!bh_link_list(netlink, look_for_tap, &ports) && !ports.has_tap)
		remove_link(netlink, link.index);
}

void bh_network_down(const struct bh_manifest *manifest)
{
	struct bh_netlink netlink;

	if (!uses_bridges(manifest) || bh_netlink_open(&netlink))
		return;
	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const struct bh_manifest_virtio *net = &manifest->virtio[i];
		if (!net->bridge)
			continue;
		remove_tap(&netlink, net->host);
		remove_empty_bridge(&netlink, net->bridge);
	}
	bh_netlink_close(&netlink);
}
