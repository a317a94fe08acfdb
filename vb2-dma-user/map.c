// SPDX-License-Identifier: GPL-2.0
/*
 * From pages to an sg table that a device can use
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/error-injection.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>

#include "compat.h"
#include "internal.h"

/**
 * vdu_map_limit() - longest segment to build for a device
 * @dev:	device that does the DMA
 *
 * The device's own limit, and what the DMA layer can map in one piece: a
 * bounce buffer of swiotlb holds 256 KiB (IO_TLB_SEGSIZE).
 *
 * Context: any.
 * Return: bytes, a multiple of the page size; 0 if the device can't take even
 * one page.
 */
unsigned long vdu_map_limit(struct device *dev)
{
	size_t limit = min_t(size_t, dma_get_max_seg_size(dev),
			     dma_max_mapping_size(dev));

	return ALIGN_DOWN(min_t(size_t, limit, UINT_MAX), PAGE_SIZE);
}

/**
 * vdu_map_is_direct() - does the DMA layer map memory as it is?
 * @dev:	device that does the DMA
 *
 * Context: any.
 * Return: true if a DMA address stands for the same physical one always (or one
 * of swiotlb's), false behind an IOMMU.
 */
bool vdu_map_is_direct(struct device *dev)
{
	return !get_dma_ops(dev) && !use_dma_iommu(dev);
}

/* A function of its own so that tests can make it fail. */
static noinline int vdu_dma_map(struct device *dev, struct sg_table *sgt,
				enum dma_data_direction dir)
{
	return dma_map_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

ALLOW_ERROR_INJECTION(vdu_dma_map, ERRNO);

/**
 * vdu_map_needs_sync() - do CPU and device see different memory?
 * @map:	mapping, all but its need_sync
 *
 * Asked once per mapping: the answer does not change while it lives.
 *
 * Context: any.
 */
bool vdu_map_needs_sync(const struct vdu_map *map)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&map->sgt, sg, i)
		if (dma_need_sync(map->dev, sg_dma_address(sg)))
			return true;
	return false;
}

/**
 * vdu_map_keeps_pages() - does its sg table still tell the pages?
 * @map:	mapping
 *
 * On kernels that expect no IOMMU the length of a DMA segment and that of the
 * memory behind it are one field (without CONFIG_NEED_SG_DMA_LENGTH), and an IOMMU
 * of which they know nothing, or a driver's own, joins segments all the same.
 *
 * Context: any.
 * Return: true if the length of each entry is that of its pages.
 */
bool vdu_map_keeps_pages(const struct vdu_map *map)
{
	return IS_ENABLED(CONFIG_NEED_SG_DMA_LENGTH) ||
	       vdu_map_is_direct(map->dev);
}

static struct scatterlist *put_edge(struct scatterlist *sg, void *mem,
				    unsigned int len)
{
	if (!len)
		return sg;
	sg_set_buf(sg, mem, len);
	return sg_next(sg);
}

/*
 * Is a page the @n-th behind another, and its struct as well? The DMA layer counts
 * pages of a segment by number, unpin_user_page_range_dirty_lock() of later kernels
 * by struct; where each section of memory has an array of its own neither follows
 * from the other.
 */
static inline bool follows(const struct page *page, const struct page *first,
			   unsigned int n)
{
	bool sections = IS_ENABLED(CONFIG_SPARSEMEM) &&
			!IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP);

	return page == first + n &&
	       (!sections || page_to_pfn(page) == page_to_pfn(first) + n);
}

/*
 * How many of @count pages, at most @most, follow one another in memory. Inline:
 * there may be as many runs as pages.
 */
static inline unsigned int run_length(struct page *const *page,
				      unsigned int count, unsigned int most)
{
	unsigned int n = 1;

	count = min(count, most);
	while (n < count && follows(page[n], *page, n))
		n++;
	return n;
}

static unsigned int count_runs(struct page *const *page, unsigned int count,
			       unsigned int most)
{
	unsigned int runs, at = 0;

	for (runs = 0; at < count; runs++)
		at += run_length(page + at, count - at, most);
	return runs;
}

