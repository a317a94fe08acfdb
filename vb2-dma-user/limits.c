// SPDX-License-Identifier: GPL-2.0
/*
 * What a device can't do, beyond what the kernel's DMA layer looks after
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "internal.h"

static const char * const bounce_names[] = {
	[VB2_DMA_USER_BOUNCE_NEVER] = "never",
	[VB2_DMA_USER_BOUNCE_EDGES] = "edges",
	[VB2_DMA_USER_BOUNCE_FULL] = "full",
};

static int bounce = VB2_DMA_USER_BOUNCE_EDGES;

static int bounce_set(const char *val, const struct kernel_param *kp)
{
	int i = __sysfs_match_string(&bounce_names[VB2_DMA_USER_BOUNCE_NEVER],
				     VB2_DMA_USER_BOUNCE_FULL, val);

	if (i < 0)
		return i;
	bounce = VB2_DMA_USER_BOUNCE_NEVER + i;
	return 0;
}

static int bounce_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", bounce_names[bounce]);
}

static const struct kernel_param_ops bounce_ops = {
	.set = bounce_set,
	.get = bounce_get,
};
module_param_cb(bounce, &bounce_ops, NULL, 0644);
MODULE_PARM_DESC(bounce, " what may be copied for devices that don't say: never, edges (of buffers, on shared cache lines), full (buffers that the device can't take); default is edges");

/* Where a buffer lies and how long it is */
struct geometry {
	unsigned long	size;
	unsigned int	offset;
};

/*
 * struct told - what devm_vb2_dma_user_set_limits() keeps, of the device
 * @lock:	protects all but @lines
 * @lines:	one each for so long
 * @announced:	the last ones
 * @next:	in it
 */
struct told {
	struct vb2_dma_user_limits	limits;
	spinlock_t			lock; /* see above */
	struct ratelimit_state		lines;
	struct geometry			announced[16];
	unsigned int			next;
};

static void told_release(struct device *dev, void *res)
{
}

static struct told *told_of(struct device *dev)
{
	return devres_find(dev, told_release, NULL, NULL);
}

static bool good_align(unsigned int align)
{
	return !align || (is_power_of_2(align) && align <= PAGE_SIZE);
}

static struct told *told_new(struct device *dev)
{
	struct told *told = devres_alloc(told_release, sizeof(*told),
					 GFP_KERNEL);

