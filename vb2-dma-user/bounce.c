// SPDX-License-Identifier: GPL-2.0
/*
 * Fitting a program's memory to a device: as it is, with its edges copied, or,
 * as the last resort, with a copy of all of it
 */
#include <linux/dma-mapping.h>
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
		*why = vdu_edges_shared(edges, pages->offset, pages->size);
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

/* A copy in one piece is what the idle ones may leave no room for (CMA). */
static int map_copy(struct vdu_map *map, struct device *dev,
		    enum dma_data_direction dir, const struct vdu_pages *pages,
		    const struct vb2_dma_user_limits *limits)
{
	int ret = vdu_copy_map(map, dev, dir, pages, limits);

	if (ret == -ENOMEM && vdu_idle_evict_device(dev))
		ret = vdu_copy_map(map, dev, dir, pages, limits);
	return ret;
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
	struct vdu_breach why = { "edges need memory", pages->size, 0 };
	int ret;

	ret = map_direct(map, dev, dir, pages, &limits, &why);
	/* What is idle may hold what is missing: bounce slots, DMA addresses. */
	if ((ret == -ENOMEM || ret == -EIO) && vdu_idle_evict_device(dev))
		ret = map_direct(map, dev, dir, pages, &limits, &why);
	if (!ret)
		return 0;
	if (limits.bounce == VB2_DMA_USER_BOUNCE_FULL)
		ret = map_copy(map, dev, dir, pages, &limits);
	if (!ret)
		vdu_limits_announce(dev, pages, &why);
	else
		vdu_limits_explain(dev, pages, &why, ret == -ENOMEM ?
				   "find no memory" : "are refused");
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
	if (map->copy.piece) {
		vdu_copy_unmap(map);
		return;
	}
	vdu_unmap_dma(map);
	/* Pages without an array of their own still need the table. */
	if (!pages->sgt)
		sg_free_table(&map->sgt);
	vdu_edges_free(&map->edges);
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

	if (map->copy.piece)
		bytes = vdu_copy_all(map, pages, span, to_pages);
	else
		bytes = vdu_edges_copy(&map->edges, pages, span, to_pages);
	if (!bytes)
		return;
	vdu_stat_add(VDU_BYTES_BOUNCED, bytes);
	trace_vdu_bounce(map->dev, bytes, to_pages);
}
