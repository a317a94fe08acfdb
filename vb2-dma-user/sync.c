// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping CPU and device in agreement around each transfer
 *
 * Both passes are always made: what the CPU left dirty must not be written
 * back over DMA data later, and a CPU that speculates (ARMv7 and later) may
 * fetch lines while the device still writes.
 */
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

#include "alias.h"
#include "internal.h"
#include "trace.h"

/*
 * The DMA debugger takes a sync of a part (dma_sync_single_*) for a fault when
 * the same memory is mapped more than once for a device: none of the mappings
 * is a perfect match (kernel/dma/debug.c, __hash_bucket_find()). A program can
 * bring that about, so where there is a debugger, parts are not the default.
 */
static bool partial_sync = !IS_ENABLED(CONFIG_DMA_API_DEBUG);
module_param(partial_sync, bool, 0644);
MODULE_PARM_DESC(partial_sync, " sync no more of a buffer than is in use, default is on, but off with CONFIG_DMA_API_DEBUG");

/**
 * vdu_sync_map_for_device() - hand all bytes of a mapping to its device
 * @map:	mapping
 *
 * Context: any.
 */
void vdu_sync_map_for_device(struct vdu_map *map)
{
	if (!map->need_sync)
		return;
	vdu_alias_settle();
	dma_sync_sgtable_for_device(map->dev, &map->sgt, map->dir);
}

/**
 * vdu_sync_map_for_cpu() - take all bytes of a mapping back from its device
 * @map:	mapping
 *
 * Context: any, also hard interrupt.
 */
void vdu_sync_map_for_cpu(struct vdu_map *map)
{
	if (!map->need_sync)
		return;
	dma_sync_sgtable_for_cpu(map->dev, &map->sgt, map->dir);
	vdu_alias_settle();
}

/**
 * vdu_span_for_device() - what to sync before a transfer
 * @dir:	direction of the transfers
 * @data_offset: where an OUTPUT plane's data starts
 * @bytesused:	where it ends; 0 if the program did not say
 * @size:	of the plane, in bytes
 *
 * A device that writes may write anywhere in the plane, and dirty lines left
 * in the CPU's cache could be evicted over what it wrote: all of it.
 *
 * Return: the bytes.
 */
struct vdu_span vdu_span_for_device(enum dma_data_direction dir,
				    unsigned long data_offset,
				    unsigned long bytesused,
				    unsigned long size)
{
	struct vdu_span whole = { 0, size };
	struct vdu_span span = { data_offset, min(bytesused, size) };

	if (dir != DMA_TO_DEVICE || span.start >= span.end)
		return whole;
	return span;
}

/**
 * vdu_span_for_cpu() - what to sync after a transfer
 * @dir:	direction of the transfers
 * @bytesused:	end of what the device wrote; 0 if the driver did not say
 * @size:	of the plane, in bytes
 *
 * What lies behind @bytesused is the program's: it is left as it was.
 *
 * Return: the bytes.
 */
struct vdu_span vdu_span_for_cpu(enum dma_data_direction dir,
				 unsigned long bytesused, unsigned long size)
{
	struct vdu_span whole = { 0, size };
	struct vdu_span written = { 0, min(bytesused, size) };
	struct vdu_span none = { 0, 0 };

	if (dir == DMA_TO_DEVICE)
		return none;
	if (dir != DMA_FROM_DEVICE || !bytesused)
		return whole;
	return written;
}

static void sync_single(struct vdu_map *map, dma_addr_t addr,
			unsigned long offset, unsigned long len, bool for_cpu)
{
	enum dma_data_direction dir = map->dir;

	if (map->copy.piece)
		dir = DMA_BIDIRECTIONAL;
	if (for_cpu)
		dma_sync_single_range_for_cpu(map->dev, addr, offset, len, dir);
	else
		dma_sync_single_range_for_device(map->dev, addr, offset, len,
						 dir);
}

/*
 * A part of a segment may be synced by its DMA address (dma_sync_single_*),
 * unless an IOMMU merged segments: then one DMA address range has several
 * physical ones behind it and only the whole list can be synced.
 */
static bool can_sync_part(const struct vdu_map *map)
{
	return READ_ONCE(partial_sync) &&
	       map->sgt.nents == map->sgt.orig_nents;
}

