// SPDX-License-Identifier: GPL-2.0
/*
 * Copies: memory of the kernel's that stands in for all of a buffer
 *
 * The last resort, for a device that can't take the buffer as it is. In one
 * piece if that is to be had, else, where the device takes them, in several.
 */
#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "internal.h"

static void free_piece(struct device *dev, struct vdu_piece *piece)
{
	dma_free_pages(dev, piece->size, piece->page, piece->addr,
		       DMA_BIDIRECTIONAL);
}

/*
 * Zeroed: nothing of the kernel's may show where a device writes too little.
 * That is also why it is mapped for both directions: for the other one 32-bit
 * ARM would discard the zeroes (v7_dma_map_area).
 */
static int alloc_piece(struct device *dev, struct vdu_piece *piece, size_t size,
		       gfp_t effort)
{
	piece->size = size;
	piece->page = dma_alloc_pages(dev, size, &piece->addr, DMA_BIDIRECTIONAL,
				      GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				      __GFP_NOWARN | effort);
	if (!piece->page)
		return -ENOMEM;
	if (!dma_mapping_error(dev, piece->addr) &&
	    piece->addr + size - 1 <= dma_get_mask(dev))
		return 0;
	free_piece(dev, piece);
	return -ENOMEM;
}

static void free_copy(struct device *dev, struct vdu_copy *copy)
{
	while (copy->count)
		free_piece(dev, &copy->piece[--copy->count]);
	kvfree(copy->piece);
	copy->piece = NULL;
}

/* @copy->bytes in pieces of @size bytes, but for the last one, which is the rest */
static int alloc_pieces(struct device *dev, struct vdu_copy *copy, size_t size,
			gfp_t effort)
{
	size_t rest = copy->bytes;
	int ret;

	copy->piece = kvmalloc_array(DIV_ROUND_UP(rest, size),
				     sizeof(*copy->piece), GFP_KERNEL_ACCOUNT);
	if (!copy->piece)
		return -ENOMEM;
	for (; rest; rest -= size, copy->count++) {
		size = min(size, rest);
		ret = alloc_piece(dev, &copy->piece[copy->count], size, effort);
		if (ret)
			goto err_piece;
	}
	return 0;

err_piece:
	free_copy(dev, copy);
	return ret;
}

/* The longer the pieces the better; no more effort than is needed for that. */
static int alloc_copy(struct device *dev, struct vdu_copy *copy,
		      unsigned int most)
{
	size_t size = copy->bytes, next;
	bool last;
	int ret;

	do {
		next = rounddown_pow_of_two(size - 1);
		last = next < PAGE_SIZE ||
		       DIV_ROUND_UP(copy->bytes, next) > most;
		ret = alloc_pieces(dev, copy, size, last ? __GFP_RETRY_MAYFAIL :
							   __GFP_NORETRY);
		size = next;
	} while (ret && !last);
	return ret;
}

/*
 * How much of the memory from @addr on the device takes in one segment that is
 * not the last: its length is whole, and the next one is aligned. The larger one
 * of the two brings the other about, or nothing does.
 */
static size_t whole_segment(u64 addr, size_t most,
			    const struct vb2_dma_user_limits *limits)
{
	u64 end = ALIGN_DOWN(addr + most, limits->seg_align);

	if (limits->len_align > limits->seg_align)
		return ALIGN_DOWN(most, limits->len_align);
	return end > addr ? end - addr : 0;
}

static size_t segment_at(struct device *dev, u64 addr, size_t size,
			 const struct vb2_dma_user_limits *limits)
{
	unsigned long boundary = dma_get_seg_boundary(dev);
	size_t most = min_t(size_t, size, dma_get_max_seg_size(dev));
	unsigned long room = boundary - (addr & boundary);

	if (room < most - 1)
		most = room + 1;
	return most < size ? whole_segment(addr, most, limits) : most;
}

/**
 * vdu_copy_cut() - what a device gets of a copy: segments that it can take
 * @copy:	the copy
 * @dev:	the device
 * @size:	of the buffer, in bytes
 * @limits:	of the device
 * @sg:		the first of as many entries as there are segments, whose DMA
 *		side is filled in; NULL to count only
 *
 * Context: any.
 * Return: how many segments; 0 if the device's limits allow none somewhere.
 */
unsigned int vdu_copy_cut(const struct vdu_copy *copy, struct device *dev,
			  size_t size, const struct vb2_dma_user_limits *limits,
			  struct scatterlist *sg)
{
	const struct vdu_piece *piece = copy->piece;
	size_t at = copy->lead, len;
	unsigned int count;

