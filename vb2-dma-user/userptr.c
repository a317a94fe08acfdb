// SPDX-License-Identifier: GPL-2.0
/*
 * A program's memory as a buffer
 *
 * The slot of a queue keeps its registration from QBUF to QBUF, but each
 * transfer claims it anew: what was the program's memory at the last QBUF need
 * not be it now, and it need not be the same program.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"
#include "videobuf2-dma-user.h"

static struct vdu_reg *get_reg(struct device *dev, unsigned long vaddr,
			       unsigned long size, const struct vb2_queue *q)
{
	struct vdu_key key = {
		.mm = current->mm,
		.vaddr = untagged_addr(vaddr),
		.size = size,
		.dev = dev,
		.dir = q->dma_dir,
	};

	return key.mm ? vdu_reg_get(&key, q) : ERR_PTR(-EFAULT);
}

static void adopt(struct vdu_buf *buf, struct vdu_reg *reg)
{
	buf->reg = reg;
	buf->pages = &reg->pages;
	buf->map = &reg->map;
	buf->sgt = &reg->map.sgt;
	buf->claimed = true;
	buf->error = 0;
}

/* This QBUF fails, so the core puts all planes: there is nothing to wait for. */
static void doom(struct vb2_buffer *vb)
{
	unsigned int p;

	for (p = 0; p < vb->num_planes; p++) {
		struct vdu_buf *buf = vb->planes[p].mem_priv;

		if (buf)
			buf->doomed = true;
	}
}

/**
 * vdu_userptr_get() - a buffer of the calling program's memory, claimed
 * @vb:		whose plane it will be
 * @dev:	device that does the DMA
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: the buffer or an error pointer, see vdu_reg_get().
 */
struct vdu_buf *vdu_userptr_get(struct vb2_buffer *vb, struct device *dev,
				unsigned long vaddr, unsigned long size)
{
	struct vdu_reg *reg = get_reg(dev, vaddr, size, vb->vb2_queue);
	struct vdu_buf *buf;

	if (IS_ERR(reg)) {
		doom(vb);
		/* Its slot may have been the queue's last one with memory. */
		vdu_idle_evict_queue(vb->vb2_queue);
		return ERR_CAST(reg);
	}

	buf = xchg(&reg->spare, NULL) ?: kmalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		goto err_buf;

	vdu_buf_init(buf, vb, dev, size);
	buf->vaddr = vaddr;
	buf->fresh = vb->vb2_queue->ops->buf_init;
	adopt(buf, reg);
	return buf;

err_buf:
	doom(vb);
	vdu_reg_unuse(reg);
	vdu_reg_put(reg, false);
	return ERR_PTR(-ENOMEM);
}

static void unpeek(struct vdu_buf *buf)
{
	if (buf->peeked)
		vdu_reg_unuse(buf->reg);
	buf->peeked = false;
}

/**
 * vdu_userptr_put() - the slot has other memory, or is gone
 * @buf:	from vdu_userptr_get(); no transfer is running
 *
 * The core calls this while it prepares a buffer when the slot gets other
 * memory or its QBUF fails, and else only when it frees the slot.
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_userptr_put(struct vdu_buf *buf)
{
	const struct vb2_queue *queue = buf->vb->vb2_queue;
	bool goes_on = buf->vb->state == VB2_BUF_STATE_PREPARING &&
		       !buf->doomed;
	struct vdu_reg *reg = buf->reg;

	vdu_userptr_unclaim(buf);
	unpeek(buf);
	if (buf->held)
		vdu_reg_unuse(reg);
	kfree(xchg(&reg->spare, buf));
	vdu_reg_put(reg, goes_on);
	if (!goes_on)
		vdu_idle_evict_queue(queue);
}

/*
 * The caller has other memory there now, or is another program. What a driver
 * made of the sg table in buf_init can't follow: this QBUF fails, and at the next
 * one the core takes the memory as new.
 */
static int replace(struct vdu_buf *buf)
{
	struct vdu_reg *reg;

	if (buf->held)
		return -EFAULT;

	reg = get_reg(buf->dev, buf->vaddr, buf->size, buf->vb->vb2_queue);
	if (IS_ERR(reg))
		return PTR_ERR(reg);

	vdu_reg_put(buf->reg, true);
	adopt(buf, reg);
	return 0;
}

