// SPDX-License-Identifier: GPL-2.0
/*
 * Counters to look at: <debugfs>/vb2-dma-user/stats
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "internal.h"

static const char * const names[VDU_STATS] = {
	[VDU_REGISTRATIONS]	= "registrations",
	[VDU_PAGES_PINNED]	= "pages_pinned",
	[VDU_SEGMENTS]		= "segments",
	[VDU_KBUF_PAGES]	= "mmap_pages",
	[VDU_REJECTED]		= "rejected",
};

static atomic_long_t stats[VDU_STATS];
static struct dentry *dir;

/**
 * vdu_stat_add() - change a counter
 * @stat:	which
 * @n:		by how much, may be negative
 *
 * Context: any.
 */
void vdu_stat_add(enum vdu_stat stat, long n)
{
	atomic_long_add(n, &stats[stat]);
}

static int stats_show(struct seq_file *s, void *unused)
{
	unsigned int i;

	for (i = 0; i < VDU_STATS; i++)
		seq_printf(s, "%s %ld\n", names[i],
			   atomic_long_read(&stats[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * vdu_stats_init() - make the counters visible
 *
 * Without debugfs they are simply not to be seen.
 */
void vdu_stats_init(void)
{
	dir = debugfs_create_dir("vb2-dma-user", NULL);
	debugfs_create_file("stats", 0444, dir, NULL, &stats_fops);
}

/**
 * vdu_stats_exit() - take the counters away
 */
void vdu_stats_exit(void)
{
	debugfs_remove(dir);
}