/* A segment for each run, of whole pages. Returns the last one. */
static struct scatterlist *put_runs(struct scatterlist *sg,
				    struct page *const *page,
				    unsigned int count, unsigned int most)
{
	unsigned int run = run_length(page, count, most), at;

	sg_set_page(sg, *page, run << PAGE_SHIFT, 0);
	for (at = run; at < count; at += run) {
		run = run_length(page + at, count - at, most);
		sg = sg_next(sg);
		sg_set_page(sg, page[at], run << PAGE_SHIFT, 0);
	}
	return sg;
}

/* The segments of the bytes from @start to @end; returns the one behind them. */
static struct scatterlist *put_middle(struct scatterlist *sg,
				      const struct vdu_pages *pages,
				      unsigned long start, unsigned long end,
				      unsigned int most)
{
	unsigned int at = PFN_DOWN(start), count = PFN_UP(end) - at;
	struct scatterlist *last = put_runs(sg, pages->page + at, count, most);

	sg->offset = offset_in_page(start);
	sg->length -= sg->offset;
	last->length -= PAGE_ALIGN(end) - end;
	return sg_next(last);
}

/*
 * The edges in their own memory, and between them the program's, in segments of
 * @limit bytes at most. sg_alloc_table_from_pages_segment() knows no edges, and
 * takes more instructions a page (Documentation/costs.md).
 */
static int build(struct vdu_map *map, const struct vdu_pages *pages,
		 unsigned long limit)
{
	const struct vdu_edges *edges = &map->edges;
	unsigned long start = pages->offset + edges->head;
	unsigned long end = pages->offset + pages->size - edges->tail;
	unsigned int most = limit >> PAGE_SHIFT, runs = 0;
	struct scatterlist *sg;
	int ret;

	if (start < end)
		runs = count_runs(pages->page + PFN_DOWN(start),
				  PFN_UP(end) - PFN_DOWN(start), most);
	ret = sg_alloc_table(&map->sgt, runs + !!edges->head + !!edges->tail,
			     GFP_KERNEL);
	if (ret)
		return ret;

	sg = put_edge(map->sgt.sgl, vdu_edge_head(edges), edges->head);
	if (start < end)
		sg = put_middle(sg, pages, start, end, most);
	put_edge(sg, vdu_edge_tail(edges), edges->tail);
	return 0;
}

/*
 * The DMA layer does not split segments, and warns of one that crosses the
 * device's boundary. An IOMMU moves a segment away from it, but splits none
 * either.
 */
static bool crosses(struct device *dev, struct sg_table *sgt)
{
	unsigned long mask = dma_get_seg_boundary(dev);
	struct scatterlist *sg;
	dma_addr_t addr;
	unsigned int i;

	if (!vdu_boundary_matters(dev))
		return false;
	for_each_sgtable_sg(sgt, sg, i) {
		addr = vdu_map_is_direct(dev) ? phys_to_dma(dev, sg_phys(sg)) :
						sg->offset;
		if (sg->length - 1 > mask - (addr & mask))
			return true;
	}
	return false;
}

/* Pages that follow one another may have to go in one by one. */
static int build_within(struct vdu_map *map, struct device *dev,
			const struct vdu_pages *pages, unsigned long limit,
			struct vdu_breach *why)
{
	int ret = build(map, pages, limit);

	if (ret || !crosses(dev, &map->sgt))
		return ret;
	sg_free_table(&map->sgt);
	ret = build(map, pages, PAGE_SIZE);
	if (ret || !crosses(dev, &map->sgt))
		return ret;
	sg_free_table(&map->sgt);
	*why = (struct vdu_breach){ "segment boundary is below a page",
				    PAGE_SIZE,
				    dma_get_seg_boundary(dev) + 1ULL };
	return -EINVAL;
}

/*
 * As dma_capable() has it. With ranges of its own a device may see the last page
 * but not one before it.
 */
static bool all_in_reach(struct device *dev)
{
	return dev->dma_mask && !dev->dma_range_map &&
	       dma_get_required_mask(dev) <=
	       min_not_zero(*dev->dma_mask, dev->bus_dma_limit);
}

