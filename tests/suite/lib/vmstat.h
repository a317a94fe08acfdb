/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own counts of pages, of the whole system
 */
#ifndef SUITE_VMSTAT_H
#define SUITE_VMSTAT_H

struct vmstat {
	const char	*name;
	long		value;
};

/* Fills in all of these values, of one and the same moment. */
void vmstat_read(struct vmstat *v, unsigned int count);

/*
 * Memory that nobody has, in KiB: the page cache is dropped before. What the
 * slab allocator has counts as well, in use or not: checkers keep it a while
 * after it is freed, and kmemleak looks after it.
 */
long free_kib(void);

#endif