	if (!told)
		return NULL;
	spin_lock_init(&told->lock);
	ratelimit_state_init(&told->lines, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	devres_add(dev, told);
	return told;
}

/**
 * devm_vb2_dma_user_set_limits() - tell what a device can't do
 * @dev:	device that does the DMA, &vb2_queue.dev
 * @limits:	its limits; copied
 *
 * For what struct device has no word for; DMA mask, longest segment and segment
 * boundary are told by dma_set_mask() and its relatives.
 * To be called by probe, before buffers are queued: later they count for buffers
 * that are new from then on. They go with the device's driver.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL for an alignment that is no power of two or more than a
 * page, or an unknown policy; -ENOMEM.
 */
int devm_vb2_dma_user_set_limits(struct device *dev,
				 const struct vb2_dma_user_limits *limits)
{
	struct told *told = told_of(dev);

	if (!good_align(limits->start_align) ||
	    !good_align(limits->seg_align) || !good_align(limits->len_align) ||
	    limits->bounce > VB2_DMA_USER_BOUNCE_FULL)
		return -EINVAL;

	if (!told)
		told = told_new(dev);
	if (!told)
		return -ENOMEM;

	spin_lock(&told->lock);
	told->limits = *limits;
	spin_unlock(&told->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(devm_vb2_dma_user_set_limits);

/**
 * vdu_limits_complete() - put numbers where a driver said nothing
 * @limits:	as told; 1 for "no alignment", UINT_MAX segments
 *
 * Context: any.
 */
void vdu_limits_complete(struct vb2_dma_user_limits *limits)
{
	limits->start_align = limits->start_align ?: 1;
	limits->seg_align = limits->seg_align ?: 1;
	limits->len_align = limits->len_align ?: 1;
	limits->max_segs = limits->max_segs ?: UINT_MAX;
	if (limits->bounce == VB2_DMA_USER_BOUNCE_DEFAULT)
		limits->bounce = READ_ONCE(bounce);
}

/**
 * vdu_limits_of() - what a device can't do
 * @dev:	the device
 *
 * Context: process context; the device has its driver.
 * Return: its limits, complete.
 */
struct vb2_dma_user_limits vdu_limits_of(struct device *dev)
{
	struct vb2_dma_user_limits limits = {};
	struct told *told = told_of(dev);

	if (told) {
		spin_lock(&told->lock);
		limits = told->limits;
		spin_unlock(&told->lock);
	}
	vdu_limits_complete(&limits);
	return limits;
}

static bool breach(struct vdu_breach *why, const char *what, u64 need, u64 have)
{
	why->what = what;
	why->need = need;
	why->have = have;
	return false;
}

static bool first_met(const struct vb2_dma_user_limits *limits, u64 addr,
		      struct vdu_breach *why)
{
	u64 off = addr & (limits->start_align - 1);

	return !off || breach(why, "start is not aligned", limits->start_align,
			      off);
}

/**
 * vdu_boundary_matters() - can a segment cross the device's boundary at all?
 * @dev:	the device
 *
 * Not if the first boundary lies behind all that it can address, or behind all
 * memory if it gets that as it is. So it is with most, and nobody has to look at
 * each segment.
 *
 * Context: any.
 * Return: false if nobody has to look.
 */
bool vdu_boundary_matters(struct device *dev)
{
	u64 end = dma_get_mask(dev);

	/* With ranges of its own, the last page need not have the last address. */
	if (vdu_map_is_direct(dev) && !dev->dma_range_map)
		end = min(end, dma_get_required_mask(dev));
	return end > dma_get_seg_boundary(dev);
}

static bool boundary_met(struct device *dev, u64 addr, u64 len,
			 struct vdu_breach *why)
{
	unsigned long mask = dma_get_seg_boundary(dev);
	u64 room = (u64)(mask - (addr & mask)) + 1;

	return !room || len <= room ||
	       breach(why, "segment crosses a boundary", len, room);
}

/* Any segment will do, if there are not too many of them. */
static bool no_limits(const struct vb2_dma_user_limits *limits, struct device *dev)
{
	return limits->start_align == 1 && limits->seg_align == 1 &&
	       limits->len_align == 1 && !limits->contiguous &&
	       !vdu_boundary_matters(dev);
}

/* A segment and the one behind it */
static bool next_met(const struct vb2_dma_user_limits *limits,
		     struct scatterlist *sg, struct scatterlist *next,
		     struct vdu_breach *why)
{
	u64 off = sg_dma_address(next) & (limits->seg_align - 1);
	u64 rest = sg_dma_len(sg) & (limits->len_align - 1);

	if (off)
		return breach(why, "segment is not aligned",
			      limits->seg_align, off);
	if (rest)
		return breach(why, "segment has no whole length",
			      limits->len_align, sg_dma_len(sg));
	return true;
}

/* From @start to the end of this segment all is one piece: the next one too? */
static bool joined(u64 start, struct scatterlist *sg, struct scatterlist *next,
		   u64 total, struct vdu_breach *why)
{
	u64 end = sg_dma_address(sg) + sg_dma_len(sg);

	return end == sg_dma_address(next) ||
	       breach(why, "contiguous mapping is too small", total,
		      end - start);
}

static bool segments_met(const struct vb2_dma_user_limits *limits,
			 struct device *dev, struct sg_table *sgt, u64 total,
			 struct vdu_breach *why)
{
	u64 start = sg_dma_address(sgt->sgl);
	struct scatterlist *sg, *last = NULL;
	unsigned int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!boundary_met(dev, sg_dma_address(sg), sg_dma_len(sg), why))
			return false;
		if (!last && !first_met(limits, start, why))
			return false;
		if (last && !next_met(limits, last, sg, why))
			return false;
		if (last && limits->contiguous &&
		    !joined(start, last, sg, total, why))
			return false;
		last = sg;
	}
	return true;
}

/**
 * vdu_limits_met() - can a device do this?
 * @limits:	from vdu_limits_of()
 * @dev:	the device
 * @sgt:	mapped for it
 * @total:	bytes of the buffer
 * @why:	filled in if it can't
 *
 * Context: any.
 */
bool vdu_limits_met(const struct vb2_dma_user_limits *limits,
		    struct device *dev, struct sg_table *sgt, u64 total,
		    struct vdu_breach *why)
{
	if (!no_limits(limits, dev) &&
	    !segments_met(limits, dev, sgt, total, why))
		return false;
	return sgt->nents <= limits->max_segs ||
	       breach(why, "too many segments", limits->max_segs, sgt->nents);
}

static bool announced(struct told *told, struct geometry which)
{
	bool found = false;
	unsigned int i;

	spin_lock(&told->lock);
	for (i = 0; i < ARRAY_SIZE(told->announced); i++)
		found |= told->announced[i].size == which.size &&
			 told->announced[i].offset == which.offset;
	spin_unlock(&told->lock);
	return found;
}

static void remember(struct told *told, struct geometry which)
{
	spin_lock(&told->lock);
	told->announced[told->next++ % ARRAY_SIZE(told->announced)] = which;
	spin_unlock(&told->lock);
}

/**
 * vdu_limits_explain() - one line in the kernel log: what became of a buffer
 * @dev:	the device
 * @pages:	of the buffer
 * @why:	what the device can't take
 * @fate:	what became of it
 *
 * Context: process context.
 * Return: false if there were too many lines, and this one was left out.
 */
bool vdu_limits_explain(struct device *dev, const struct vdu_pages *pages,
			const struct vdu_breach *why, const char *fate)
{
	static DEFINE_RATELIMIT_STATE(lines, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	struct told *told = told_of(dev);

	if (!__ratelimit(told ? &told->lines : &lines))
		return false;
	dev_notice(dev,
		   "vb2-dma-user: %s: need %llu, have %llu; %lu bytes at offset %u of a page %s\n",
		   why->what, why->need, why->have, pages->size, pages->offset,
		   fate);
	return true;
}

/**
 * vdu_limits_announce() - tell that a buffer is copied
 * @dev:	the device
 * @pages:	of the buffer
 * @why:	what the device can't take
 *
 * Once for each geometry, as long as not many others were told since; for a
 * device that told no limits whenever a buffer is new. Ratelimited.
 *
 * Context: process context.
 */
void vdu_limits_announce(struct device *dev, const struct vdu_pages *pages,
			 const struct vdu_breach *why)
{
	struct geometry this = { pages->size, pages->offset };
	struct told *told = told_of(dev);

	if (told && announced(told, this))
		return;
	if (vdu_limits_explain(dev, pages, why, "are copied") && told)
		remember(told, this);
}

/* For user space, so that a program can place its buffers well. */

#define LIMIT_ATTR(name, fmt, value)					\
static ssize_t name##_show(struct device *dev,				\
			   struct device_attribute *attr, char *buf)	\
{									\
	struct vb2_dma_user_limits limits __maybe_unused =		\
		vdu_limits_of(dev);					\
									\
	return sysfs_emit(buf, fmt "\n", value);			\
}									\
static DEVICE_ATTR_RO(name)

LIMIT_ATTR(start_align, "%u", limits.start_align);
LIMIT_ATTR(seg_align, "%u", limits.seg_align);
LIMIT_ATTR(len_align, "%u", limits.len_align);
LIMIT_ATTR(max_segs, "%u", limits.max_segs);
LIMIT_ATTR(contiguous, "%u", limits.contiguous);
LIMIT_ATTR(bounce, "%s", bounce_names[limits.bounce]);
LIMIT_ATTR(edge_align, "%u", vdu_edge_unit(dev));
LIMIT_ATTR(max_seg_bytes, "%u", dma_get_max_seg_size(dev));
LIMIT_ATTR(boundary_mask, "0x%lx", dma_get_seg_boundary(dev));
LIMIT_ATTR(min_align_mask, "0x%x", dma_get_min_align_mask(dev));
LIMIT_ATTR(dma_mask, "0x%llx", dma_get_mask(dev));

static struct attribute *limits_attrs[] = {
	&dev_attr_start_align.attr,
	&dev_attr_seg_align.attr,
	&dev_attr_len_align.attr,
	&dev_attr_max_segs.attr,
	&dev_attr_max_seg_bytes.attr,
	&dev_attr_boundary_mask.attr,
	&dev_attr_min_align_mask.attr,
	&dev_attr_dma_mask.attr,
	&dev_attr_contiguous.attr,
	&dev_attr_edge_align.attr,
	&dev_attr_bounce.attr,
	NULL,
};

const struct attribute_group vb2_dma_user_group = {
	.name	= "vb2_dma_user",
	.attrs	= limits_attrs,
};
EXPORT_SYMBOL_GPL(vb2_dma_user_group);
