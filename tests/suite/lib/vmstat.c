// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "tap.h"
#include "vmstat.h"

/*
 * The counters are kept per CPU and folded once a second; reading stat_refresh
 * folds them now. A kernel for one CPU has no such file.
 */
static void refresh(void)
{
	static const char path[] = "/proc/sys/vm/stat_refresh";
	char buf[16];

	if (!access(path, F_OK) && file_read(path, buf, sizeof(buf)) < 0)
		tap_fatal("set-up: %s can be read", path);
}

static FILE *open_lines(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		tap_fatal("set-up: %s can be read", path);
	return f;
}

void vmstat_read(struct vmstat *v, unsigned int count)
{
	unsigned int seen = 0;
	char line[128], name[64];
	long value;
	FILE *f;

	refresh();
	f = open_lines("/proc/vmstat");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld", name, &value) != 2)
			continue;
		for (unsigned int i = 0; i < count; i++)
			if (!strcmp(name, v[i].name)) {
				v[i].value = value;
				seen++;
			}
	}
	fclose(f);
	if (seen != count)
		tap_fatal("set-up: /proc/vmstat counts %s", v[0].name);
}

/* Free pages that each CPU keeps for itself: nr_free_pages has them not. */
static long kept_by_cpus(void)
{
	FILE *f = open_lines("/proc/zoneinfo");
	long kept = 0, value;
	char line[128];

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &value) == 1)
			kept += value;
	fclose(f);
	return kept;
}

long free_kib(void)
{
	struct vmstat v[] = {
		{ .name = "nr_free_pages" },
		{ .name = "nr_slab_reclaimable" },
		{ .name = "nr_slab_unreclaimable" },
	};
	long pages;

	if (file_write("/proc/sys/vm/drop_caches", "3"))
		tap_fatal("set-up: the page cache can be dropped");
	vmstat_read(v, 3);
	pages = v[0].value + v[1].value + v[2].value + kept_by_cpus();
	return pages * (long)(page_size() >> 10);
}