/* What is bounced must be in reach itself. */
static bool bounces(struct device *dev)
{
	phys_addr_t first, last;

	if (!vdu_swiotlb_active(dev))
		return false;
	if (!vdu_swiotlb_range(dev, &first, &last))
		return true;
	return dev->dma_mask &&
	       dma_capable(dev, phys_to_dma_unencrypted(dev, first), 1, true) &&
	       dma_capable(dev, phys_to_dma_unencrypted(dev, last), 1, true);
}

/* Where the device can't get at the memory, the DMA layer would warn. */
static bool in_reach(struct device *dev, struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	if (!vdu_map_is_direct(dev) || bounces(dev))
		return true;
	if (is_swiotlb_force_bounce(dev))
		return false;
	if (all_in_reach(dev))
		return true;
	for_each_sgtable_sg(sgt, sg, i)
		if (!dev->dma_mask ||
		    !dma_capable(dev, phys_to_dma(dev, sg_phys(sg)),
				 sg->length, false))
			return false;
	return true;
}

/*
 * A sync for a device that only writes may throw away what the CPU has not yet
 * written back: data behind a short frame, or the zeroes of a page that is new,
 * and what its last owner left comes to light (v7_dma_map_area()). For both
 * directions it is written back, at the same price but where swiotlb bounces.
 * arm64 does so anyway (arch_sync_dma_for_device()).
 */
static enum dma_data_direction without_loss(struct device *dev,
					    enum dma_data_direction dir)
{
	if (dir != DMA_FROM_DEVICE || IS_ENABLED(CONFIG_ARM64) ||
	    dev_is_dma_coherent(dev))
		return dir;
	return DMA_BIDIRECTIONAL;
}

/**
 * vdu_map() - build an sg table of pages and map it
 * @map:	filled in, but for its edges, which are given
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 * @pages:	the memory; must stay until vdu_unmap()
 * @why:	filled in on failure
 *
 * Nothing is synced: that is for whoever starts a transfer. The same memory may
 * so be mapped more than once without one mapping's sync in the other's
 * transfer, which the DMA debugger would complain of.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: the device's longest segment or its boundary is below a
 * page; -EIO: it can't reach the memory; -ENOMEM; what dma_map_sgtable() tells.
 */
int vdu_map(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages,
	    struct vdu_breach *why)
{
	unsigned long limit = vdu_map_limit(dev);
	int ret;

	if (!limit) {
		*why = (struct vdu_breach){ "longest segment is below a page",
					    PAGE_SIZE,
					    dma_get_max_seg_size(dev) };
		return -EINVAL;
	}

	*why = (struct vdu_breach){ "can't be mapped", pages->size, 0 };
	ret = build_within(map, dev, pages, limit, why);
	if (ret)
		return ret;
	if (!in_reach(dev, &map->sgt)) {
		*why = (struct vdu_breach){ "memory is out of reach",
					    dma_get_required_mask(dev),
					    dma_get_mask(dev) };
		ret = -EIO;
		goto err_map;
	}

	map->dir = without_loss(dev, dir);
	ret = vdu_dma_map(dev, &map->sgt, map->dir);
	if (ret)
		goto err_map;
	map->dev = dev;
	map->need_sync = vdu_map_needs_sync(map);
	vdu_stat_add(VDU_SEGMENTS, map->sgt.nents);
	return 0;

err_map:
	sg_free_table(&map->sgt);
	return ret;
}

/**
 * vdu_unmap_dma() - undo vdu_map() but for the sg table
 * @map:	mapping
 *
 * Context: process context, no transfer may be running.
 */
void vdu_unmap_dma(struct vdu_map *map)
{
	vdu_stat_add(VDU_SEGMENTS, -(long)map->sgt.nents);
	dma_unmap_sgtable(map->dev, &map->sgt, map->dir,
			  DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * vdu_unmap() - undo vdu_map()
 * @map:	mapping
 *
 * Context: process context, no transfer may be running.
 */
void vdu_unmap(struct vdu_map *map)
{
	vdu_unmap_dma(map);
	sg_free_table(&map->sgt);
}
