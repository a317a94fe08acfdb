// SPDX-License-Identifier: GPL-2.0
/*
 * To look at: <debugfs>/vb2-dma-user/stats and .../registrations
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/seq_file.h>

#include "internal.h"

static const char * const names[VDU_STATS] = {
	[VDU_REGISTRATIONS]	= "registrations",
	[VDU_REGISTRATIONS_IDLE] = "registrations_idle",
	[VDU_PAGES_PINNED]	= "bytes_pinned",
	[VDU_PAGES_IDLE]	= "bytes_idle",
	[VDU_SEGMENTS]		= "segments",
	[VDU_KBUF_PAGES]	= "bytes_mmap",
	[VDU_REJECTED]		= "rejected",
	[VDU_HITS]		= "hits",
	[VDU_MISSES]		= "misses",
	[VDU_REPINS_UNMAP]	= "repins_unmap",
	[VDU_REPINS_CLEAR]	= "repins_clear",
	[VDU_REPINS_OTHER]	= "repins_other",
	[VDU_REPINS_UNWATCHED]	= "repins_unwatched",
	[VDU_REPINS_SAME]	= "repins_same",
	[VDU_FOREIGN]		= "other_process",
	[VDU_EVICTIONS + VDU_EVICT_GONE]	= "evicted_gone",
	[VDU_EVICTIONS + VDU_EVICT_EXIT]	= "evicted_exit",
	[VDU_EVICTIONS + VDU_EVICT_STALE]	= "evicted_stale",
	[VDU_EVICTIONS + VDU_EVICT_QUEUE]	= "evicted_queue",
	[VDU_EVICTIONS + VDU_EVICT_CAP]		= "evicted_cap",
	[VDU_EVICTIONS + VDU_EVICT_LIMIT]	= "evicted_limit",
	[VDU_EVICTIONS + VDU_EVICT_PRESSURE]	= "evicted_pressure",
	[VDU_EVICTIONS + VDU_EVICT_AGE]		= "evicted_age",
	[VDU_EVICTIONS + VDU_EVICT_UNBIND]	= "evicted_unbind",
	[VDU_EVICTIONS + VDU_EVICT_UNLOAD]	= "evicted_unload",
	[VDU_BYTES_SYNCED]	= "bytes_synced",
	[VDU_BYTES_BOUNCED]	= "bytes_bounced",
	[VDU_ALIAS_FLUSHES]	= "alias_flushes",
};

static atomic64_t stats[VDU_STATS];
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
	atomic64_add(n, &stats[stat]);
}

static bool in_pages(unsigned int stat)
{
	return stat == VDU_PAGES_PINNED || stat == VDU_PAGES_IDLE ||
	       stat == VDU_KBUF_PAGES;
}

static int stats_show(struct seq_file *s, void *unused)
{
	unsigned int i;

	for (i = 0; i < VDU_STATS; i++)
		seq_printf(s, "%s %lld\n", names[i],
			   (s64)atomic64_read(&stats[i])
			   << (in_pages(i) ? PAGE_SHIFT : 0));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static const char *state(struct vdu_reg *reg)
{
	if (atomic_read(&reg->uses) > 1)
		return "busy";
	return reg->slots ? "held" : "idle";
}

static bool show_one(struct vdu_reg *reg, void *seq)
{
	struct seq_file *s = seq;

	seq_printf(s, "%d 0x%lx %lu %u %s %d %s%s %lu %s\n", reg->owner,
		   reg->key.vaddr, reg->key.size, reg->map.sgt.nents,
		   dev_name(reg->key.dev), reg->key.dir, state(reg),
		   vdu_watch_changed(&reg->watch) ||
		   vdu_watch_protected(&reg->watch) ? ",suspect" : "",
		   reg->hits, reg->comm);
	return !seq_has_overflowed(s);
}

static int registrations_show(struct seq_file *s, void *unused)
{
	seq_puts(s, "pid address bytes segments device direction state hits name\n");
	vdu_reg_each(show_one, s);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(registrations);

/**
 * vdu_stats_init() - make counters and registrations visible
 *
 * Without debugfs they are simply not to be seen.
 */
void vdu_stats_init(void)
{
	dir = debugfs_create_dir("vb2-dma-user", NULL);
	debugfs_create_file("stats", 0444, dir, NULL, &stats_fops);
	/* Addresses are nobody else's business. */
	debugfs_create_file("registrations", 0400, dir, NULL,
			    &registrations_fops);
}

/**
 * vdu_stats_exit() - take them away
 */
void vdu_stats_exit(void)
{
	debugfs_remove(dir);
}
