// SPDX-License-Identifier: GPL-2.0
/*
 * Fitting a program's memory to a device: as it is, with its edges copied, or,
 * as the last resort, with a copy of all of it
 */
#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "internal.h"
#include "trace.h"

/* Only the edges, if there are any, are copied. */
static int map_direct(struct vdu_map *map, struct device *dev,
		      enum dma_data_direction dir,
		      const struct vdu_pages *pages,
		      const struct vb2_dma_user_limits *limits,
		      struct vdu_breach *why)
{
	struct vdu_edges *edges = &map->edges;
	int ret;

	vdu_edges_choose(edges, dev, limits);
	vdu_edges_split(edges, pages->offset, pages->size);
	if (limits->bounce == VB2_DMA_USER_BOUNCE_NEVER &&
	    (edges->head || edges->tail)) {
		*why = (struct vdu_breach){ "user data is not aligned",
					    edges->head ? edges->start_unit :
							  edges->end_unit,
					    edges->head ?: edges->tail };
		return -EINVAL;
	}

	ret = vdu_edges_alloc(edges);
	if (ret)
		return ret;
	ret = vdu_map(map, dev, dir, pages, why);
	if (ret)
		goto err_map;
	if (vdu_limits_met(limits, dev, &map->sgt, pages->size, why))
		return 0;

	ret = -EINVAL;
	vdu_unmap(map);
err_map:
	vdu_edges_free(edges);
	return ret;
}

/* How much of the memory from @addr on the device takes in one segment. */
static size_t piece_at(struct device *dev, dma_addr_t addr, size_t size,
		       const struct vb2_dma_user_limits *limits)
{
	unsigned long boundary = dma_get_seg_boundary(dev);
	size_t most = min_t(size_t, size, dma_get_max_seg_size(dev));
	unsigned long room = boundary - (addr & boundary);

	if (room < most - 1)
		most = room + 1;
	if (most < size)
		most = ALIGN_DOWN(most, max(limits->seg_align, limits->len_align));
	return most;
}

static unsigned int count_pieces(struct device *dev, dma_addr_t addr,
				 size_t size,
				 const struct vb2_dma_user_limits *limits)
{
	unsigned int count = 0;
	size_t piece;

	for (; size; size -= piece, addr += piece) {
		piece = piece_at(dev, addr, size, limits);
		if (!piece)
			return 0;
		count++;
	}
	return count;
}

/* What the device gets of a copy: pieces that it can take. */
static int cut(struct vdu_map *map, size_t size,
	       const struct vb2_dma_user_limits *limits)
{
	dma_addr_t addr = map->copy_addr;
	struct vdu_breach unused;
	struct scatterlist *sg;
	unsigned int i, count;
	int ret;

	count = count_pieces(map->dev, addr, size, limits);
	if (!count)
		return -EINVAL;
	ret = sg_alloc_table(&map->sgt, count, GFP_KERNEL);
	if (ret)
		return ret;

	for_each_sgtable_sg(&map->sgt, sg, i) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = piece_at(map->dev, addr, size, limits);
		addr += sg_dma_len(sg);
		size -= sg_dma_len(sg);
	}
	if (vdu_limits_met(limits, map->dev, &map->sgt, 0, &unused))
		return 0;
	sg_free_table(&map->sgt);
	return -EINVAL;
}

static void free_copy(struct vdu_map *map, const struct vdu_pages *pages)
{
	dma_free_pages(map->dev, PAGE_ALIGN(pages->size), map->copy,
		       map->copy_addr, DMA_BIDIRECTIONAL);
	map->copy = NULL;
}

/*
 * In one piece, and zeroed: nothing of the kernel's may show where a device
 * writes too little. That is also why it is mapped for both directions: for the
 * other one 32-bit ARM would discard the zeroes (v7_dma_map_area).
 */
static int alloc_copy(struct vdu_map *map, const struct vdu_pages *pages)
{
	size_t size = PAGE_ALIGN(pages->size);

	map->copy = dma_alloc_pages(map->dev, size, &map->copy_addr,
				    DMA_BIDIRECTIONAL,
				    GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!map->copy)
		return -ENOMEM;
	if (!dma_mapping_error(map->dev, map->copy_addr) &&
	    map->copy_addr + size - 1 <= dma_get_mask(map->dev))
		return 0;
	free_copy(map, pages);
	return -ENOMEM;
}

