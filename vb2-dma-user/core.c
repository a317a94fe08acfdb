// SPDX-License-Identifier: GPL-2.0
/*
 * videobuf2 memory operations for DMA straight into a program's own memory
 *
 * The operations in the order of a buffer's life. USERPTR: get_userptr pins
 * and maps at the first QBUF of an address, prepare and finish bracket every
 * transfer, put_userptr leaves the mapping idle when the address changes, and
 * undoes it when the queue ends.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "alias.h"
#include "compat.h"
#include "internal.h"
#include "videobuf2-dma-user.h"

bool vdu_debug;
module_param_named(debug, vdu_debug, bool, 0644);
MODULE_PARM_DESC(debug, " explain each buffer that is refused, default is off");

/**
 * vdu_buf_init() - a buffer that has no memory yet
 * @buf:	the buffer
 * @vb:		whose plane it will be
 * @dev:	device that does the DMA
 * @size:	bytes
 */
void vdu_buf_init(struct vdu_buf *buf, struct vb2_buffer *vb,
		  struct device *dev, unsigned long size)
{
	memset(buf, 0, sizeof(*buf));
	buf->dev = dev;
	buf->vb = vb;
	buf->dir = vb->vb2_queue->dma_dir;
	buf->size = size;
	refcount_set(&buf->refs, 1);
}

static struct vdu_buf *buf_new(struct vb2_buffer *vb, struct device *dev,
			       unsigned long size)
{
	struct vdu_buf *buf;

	if (WARN_ON(!dev))
		return ERR_PTR(-EINVAL);

	buf = kmalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	vdu_buf_init(buf, vb, dev, size);
	return buf;
}

/* USERPTR */

static void *get_userptr(struct vb2_buffer *vb, struct device *dev,
			 unsigned long vaddr, unsigned long size)
{
	if (WARN_ON(!dev))
		return ERR_PTR(-EINVAL);

	return vdu_userptr_get(vb, dev, vaddr, size);
}

static void put_userptr(void *buf_priv)
{
	vdu_userptr_put(buf_priv);
}

/* Each transfer, USERPTR and MMAP */

static void prepare(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	buf->fresh = false;
	/* The core takes no errno here: the driver finds no sg table. */
	if (buf->reg && vdu_userptr_claim(buf))
		return;
	if (buf->map)
		vdu_sync_prepare(buf);
}

static void finish(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	if (buf->reg && !buf->claimed)
		return;
	if (buf->map)
		vdu_sync_finish(buf);
	if (buf->reg)
		vdu_userptr_unclaim(buf);
}

/* MMAP */

/* The queue's own reference: there will be no transfer any more. */
static void put(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	vdu_kbuf_end_dma(buf->kbuf, buf->cpu_stale);
	vdu_buf_put(buf);
}

static void vma_put(void *buf_priv)
{
	vdu_buf_put(buf_priv);
}

static void *alloc(struct vb2_buffer *vb, struct device *dev,
		   unsigned long size)
{
	struct vdu_buf *buf = buf_new(vb, dev, size);
	int ret;

	if (IS_ERR(buf))
		return buf;

	buf->kbuf = vdu_kbuf_alloc(dev, size, buf->dir,
				   vb->vb2_queue->gfp_flags);
	if (IS_ERR(buf->kbuf)) {
		ret = PTR_ERR(buf->kbuf);
		goto err_kbuf;
	}
	buf->pages = &buf->kbuf->pages;
	buf->map = &buf->kbuf->map;
	buf->sgt = &buf->map->sgt;
	buf->handler.refcount = &buf->refs;
	buf->handler.put = vma_put;
	buf->handler.arg = buf;
	return buf;

err_kbuf:
	kfree(buf);
	return ERR_PTR(ret);
}

/**
 * vdu_buf_put() - drop a reference to an MMAP buffer
 * @buf:	the buffer; freed with the last reference
 *
 * Context: process context, may sleep, perhaps under mmap_lock (munmap).
 */
void vdu_buf_put(struct vdu_buf *buf)
{
	if (!refcount_dec_and_test(&buf->refs))
		return;

	vdu_kbuf_free(buf->kbuf);
	kfree(buf);
}

