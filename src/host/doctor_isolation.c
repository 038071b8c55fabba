/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps a VM's process apart from the rest of the host. */
#include "host/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void bh_check_cgroup(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf controllers = {0};
	int error = bh_host_read(facts, "/sys/fs/cgroup/cgroup.controllers", &controllers);
	const char *text = bh_buf_str(&controllers);

	if (error) {
		bh_found(finding, "cgroup v2 is not mounted");
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "a VM's process has no limit of memory and processes",
			   "mount -t cgroup2 none /sys/fs/cgroup");
	} else if (!bh_has_word(text, "memory") || !bh_has_word(text, "pids")) {
		bh_found(finding, "controllers: %.*s", (int)strcspn(text, "\n"), text);
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "limits need the controllers `memory` and `pids`",
			   "remove cgroup_disable= from the kernel's command line");
	} else {
		bh_found(finding, "v2 with memory and pids");
	}
	bh_buf_finish(&controllers);
}

static long number_in(const struct bh_host_facts *facts, const char *path, long otherwise)
{
	struct bh_buf text = {0};
	long number = bh_host_read(facts, path, &text) ? otherwise : atol(bh_buf_str(&text));

	bh_buf_finish(&text);
	return number;
}

void bh_check_namespaces(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	long most = number_in(facts, "/proc/sys/user/max_user_namespaces", 0);
	bool unprivileged = number_in(facts, "/proc/sys/kernel/unprivileged_userns_clone", 1);

	if (!bh_host_exists(facts, "/proc/self/ns/user")) {
		bh_found(finding, "the kernel has no user namespaces");
		bh_trouble(finding, BH_OUTCOME_WARN, "a VM's process is less isolated",
			   "use a kernel with USER_NS");
	} else if (most <= 0) {
		bh_found(finding, "user namespaces are turned off");
		bh_trouble(finding, BH_OUTCOME_WARN, "a VM's process is less isolated",
			   "sysctl user.max_user_namespaces=1024");
	} else if (!unprivileged && !facts->root_user) {
		bh_found(finding, "user namespaces are for root only");
		bh_trouble(finding, BH_OUTCOME_WARN, "VMs cannot be isolated by this user",
			   "run as root, or sysctl kernel.unprivileged_userns_clone=1");
	} else {
		bh_found(finding, "user namespaces%s", unprivileged ? "" : ", for root only");
	}
}

void bh_check_landlock(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (facts->landlock > 0) {
		bh_found(finding, "ABI %d", facts->landlock);
		return;
	}
	bh_found(finding, "%s", facts->landlock == -EOPNOTSUPP ? "turned off at boot" : "none");
	bh_trouble(finding, BH_OUTCOME_WARN,
		   "a VM's process is kept from files by its namespaces alone",
		   facts->landlock == -EOPNOTSUPP
			   ? "add landlock to lsm= of the kernel's command line"
			   : "use a kernel with SECURITY_LANDLOCK");
}

void bh_check_seccomp(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf actions = {0};
	int error = bh_host_read(facts, "/proc/sys/kernel/seccomp/actions_avail", &actions);

	if (error) {
		bh_found(finding, "the kernel has no seccomp filters");
		bh_trouble(finding, BH_OUTCOME_FAIL, "a VM's process is never started without them",
			   "use a kernel with SECCOMP_FILTER");
	} else if (!bh_has_word(bh_buf_str(&actions), "kill_process") ||
		   !bh_has_word(bh_buf_str(&actions), "errno")) {
		bh_found(finding, "filters without kill_process or errno");
		bh_trouble(finding, BH_OUTCOME_FAIL, "the filters of a VM's process need both",
			   "install a newer kernel");
	} else {
		bh_found(finding, "filters");
	}
	bh_buf_finish(&actions);
}