/* The device gets memory of the kernel's. */
static int map_copy(struct vdu_map *map, struct device *dev,
		    enum dma_data_direction dir, const struct vdu_pages *pages,
		    const struct vb2_dma_user_limits *limits)
{
	int ret;

	/* The DMA layer warns of a driver that forgot it. */
	if (!dev->coherent_dma_mask)
		return -EIO;

	map->dev = dev;
	map->dir = dir;
	ret = alloc_copy(map, pages);
	if (ret)
		return ret;
	ret = cut(map, pages->size, limits);
	if (ret)
		goto err_cut;

	map->need_sync = vdu_map_needs_sync(map);
	vdu_stat_add(VDU_SEGMENTS, map->sgt.nents);
	return 0;

err_cut:
	free_copy(map, pages);
	return ret;
}

static void unmap_copy(struct vdu_map *map, const struct vdu_pages *pages)
{
	vdu_stat_add(VDU_SEGMENTS, -(long)map->sgt.nents);
	sg_free_table(&map->sgt);
	free_copy(map, pages);
}

/**
 * vdu_fit() - map a program's memory for a device, by copies if it must be
 * @map:	filled in
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 * @pages:	the memory; must stay until vdu_unfit()
 *
 * As vdu_map(), and what the device then gets keeps its limits.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: the device can't take this memory and its policy does not
 * allow a copy, or a copy would not help; -EIO: it can't reach the memory;
 * -ENOMEM; what dma_map_sgtable() tells.
 */
int vdu_fit(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages)
{
	struct vb2_dma_user_limits limits = vdu_limits_of(dev);
	struct vdu_breach why = { "no memory for edges", pages->size, 0 };
	int ret;

	ret = map_direct(map, dev, dir, pages, &limits, &why);
	/* What is idle may hold what is missing: bounce slots, DMA addresses. */
	if ((ret == -ENOMEM || ret == -EIO) && vdu_idle_evict_device(dev))
		ret = map_direct(map, dev, dir, pages, &limits, &why);
	if (!ret)
		return 0;
	if (limits.bounce == VB2_DMA_USER_BOUNCE_FULL) {
		ret = map_copy(map, dev, dir, pages, &limits);
		if (!ret)
			vdu_limits_announce(dev, pages, &why);
	}
	if (ret == -EINVAL)
		vdu_limits_explain(dev, pages, &why, "are refused");
	return ret;
}

/**
 * vdu_unfit() - undo vdu_fit()
 * @map:	mapping
 * @pages:	its memory; if the sg table tells the pages it stays, for vdu_unpin()
 *
 * Context: process context, may sleep, no transfer may be running.
 */
void vdu_unfit(struct vdu_map *map, const struct vdu_pages *pages)
{
	if (map->copy) {
		unmap_copy(map, pages);
		return;
	}
	vdu_unmap_dma(map);
	/* Pages without an array of their own still need the table. */
	if (!pages->sgt)
		sg_free_table(&map->sgt);
	vdu_edges_free(&map->edges);
}

/* What the device is only to write need not be there before. */
static unsigned long copy_all(const struct vdu_map *map,
			      const struct vdu_pages *pages,
			      struct vdu_span span, bool to_pages)
{
	unsigned long bytes = span.end - span.start;

	if (!to_pages && map->dir == DMA_FROM_DEVICE)
		return 0;
	vdu_pages_copy(pages, span.start, bytes,
		       page_address(map->copy) + span.start, to_pages);
	return bytes;
}

/**
 * vdu_bounce_copy() - bring a buffer and what stands in for it into agreement
 * @map:	mapping of the buffer
 * @pages:	of the buffer
 * @span:	which bytes of it
 * @to_pages:	true after a transfer, false before one
 *
 * Not a byte outside of @span is written, whoever it belongs to. A whole buffer
 * may be copied in hard interrupt here: that is what the policy "full" costs.
 *
 * Context: any, also hard interrupt.
 */
void vdu_bounce_copy(const struct vdu_map *map, const struct vdu_pages *pages,
		     struct vdu_span span, bool to_pages)
{
	unsigned long bytes;

	if (map->copy)
		bytes = copy_all(map, pages, span, to_pages);
	else
		bytes = vdu_edges_copy(&map->edges, pages, span, to_pages);
	if (!bytes)
		return;
	vdu_stat_add(VDU_BYTES_BOUNCED, bytes);
	trace_vdu_bounce(map->dev, bytes, to_pages);
}