/*
 * swiotlb of 6.1 takes a start inside a segment, whose place in a bounce slot is
 * that in a page, for one in front of it, and warns (swiotlb_bounce()).
 */
static bool syncs_from_start(const struct vdu_map *map)
{
	return dma_get_min_align_mask(map->dev);
}

static void sync_part(struct vdu_map *map, struct vdu_span span, bool for_cpu)
{
	unsigned long pos = 0, next, start, end;
	struct scatterlist *sg;
	unsigned int i;

	if (!for_cpu)
		vdu_alias_settle();
	for_each_sgtable_dma_sg(&map->sgt, sg, i) {
		if (pos >= span.end)
			break;
		next = pos + sg_dma_len(sg);
		start = syncs_from_start(map) ? pos : max(span.start, pos);
		end = min(span.end, next);
		if (next > span.start)
			sync_single(map, sg_dma_address(sg), start - pos,
				    end - start, for_cpu);
		pos = next;
	}
	if (for_cpu)
		vdu_alias_settle();
}

static void sync_span(struct vdu_buf *buf, struct vdu_span span, bool for_cpu)
{
	struct vdu_map *map = buf->map;
	bool whole = !span.start && span.end == buf->size;

	if (!map->need_sync || span.start == span.end)
		return;

	vdu_stat_add(VDU_BYTES_SYNCED, span.end - span.start);
	trace_vdu_sync(map->dev, buf->reg, span.start, span.end, for_cpu);

	if (map->copy.piece || (!whole && can_sync_part(map)))
		sync_part(map, span, for_cpu);
	else if (for_cpu)
		vdu_sync_map_for_cpu(map);
	else
		vdu_sync_map_for_device(map);
}

/* What is copied is copied while it is the CPU's. */

static void give(struct vdu_buf *buf, struct vdu_span span)
{
	if (vdu_map_copies(buf->map))
		vdu_bounce_copy(buf->map, buf->pages, span, false);
	sync_span(buf, span, false);
}

static void take(struct vdu_buf *buf, struct vdu_span span)
{
	sync_span(buf, span, true);
	if (vdu_map_copies(buf->map))
		vdu_bounce_copy(buf->map, buf->pages, span, true);
}

/* vb2 tells no operation which plane it is about. */
static const struct vb2_plane *buf_plane(const struct vdu_buf *buf)
{
	const struct vb2_plane *plane = buf->vb->planes;

	while (plane->mem_priv != buf)
		plane++;
	return plane;
}

/**
 * vdu_sync_prepare() - before the device gets the buffer
 * @buf:	USERPTR or MMAP buffer
 *
 * The cache hints of the program (V4L2_BUF_FLAG_NO_CACHE_*) are taken from
 * the buffer here, both of them: the core sets them at the QBUF that asks for
 * it and never takes them back, but they are meant for this one transfer. It
 * sets them for MMAP buffers only, so that nothing that is copied is left out.
 *
 * Context: process context, under the queue's lock.
 */
void vdu_sync_prepare(struct vdu_buf *buf)
{
	const struct vb2_plane *plane = buf_plane(buf);
	struct vb2_buffer *vb = buf->vb;

	buf->skip_finish = vb->skip_cache_sync_on_finish;
	if (!vb->skip_cache_sync_on_prepare)
		give(buf, vdu_span_for_device(buf->dir, plane->data_offset,
					      plane->bytesused, buf->size));

	/* The hints are the buffer's: leave them for its other planes. */
	if (plane == &vb->planes[vb->num_planes - 1]) {
		vb->skip_cache_sync_on_prepare = 0;
		vb->skip_cache_sync_on_finish = 0;
	}
}

/**
 * vdu_sync_finish() - after the device is done with the buffer
 * @buf:	USERPTR or MMAP buffer
 *
 * Context: any, also hard interrupt.
 */
void vdu_sync_finish(struct vdu_buf *buf)
{
	/* This may be an interrupt: nothing to look up for what was only read. */
	if (!vdu_device_writes(buf->dir))
		return;

	WRITE_ONCE(buf->cpu_stale, buf->skip_finish);
	if (!buf->skip_finish)
		take(buf, vdu_span_for_cpu(buf->dir, buf_plane(buf)->bytesused,
					   buf->size));
}
