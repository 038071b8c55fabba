/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel was built with. */
#include "base/alloc.h"
#include "base/proc.h"
#include "host/doctor.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
	const char *name;
	bool needed; /* by every VM */
	const char *purpose;
};

static const struct option options[] = {
	{"KVM", true, "virtual machines"},
	{"EVENTFD", true, "interrupts of devices"},
	{"SECCOMP_FILTER", true, "isolation"},
	{"VFIO", false, "devices in VMs"},
	{"VFIO_PCI", false, "PCI devices in VMs"},
	{"VHOST_NET", false, "fast networks"},
	{"VHOST_VSOCK", false, "sockets between host and guest"},
	{"TUN", false, "networks"},
	{"BRIDGE", false, "networks"},
	{"CGROUPS", false, "limits"},
	{"MEMCG", false, "limits of memory"},
	{"CGROUP_PIDS", false, "limits of processes"},
	{"USER_NS", false, "isolation"},
	{"NET_NS", false, "isolation"},
	{"SECURITY_LANDLOCK", false, "isolation"},
	{"TRANSPARENT_HUGEPAGE", false, "fast guest RAM"},
	{"HUGETLBFS", false, "reserved huge pages"},
	{"MODULES", false, "bulkhead.ko"},
};

/* gzip is a program here: every system with a compressed configuration has it. */
static bool read_compressed(const struct bh_host_facts *facts, struct bh_buf *text)
{
	char *path = bh_strf("%s/proc/config.gz", facts->root);
	const char *const argv[] = {"gzip", "-dc", path, NULL};
	int status = 0;
	bool good = bh_host_exists(facts, "/proc/config.gz") &&
		    !bh_run(argv, 4u << 20, text, NULL, &status) && !status;

	free(path);
	return good;
}

/* Returns where it was found, or NULL. */
static const char *read_config(const struct bh_host_facts *facts, struct bh_buf *text)
{
	char path[128];

	if (read_compressed(facts, text))
		return "/proc/config.gz";
	bh_buf_clear(text);
	snprintf(path, sizeof(path), "/boot/config-%s", facts->release);
	if (!bh_host_read(facts, path, text))
		return "/boot/config";
	snprintf(path, sizeof(path), "/lib/modules/%s/config", facts->release);
	return bh_host_read(facts, path, text) ? NULL : "/lib/modules";
}

/* 'y', 'm', or 'n' when it is not set. */
static char setting(const char *config, const char *name)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "\nCONFIG_%s=", name);

	/* The first line of a configuration is a comment. */
	const char *found = strstr(config, line);
	return found ? found[length] : 'n';
}

void bh_check_options(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf config = {0}, missing = {0};
	const char *place = read_config(facts, &config);
	enum bh_outcome outcome = BH_OUTCOME_OK;

	if (!place) {
		bh_found(finding, "the kernel's configuration is not here");
		finding->outcome = BH_OUTCOME_UNKNOWN;
		goto finish;
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		char set = setting(bh_buf_str(&config), options[i].name);
		if (set == 'y' || set == 'm')
			continue;
		bh_buf_addf(&missing, "%s%s (%s)", missing.length ? ", " : "", options[i].name,
			    options[i].purpose);
		if (options[i].needed)
			outcome = BH_OUTCOME_FAIL;
		else if (outcome == BH_OUTCOME_OK)
			outcome = BH_OUTCOME_WARN;
	}
	if (missing.length) {
		char *cause = bh_strf("not built in: %s", bh_buf_str(&missing));
		bh_found(finding, "read from %s", place);
		bh_trouble(finding, outcome, cause,
			   "use a kernel that has them; Debian's 6.12 does");
		free(cause);
	} else {
		bh_found(finding, "all %zu that matter, says %s",
			 sizeof(options) / sizeof(*options), place);
	}
finish:
	bh_buf_finish(&config);
	bh_buf_finish(&missing);
}
