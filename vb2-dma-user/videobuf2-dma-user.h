/* SPDX-License-Identifier: GPL-2.0 */
/*
 * videobuf2 memory operations for DMA straight into a program's own memory
 */
#ifndef _MEDIA_VIDEOBUF2_DMA_USER_H
#define _MEDIA_VIDEOBUF2_DMA_USER_H

#include <media/videobuf2-core.h>

struct attribute_group;
struct device;
struct sg_table;

/**
 * DOC: vb2_dma_user_memops
 *
 * Memory operations to put into &vb2_queue.mem_ops.
 *
 * A drop-in for vb2_dma_sg_memops: USERPTR, MMAP and DMABUF (import and
 * export) are all there, and vb2_plane_cookie() is a &struct sg_table.
 *
 * The queue needs &vb2_queue.dev (or alloc_devs[] from queue_setup) to be the
 * device that masters the DMA, with its DMA mask and, where it has one, its
 * segment limit set (dma_set_mask(), dma_set_max_seg_size()).
 *
 * Context: the operations run where vb2 calls them: all in process context and
 * free to sleep, but for ``finish``, which never sleeps and takes no lock but a
 * workqueue's, so that vb2_buffer_done() may be called from hard interrupt.
 *
 * Errors of QBUF and PREPARE_BUF with V4L2_MEMORY_USERPTR:
 *
 * * -EFAULT: a byte of the range is not mapped, is read-only while the device
 *   is to write it, or belongs to memory without pages of its own (VM_PFNMAP,
 *   VM_IO: use DMABUF for those);
 * * -EINVAL: the range is empty or wraps, or the device can't take this memory
 *   and its policy (&enum vb2_dma_user_bounce) allows no copy that it could;
 * * -ENOMEM: out of memory, or over RLIMIT_MEMLOCK with memlock=enforce;
 * * -EINTR, -ERESTARTSYS, -EOPNOTSUPP, -EIO: as told by the page pinning or the DMA mapping.
 */
extern const struct vb2_mem_ops vb2_dma_user_memops;

int vb2_dma_user_buf_prepare(struct vb2_buffer *vb);

/**
 * enum vb2_dma_user_bounce - what may be copied
 * @VB2_DMA_USER_BOUNCE_DEFAULT: what the module's parameter ``bounce`` says
 * @VB2_DMA_USER_BOUNCE_NEVER:	nothing: QBUF fails with -EINVAL
 * @VB2_DMA_USER_BOUNCE_EDGES:	bytes that share a cache line with other data
 * @VB2_DMA_USER_BOUNCE_FULL:	also all of a buffer that the device can't take
 *		as it is
 */
enum vb2_dma_user_bounce {
	VB2_DMA_USER_BOUNCE_DEFAULT,
	VB2_DMA_USER_BOUNCE_NEVER,
	VB2_DMA_USER_BOUNCE_EDGES,
	VB2_DMA_USER_BOUNCE_FULL,
};

/**
 * struct vb2_dma_user_limits - what a device can't do
 * @start_align:	a buffer's first DMA address is a multiple of it, in
 *			bytes: a power of two up to the page size
 * @seg_align:		likewise for the address of each further segment
 * @len_align:		likewise for the length of each segment but the last
 * @max_segs:		segments of a buffer, at most
 * @contiguous:		a buffer's segments have to follow one another, so that
 *			its first address and its length tell all
 * @bounce:		what may be copied to keep these
 *
 * 0 stands for no limit.
 */
struct vb2_dma_user_limits {
	unsigned int			start_align;
	unsigned int			seg_align;
	unsigned int			len_align;
	unsigned int			max_segs;
	bool				contiguous;
	enum vb2_dma_user_bounce	bounce;
};

int devm_vb2_dma_user_set_limits(struct device *dev,
				 const struct vb2_dma_user_limits *limits);

/* To be put among the device's attribute groups: Documentation/porting.md */
extern const struct attribute_group vb2_dma_user_group;

/**
 * vb2_dma_user_plane_desc() - the scatter list of a plane
 * @vb:		buffer that the driver is about to hand to its device
 * @plane_no:	plane, counted from 0
 *
 * The table is mapped for the queue's device and direction; walk it with
 * for_each_sgtable_dma_sg(). No segment is longer than the device's
 * dma_get_max_seg_size(), nor, but for a whole copy's, than that rounded down to
 * whole pages or than dma_max_mapping_size(); an imported dma-buf's are its
 * exporter's affair.
 *
 * A USERPTR buffer may have another table at each QBUF, as the program may have
 * other pages there: look it up anew in buf_prepare or later. What buf_init
 * looks up stays as it is until buf_cleanup; a QBUF of other pages then fails
 * once with -EFAULT.
 *
 * Context: from the driver's buf_prepare until the buffer is given back with
 * vb2_buffer_done(): any, but in buf_prepare itself it may sleep.
 * Return: the table; it belongs to the buffer. NULL if the plane has no memory;
 * an error pointer if a program's memory is not there any more: such a buffer
 * must complete with VB2_BUF_STATE_ERROR. It never comes to that in a driver
 * whose buf_prepare calls vb2_dma_user_buf_prepare().
 */
static inline struct sg_table *
vb2_dma_user_plane_desc(struct vb2_buffer *vb, unsigned int plane_no)
{
	return vb2_plane_cookie(vb, plane_no);
}

#endif /* _MEDIA_VIDEOBUF2_DMA_USER_H */
