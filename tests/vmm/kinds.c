/* SPDX-License-Identifier: Apache-2.0 */
/* Devices whose host side is missing or wrong: refused with a code, and nothing left open. */
#include "vmm/virtio/kinds.h"

#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	struct bh_loop loop;
	struct bh_log log;
	struct bh_ram ram;
	struct bh_virtio_host host;
	struct bh_diags diags;
	unsigned open;
};

static unsigned count_open(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static struct fixture fixture;

static int set_up(void **state)
{
	fixture = (struct fixture){.log = {.fd = -1, .name = "test"}};
	assert_int_equal(bh_loop_init(&fixture.loop), 0);
	fixture.host = (struct bh_virtio_host){
		.ram = &fixture.ram, .loop = &fixture.loop, .log = &fixture.log};
	fixture.open = count_open();
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	assert_int_equal(count_open(), fixture.open);
	bh_loop_finish(&fixture.loop);
	bh_diags_finish(&fixture.diags);
	(void)state;
	return 0;
}

static void expect(const struct bh_manifest_virtio *manifest, const char *code)
{
	assert_null(bh_virtio_create(manifest, &fixture.host, NULL, &fixture.diags));
	assert_int_equal(fixture.diags.count, 1);
	assert_string_equal(fixture.diags.items[0].code, code);
	assert_non_null(strstr(fixture.diags.items[0].message, manifest->name));
}

static void a_gpu_without_its_server_is_refused(void **state)
{
	const struct bh_manifest_virtio gpu = {
		.kind = BH_VIRTIO_GPU, .name = "gpu0", .host = "/none"};

	(void)state;
	expect(&gpu, "E1044");
}

static void a_device_that_nobody_knows_is_refused(void **state)
{
	const struct bh_manifest_virtio odd = {.kind = (enum bh_virtio_kind)99, .name = "odd"};

	(void)state;
	expect(&odd, "E1040");
}

static void a_missing_disk_is_refused(void **state)
{
	const struct bh_manifest_virtio disk = {
		.kind = BH_VIRTIO_BLOCK, .name = "disk0", .host = "/nonexistent/disk"};

	(void)state;
	expect(&disk, "E1041");
}

static void a_disk_that_is_no_image_is_refused(void **state)
{
	const struct bh_manifest_virtio disk = {
		.kind = BH_VIRTIO_BLOCK, .name = "disk0", .host = "/dev/null"};

	(void)state;
	expect(&disk, "E1041");
}

static void vsock_needs_the_hosts_side(void **state)
{
	const struct bh_manifest_virtio vsock = {
		.kind = BH_VIRTIO_VSOCK, .name = "vsock0", .cid = 3, .host = "/dev/null"};

	(void)state;
	expect(&vsock, "E1042");
}

static void a_network_without_its_other_end_is_refused(void **state)
{
	const struct bh_manifest_virtio net = {.kind = BH_VIRTIO_NET,
					       .name = "net0",
					       .host = "/nonexistent/socket",
					       .backend = BH_NET_SOCKET};

	(void)state;
	expect(&net, "E1043");
}

static void a_tap_that_is_none_is_refused(void **state)
{
	const struct bh_manifest_virtio net = {
		.kind = BH_VIRTIO_NET, .name = "net0", .host = "fd:0", .backend = BH_NET_TAP};

	(void)state;
	expect(&net, "E1043");
}

#define MTU_OFFERED (UINT64_C(1) << 3)

static void a_network_with_a_size_of_packets_tells_the_guest(void **state)
{
	char host[16];
	int ends[2];
	struct bh_manifest_virtio net = {
		.kind = BH_VIRTIO_NET, .name = "net0", .host = host, .backend = BH_NET_SOCKET};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	snprintf(host, sizeof(host), "fd:%d", ends[0]);
	for (uint32_t mtu = 0; mtu <= 1400; mtu += 1400) {
		net.mtu = mtu;
		struct bh_virtio *device =
			bh_virtio_create(&net, &fixture.host, NULL, &fixture.diags);
		assert_non_null(device);
		assert_int_equal(device->offered & MTU_OFFERED, mtu ? MTU_OFFERED : 0);
		assert_int_equal(bh_virtio_read_config(device, 10, 2), mtu);
		device->ops->destroy(device);
	}
	close(ends[0]);
	close(ends[1]);
}

#define DISCARD_OFFERED (UINT64_C(1) << 13 | UINT64_C(1) << 14)

static void a_disk_that_keeps_all_offers_no_discard(void **state)
{
	char host[16];
	int image = memfd_create("disk", MFD_CLOEXEC);
	struct bh_manifest_virtio disk = {.kind = BH_VIRTIO_BLOCK, .name = "disk0", .host = host};

	(void)state;
	assert_int_equal(ftruncate(image, 4096), 0);
	snprintf(host, sizeof(host), "fd:%d", image);
	for (int keeps = 0; keeps < 2; keeps++) {
		disk.no_discard = keeps;
		struct bh_virtio *device =
			bh_virtio_create(&disk, &fixture.host, NULL, &fixture.diags);
		assert_non_null(device);
		assert_int_equal(device->offered & DISCARD_OFFERED, keeps ? 0 : DISCARD_OFFERED);
		device->ops->destroy(device);
	}
	close(image);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_gpu_without_its_server_is_refused),
		TEST(a_device_that_nobody_knows_is_refused),
		TEST(a_missing_disk_is_refused),
		TEST(a_disk_that_is_no_image_is_refused),
		TEST(vsock_needs_the_hosts_side),
		TEST(a_network_without_its_other_end_is_refused),
		TEST(a_tap_that_is_none_is_refused),
		TEST(a_disk_that_keeps_all_offers_no_discard),
		TEST(a_network_with_a_size_of_packets_tells_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
