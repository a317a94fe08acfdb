// SPDX-License-Identifier: GPL-2.0
/*
 * From pages to an sg table that a device can use
 */
#include <linux/dma-mapping.h>
#include <linux/error-injection.h>
#include <linux/scatterlist.h>

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

/* A function of its own so that tests can make it fail. */
static noinline int vdu_dma_map(struct device *dev, struct sg_table *sgt,
				enum dma_data_direction dir)
{
	return dma_map_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

ALLOW_ERROR_INJECTION(vdu_dma_map, ERRNO);

/* Asked once per mapping: the answer does not change while it lives. */
static bool map_needs_sync(struct vdu_map *map)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&map->sgt, sg, i)
		if (dma_need_sync(map->dev, sg_dma_address(sg)))
			return true;
	return false;
}

/**
 * vdu_map() - build an sg table of pages and map it
 * @map:	filled in
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 * @pages:	the memory; must stay until vdu_unmap()
 *
 * Nothing is synced: that is for whoever starts a transfer. The same memory may
 * so be mapped more than once without one mapping's sync in the other's
 * transfer, which the DMA debugger would complain of.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: the device's limit is below a page; -ENOMEM; what
 * dma_map_sgtable() tells.
 */
int vdu_map(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages)
{
	unsigned long limit = vdu_map_limit(dev);
	int ret;

	if (!limit) {
		vdu_dbg(dev, "longest segment is below a page: have %u, need %lu\n",
			dma_get_max_seg_size(dev), PAGE_SIZE);
		return -EINVAL;
	}

	ret = sg_alloc_table_from_pages_segment(&map->sgt, pages->page,
						pages->count, pages->offset,
						pages->size, limit, GFP_KERNEL);
	if (ret)
		return ret;

	ret = vdu_dma_map(dev, &map->sgt, dir);
	if (ret) {
		vdu_dbg(dev, "can't map %lu bytes in %u segments: %d\n",
			pages->size, map->sgt.orig_nents, ret);
		goto err_map;
	}
	map->dev = dev;
	map->dir = dir;
	map->need_sync = map_needs_sync(map);
	vdu_stat_add(VDU_SEGMENTS, map->sgt.nents);
	return 0;

err_map:
	sg_free_table(&map->sgt);
	return ret;
}

/**
 * vdu_unmap() - undo vdu_map()
 * @map:	mapping
 *
 * Context: process context, no transfer may be running.
 */
void vdu_unmap(struct vdu_map *map)
{
	vdu_stat_add(VDU_SEGMENTS, -(long)map->sgt.nents);
	dma_unmap_sgtable(map->dev, &map->sgt, map->dir,
			  DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&map->sgt);
}
