/* SPDX-License-Identifier: Apache-2.0 */
/* Power domains, regulators and pins, as the running kernel has them. */
#include "plan/probe.h"

#include "base/alloc.h"
#include "base/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * pm_genpd_summary: a domain's line begins at the margin, its devices are indented paths. A device
 * in several domains is there once for each, as "genpd:INDEX:NAME".
 */
void bh_probe_domains(struct bh_probe *probe)
{
	char *text = bh_probe_read(probe, "sys/kernel/debug/pm_genpd/pm_genpd_summary");
	char *save = NULL, *domain = NULL;
	bool begun = false;

	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned index = 0;
		int length = 0;

		if (!begun) { /* titles, up to a line of dashes */
			begun = line[0] == '-';
			continue;
		}
		if (line[0] != ' ' && line[0] != '\t') {
			line[strcspn(line, " \t")] = 0;
			domain = line;
			continue;
		}
		char *name = strrchr(line, '/');
		if (!name || !domain)
			continue;
		name[1 + strcspn(name + 1, " \t")] = 0;
		name++;
		if (sscanf(name, "genpd:%u:%n", &index, &length) == 1 && length)
			name += length;
		struct bh_probe_device *d = bh_probe_device(probe, name);
		char *key = bh_strf("\"%u\" = ", index);
		/* The same twice would be a TOML error. */
		if (!strstr(bh_buf_str(&d->domains), key)) {
			bh_buf_addf(&d->domains, "%s%s", d->domains.length ? ", " : "", key);
			bh_probe_add_string(&d->domains, domain);
		}
		free(key);
	}
	free(text);
}

/* "pin 62 (NAME): OWNER ..." or, of strict controllers, "pin 62 (NAME): device OWNER ...". */
static void read_pin(struct bh_probe *probe, const char *controller, const char *line)
{
	char name[64], owner[128];
	unsigned number;
	int length = 0;

	if (sscanf(line, "pin %u (%63[^)]): %n", &number, name, &length) != 2 || !length)
		return;
	line += length;
	if (bh_str_starts(line, "device "))
		line += strlen("device ");
	/* "(MUX UNCLAIMED)", "UNCLAIMED", "GPIO ...": no device's. */
	if (line[0] == '(' || bh_str_starts(line, "UNCLAIMED") || bh_str_starts(line, "GPIO ") ||
	    sscanf(line, "%127s", owner) != 1 || strstr(line, "(HOG)"))
		return;
	struct bh_probe_device *d = bh_probe_device(probe, owner);
	char *pin = bh_strf("%s %u %s", controller, number, name);
	bh_buf_adds(&d->pins, d->pins.length ? ", " : "");
	bh_probe_add_string(&d->pins, pin);
	free(pin);
}

static void visit_controller(struct bh_probe *probe, const char *controller, void *data)
{
	char *text = bh_probe_read(probe, "sys/kernel/debug/pinctrl/%s/pinmux-pins", controller);
	char *save = NULL;

	(void)data;
	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_pin(probe, controller, line);
	free(text);
}

void bh_probe_pins(struct bh_probe *probe)
{
	bh_probe_each(probe, "sys/kernel/debug/pinctrl", visit_controller, NULL);
}

/*
 * regulator_summary: consumers stand below their regulator, one level deeper, as DEVICE-SUPPLY. A
 * regulator that hangs on another one is there as well; it has more columns.
 */
static void add_users(struct bh_buf *users, char *summary, const char *name)
{
	char *save = NULL;
	size_t depth = 0;
	bool inside = false;

	for (char *line = strtok_r(summary, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t indent = strspn(line, " ");
		char word[128], rest[16];
		unsigned use, open, bypass;
		bool regulator;

		if (sscanf(line, "%127s", word) != 1)
			continue;
		regulator = sscanf(line, "%*s %u %u %u %15s", &use, &open, &bypass, rest) == 4;
		if (inside && indent <= depth)
			return;
		if (inside && indent == depth + 3 && !regulator) {
			bh_buf_adds(users, users->length ? ", " : "");
			bh_probe_add_string(users, word);
		} else if (!inside && regulator && bh_str_eq(word, name)) {
			inside = true;
			depth = indent;
		}
	}
}

static void visit_regulator(struct bh_probe *probe, const char *entry, void *data)
{
	struct bh_buf *text = data, users = {0};
	char target[PATH_MAX];
	const char *path;
	uint64_t microvolt;

	if (!bh_probe_link(probe, target, sizeof(target), "sys/class/regulator/%s/of_node",
			   entry) ||
	    !(path = strstr(target, "devicetree/base/")))
		return; /* one that no tree knows: the kernel's dummy */
	char *name = bh_probe_read(probe, "sys/class/regulator/%s/name", entry);
	char *volts = bh_probe_read(probe, "sys/class/regulator/%s/microvolts", entry);
	char *state = bh_probe_read(probe, "sys/class/regulator/%s/state", entry);
	char *summary = bh_probe_read(probe, "sys/kernel/debug/regulator/regulator_summary");
	bh_buf_adds(text, "\n[regulator.");
	bh_probe_add_string(text, path + strlen("devicetree/base"));
	bh_buf_adds(text, "]\n");
	if (name) {
		name[strcspn(name, "\n")] = 0;
		bh_buf_adds(text, "name = ");
		bh_probe_add_string(text, name);
		bh_buf_addc(text, '\n');
	}
	if (volts) {
		volts[strcspn(volts, "\n")] = 0;
		if (bh_parse_u64(volts, &microvolt) && microvolt <= UINT32_MAX)
			bh_buf_addf(text, "microvolts = %llu\n", (unsigned long long)microvolt);
	}
	if (state)
		bh_buf_addf(text, "enabled = %s\n",
			    bh_str_starts(state, "enabled") ? "true" : "false");
	if (name && summary)
		add_users(&users, summary, name);
	if (users.length)
		bh_buf_addf(text, "users = [%s]\n", bh_buf_str(&users));
	bh_buf_finish(&users);
	free(summary);
	free(state);
	free(volts);
	free(name);
}

void bh_probe_regulators(struct bh_probe *probe, struct bh_buf *text)
{
	bh_probe_each(probe, "sys/class/regulator", visit_regulator, text);
}