	for (count = 0; size; count++, size -= len) {
		len = segment_at(dev, piece->addr + at,
				 min(size, piece->size - at), limits);
		if (!len)
			return 0;
		if (sg) {
			sg_dma_address(sg) = piece->addr + at;
			sg_dma_len(sg) = len;
			sg = sg_next(sg);
		}
		at += len;
		if (at == piece->size) {
			piece++;
			at = 0;
		}
	}
	return count;
}

static int build(struct vdu_map *map, size_t size,
		 const struct vb2_dma_user_limits *limits)
{
	struct vdu_breach unused;
	unsigned int count;
	int ret;

	count = vdu_copy_cut(&map->copy, map->dev, size, limits, NULL);
	if (!count)
		return -EINVAL;
	ret = sg_alloc_table(&map->sgt, count, GFP_KERNEL);
	if (ret)
		return ret;

	vdu_copy_cut(&map->copy, map->dev, size, limits, map->sgt.sgl);
	if (vdu_limits_met(limits, map->dev, &map->sgt, size, &unused))
		return 0;
	sg_free_table(&map->sgt);
	return -EINVAL;
}

/* Each ends a segment, and the first one's length may not be a whole one. */
static unsigned int most_pieces(const struct vb2_dma_user_limits *limits,
				unsigned int lead)
{
	if (limits->contiguous || lead & (limits->len_align - 1))
		return 1;
	return limits->max_segs;
}

/**
 * vdu_copy_map() - give a device memory of the kernel's for a buffer
 * @map:	filled in
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 * @pages:	of the buffer
 * @limits:	of the device
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: the device can't take a copy either; -EIO: nor any memory
 * that is for both CPU and device; -ENOMEM.
 */
int vdu_copy_map(struct vdu_map *map, struct device *dev,
		 enum dma_data_direction dir, const struct vdu_pages *pages,
		 const struct vb2_dma_user_limits *limits)
{
	struct vdu_copy *copy = &map->copy;
	int ret;

	/* The DMA layer warns of a driver that forgot it. */
	if (!dev->coherent_dma_mask)
		return -EIO;

	map->dev = dev;
	map->dir = dir;
	copy->lead = pages->offset & vdu_edge_keep(dev);
	copy->bytes = PAGE_ALIGN(copy->lead + pages->size);
	ret = alloc_copy(dev, copy, most_pieces(limits, copy->lead));
	if (ret)
		return ret;
	ret = build(map, pages->size, limits);
	if (ret)
		goto err_build;

	map->need_sync = vdu_map_needs_sync(map);
	vdu_stat_add(VDU_SEGMENTS, map->sgt.nents);
	return 0;

err_build:
	/* In one piece it might have done. */
	if (copy->count > 1)
		ret = -ENOMEM;
	free_copy(dev, copy);
	return ret;
}

/**
 * vdu_copy_unmap() - undo vdu_copy_map()
 * @map:	mapping
 *
 * Context: process context, may sleep, no transfer may be running.
 */
void vdu_copy_unmap(struct vdu_map *map)
{
	vdu_stat_add(VDU_SEGMENTS, -(long)map->sgt.nents);
	sg_free_table(&map->sgt);
	free_copy(map->dev, &map->copy);
}

/**
 * vdu_copy_all() - bring a buffer and its copy into agreement
 * @map:	mapping with a copy
 * @pages:	of the buffer
 * @span:	which bytes of it
 * @to_pages:	true after a transfer, false before one
 *
 * What the device is only to write need not be there before.
 *
 * Context: any, also hard interrupt.
 * Return: bytes that were copied.
 */
unsigned long vdu_copy_all(const struct vdu_map *map,
			   const struct vdu_pages *pages,
			   struct vdu_span span, bool to_pages)
{
	const struct vdu_piece *piece = map->copy.piece;
	unsigned long pos = 0, at = map->copy.lead, from, end;

	if (!to_pages && map->dir == DMA_FROM_DEVICE)
		return 0;
	for (; pos < span.end; pos = end, at = 0, piece++) {
		end = min(pos + piece->size - at, span.end);
		from = max(pos, span.start);
		if (from < end)
			vdu_pages_copy(pages, from, end - from,
				       page_address(piece->page) + at +
				       (from - pos), to_pages);
	}
	return span.end - span.start;
}