/**
 * vdu_buf_mmap() - map an MMAP buffer into a program
 * @buf:	the buffer; the mapping holds a reference
 * @vma:	where to
 *
 * Context: process context, under mmap_lock.
 * Return: 0 or what vm_map_pages() tells.
 */
int vdu_buf_mmap(struct vdu_buf *buf, struct vm_area_struct *vma)
{
	int ret;

	ret = vm_map_pages(vma, buf->pages->page, buf->pages->count);
	if (ret)
		return ret;

	vdu_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = &buf->handler;
	vma->vm_ops = &vb2_common_vm_ops;
	vma->vm_ops->open(vma);
	return 0;
}

static int mmap(void *buf_priv, struct vm_area_struct *vma)
{
	return vdu_buf_mmap(buf_priv, vma);
}

static unsigned int num_users(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	return refcount_read(&buf->refs);
}

static struct dma_buf *get_dmabuf(struct vb2_buffer *vb, void *buf_priv,
				  unsigned long flags)
{
	return vdu_dmabuf_export(buf_priv, flags);
}

/* DMABUF import */

static void *attach_dmabuf(struct vb2_buffer *vb, struct device *dev,
			   struct dma_buf *dbuf, unsigned long size)
{
	struct vdu_buf *buf;
	int ret;

	if (dbuf->size < size)
		return ERR_PTR(-EFAULT);

	buf = buf_new(vb, dev, size);
	if (IS_ERR(buf))
		return buf;

	ret = vdu_dmabuf_attach(buf, dbuf);
	if (ret) {
		kfree(buf);
		return ERR_PTR(ret);
	}
	return buf;
}

static void detach_dmabuf(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	vdu_dmabuf_detach(buf);
	kfree(buf);
}

static int map_dmabuf(void *buf_priv)
{
	return vdu_dmabuf_map(buf_priv);
}

static void unmap_dmabuf(void *buf_priv)
{
	vdu_dmabuf_unmap(buf_priv);
}

/* All of them */

static void *vaddr(struct vb2_buffer *vb, void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	/* The driver may look at what the program wrote, before prepare. */
	if (vb->state == VB2_BUF_STATE_PREPARING)
		vdu_alias_settle();
	if (buf->reg)
		return vdu_userptr_vaddr(buf);
	if (buf->pages)
		return vdu_pages_vaddr(buf->pages);
	if (!buf->vmap)
		buf->vmap = vdu_dmabuf_vmap(buf);
	return buf->vmap;
}

static void *cookie(struct vb2_buffer *vb, void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	return buf->reg ? vdu_userptr_sgt(buf) : buf->sgt;
}

const struct vb2_mem_ops vb2_dma_user_memops = {
	.get_userptr	= get_userptr,
	.put_userptr	= put_userptr,
	.prepare	= prepare,
	.finish		= finish,
	.alloc		= alloc,
	.put		= put,
	.mmap		= mmap,
	.num_users	= num_users,
	.get_dmabuf	= get_dmabuf,
	.attach_dmabuf	= attach_dmabuf,
	.detach_dmabuf	= detach_dmabuf,
	.map_dmabuf	= map_dmabuf,
	.unmap_dmabuf	= unmap_dmabuf,
	.vaddr		= vaddr,
	.cookie		= cookie,
};
EXPORT_SYMBOL_GPL(vb2_dma_user_memops);

static int __init vdu_init(void)
{
	int ret = vdu_regs_init();

	if (ret)
		return ret;
	ret = vdu_idle_init();
	if (ret)
		goto err_idle;

	vdu_stats_init();
	return 0;

err_idle:
	vdu_regs_exit();
	return ret;
}
module_init(vdu_init);

static void __exit vdu_exit(void)
{
	vdu_stats_exit();
	vdu_devices_exit();
	vdu_idle_exit();
	vdu_regs_exit();
	vdu_registry_exit();
}
module_exit(vdu_exit);

MODULE_DESCRIPTION("DMA straight into user memory for videobuf2");
MODULE_AUTHOR("The vb2-dma-user developers");
MODULE_LICENSE("GPL");
VDU_IMPORT_DMA_BUF();