/**
 * vdu_userptr_claim() - make sure of a buffer's memory for one transfer
 * @buf:	the buffer
 *
 * Once for each transfer, whoever asks first: what was made of the buffer's sg
 * table since then must not lose its ground.
 *
 * Context: process context of the caller of QBUF, may sleep; takes mmap_lock.
 * Return: 0 or what vdu_reg_get() tells; then the buffer has no sg table.
 */
int vdu_userptr_claim(struct vdu_buf *buf)
{
	int ret = -ESTALE;

	if (buf->claimed)
		return 0;

	unpeek(buf);
	if (buf->reg->key.mm == current->mm)
		ret = vdu_reg_claim(buf->reg);
	else
		vdu_stat_add(VDU_FOREIGN, 1);
	if (ret == -ESTALE)
		ret = replace(buf);
	buf->claimed = !ret;
	buf->error = ret;
	return ret;
}

/**
 * vdu_userptr_unclaim() - the transfer has ended, or there was none
 * @buf:	the buffer
 *
 * Context: any, also hard interrupt.
 */
void vdu_userptr_unclaim(struct vdu_buf *buf)
{
	if (!buf->claimed)
		return;

	buf->claimed = false;
	vdu_reg_unuse(buf->reg);
}

/* Outside of a transfer: what is looked at must stay until the next one. */
static bool peek(struct vdu_buf *buf)
{
	if (!buf->claimed && !buf->peeked)
		buf->peeked = vdu_reg_use(buf->reg);
	return buf->claimed || buf->peeked;
}

static bool ready(struct vdu_buf *buf)
{
	if (buf->vb->state != VB2_BUF_STATE_PREPARING)
		return !buf->error && peek(buf);
	/* The driver's buf_init or buf_prepare looks before prepare comes. */
	if (vdu_userptr_claim(buf))
		return false;
	/* What buf_init makes of it counts until buf_cleanup. */
	if (buf->fresh && !buf->held)
		buf->held = vdu_reg_use(buf->reg);
	return true;
}

/**
 * vdu_userptr_sgt() - the sg table of a buffer
 * @buf:	the buffer
 *
 * Context: while the buffer is prepared: process context, may sleep. Else any.
 * Return: the table or an error pointer.
 */
struct sg_table *vdu_userptr_sgt(struct vdu_buf *buf)
{
	if (!ready(buf))
		return ERR_PTR(buf->error ?: -EFAULT);
	return buf->sgt;
}

/**
 * vdu_userptr_vaddr() - a kernel address of a buffer
 * @buf:	the buffer
 *
 * Context: process context, may sleep.
 * Return: the address or NULL.
 */
void *vdu_userptr_vaddr(struct vdu_buf *buf)
{
	return ready(buf) ? vdu_pages_vaddr(buf->pages) : NULL;
}

/**
 * vb2_dma_user_buf_prepare() - check a buffer's memory before a transfer
 * @vb:	buffer that is being prepared
 *
 * The first line of a driver's &vb2_ops.buf_prepare. Memory that the program
 * has replaced, unmapped, or made read-only since the last QBUF is noticed
 * here: other pages are taken over, and where there are none QBUF fails.
 * A driver without this line completes such a buffer with an error, as
 * vb2_dma_user_plane_desc() gives it no sg table.
 *
 * Does nothing for other memory than USERPTR, or other memory operations.
 *
 * Context: process context, may sleep; takes mmap_lock.
 * Return: 0, or the errno for QBUF, see vb2_dma_user_memops.
 */
int vb2_dma_user_buf_prepare(struct vb2_buffer *vb)
{
	unsigned int p;
	int ret = 0;

	if (vb->memory != VB2_MEMORY_USERPTR ||
	    vb->vb2_queue->mem_ops != &vb2_dma_user_memops)
		return 0;

	for (p = 0; p < vb->num_planes && !ret; p++) {
		struct vdu_buf *buf = vb->planes[p].mem_priv;

		buf->fresh = false;
		ret = vdu_userptr_claim(buf);
	}
	if (ret)
		doom(vb);
	return ret;
}
EXPORT_SYMBOL_GPL(vb2_dma_user_buf_prepare);
