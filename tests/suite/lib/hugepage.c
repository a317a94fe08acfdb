// SPDX-License-Identifier: GPL-2.0
#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "file.h"
#include "hugepage.h"
#include "tap.h"

#define POOL "/proc/sys/vm/nr_hugepages"
#define THP "/sys/kernel/mm/transparent_hugepage"

static char pool_before[32];

static void pool_restore(void)
{
	file_write(POOL, pool_before);
}

static size_t hugetlb_size(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Hugepagesize: %lu kB", &kib);
	if (f)
		fclose(f);
	return kib << 10;
}

static int pool_grow(size_t pages)
{
	char buf[32];

	if (file_read(POOL, buf, sizeof(buf)) < 0)
		return -1;
	if (!pool_before[0]) {
		memcpy(pool_before, buf, sizeof(buf));
		atexit(pool_restore);
	}
	snprintf(buf, sizeof(buf), "%lu", strtoul(buf, NULL, 10) + pages);
	return file_write(POOL, buf);
}

const char *hugetlb_map(void **map, size_t *len)
{
	size_t huge = hugetlb_size();
	void *p;

	if (!huge)
		return "this kernel has no hugetlb";

	*len = (*len + huge - 1) / huge * huge;
	if (pool_grow(*len / huge))
		return "the pool of huge pages can't be set";
	p = mmap(NULL, *len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		return "no free memory for huge pages";
	*map = p;
	return NULL;
}

static size_t thp_size(void)
{
	char buf[32];

	if (file_read(THP "/hpage_pmd_size", buf, sizeof(buf)) < 0)
		return 0;
	return strtoul(buf, NULL, 10);
}

/* What smaps tells of the mapping that @start is in. */
static unsigned long anon_huge_kib(uintptr_t start)
{
	unsigned long from, to, kib = 0;
	bool here = false;
	char line[256];
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= start && start < to;
		else if (here)
			sscanf(line, "AnonHugePages: %lu kB", &kib);
	}
	if (f)
		fclose(f);
	return kib;
}

const char *thp_map(void **map, size_t *len)
{
	size_t huge = thp_size();
	__u8 *p, *aligned;

	if (!huge)
		return "this kernel has no transparent huge pages";

	*len = (*len + huge - 1) / huge * huge + huge;
	p = mmap(NULL, *len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return "no address space left";

	aligned = (__u8 *)(((uintptr_t)p + huge - 1) / huge * huge);
	if (aligned != p)
		munmap(p, aligned - p);
	*len -= aligned - p;
	*map = aligned;
	if (madvise(aligned, *len, MADV_HUGEPAGE))
		return "transparent huge pages are off";
	memset(aligned, 0, *len);
	if (!anon_huge_kib((uintptr_t)aligned))
		return "no free memory for transparent huge pages";
	return NULL;
}
