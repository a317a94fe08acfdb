// SPDX-License-Identifier: GPL-2.0
/*
 * videobuf2 memory operations for DMA straight into a program's own memory
 *
 * The operations in the order of a buffer's life. USERPTR: get_userptr pins
 * and maps at the first QBUF of an address, prepare and finish bracket every
 * transfer, put_userptr lets go when the address changes or the queue ends.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "internal.h"
#include "videobuf2-dma-user.h"

bool vdu_debug;
module_param_named(debug, vdu_debug, bool, 0644);
MODULE_PARM_DESC(debug, " explain each buffer that is refused, default is off");

static struct vdu_buf *buf_new(struct vb2_buffer *vb, struct device *dev,
			       unsigned long size)
{
	struct vdu_buf *buf;

	if (WARN_ON(!dev))
		return ERR_PTR(-EINVAL);

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	buf->dev = dev;
	buf->vb = vb;
	buf->dir = vb->vb2_queue->dma_dir;
	buf->size = size;
	refcount_set(&buf->refs, 1);
	return buf;
}

static void buf_set_backing(struct vdu_buf *buf, struct vdu_pages *pages,
			    struct vdu_map *map)
{
	buf->pages = pages;
	buf->map = map;
	buf->sgt = &map->sgt;
}

static void buf_unmap_vaddr(struct vdu_buf *buf)
{
	if (buf->vaddr)
		vm_unmap_ram(buf->vaddr, buf->pages->count);
}

/* USERPTR */

static void *get_userptr(struct vb2_buffer *vb, struct device *dev,
			 unsigned long vaddr, unsigned long size)
{
	struct vdu_buf *buf = buf_new(vb, dev, size);
	int ret;

	if (IS_ERR(buf))
		return buf;

	buf->reg = vdu_reg_get(dev, vaddr, size, buf->dir);
	if (IS_ERR(buf->reg)) {
		ret = PTR_ERR(buf->reg);
		goto err_reg;
	}
	buf_set_backing(buf, &buf->reg->pages, &buf->reg->map);
	return buf;

err_reg:
	kfree(buf);
	return ERR_PTR(ret);
}

static void put_userptr(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	buf_unmap_vaddr(buf);
	vdu_reg_put(buf->reg);
	kfree(buf);
}

/* Each transfer, USERPTR and MMAP */

static void prepare(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	if (buf->map)
		vdu_sync_prepare(buf);
}

static void finish(void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	if (buf->map)
		vdu_sync_finish(buf);
}

/* MMAP */

static void put(void *buf_priv)
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
	buf_set_backing(buf, &buf->kbuf->pages, &buf->kbuf->map);
	buf->handler.refcount = &buf->refs;
	buf->handler.put = put;
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

	buf_unmap_vaddr(buf);
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

	if (buf->sgt)
		vdu_dmabuf_unmap(buf);
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

/**
 * vdu_buf_vaddr() - a kernel address for a buffer
 * @buf:	the buffer
 *
 * Made on first demand and kept. Two callers at once may both make one; the
 * second then drops its own.
 *
 * Context: process context, may sleep.
 * Return: address of the buffer's first byte, or NULL if there is no address
 * space left.
 */
void *vdu_buf_vaddr(struct vdu_buf *buf)
{
	void *vaddr;

	if (!READ_ONCE(buf->vaddr)) {
		vaddr = vm_map_ram(buf->pages->page, buf->pages->count,
				   NUMA_NO_NODE);
		if (vaddr && cmpxchg(&buf->vaddr, NULL, vaddr))
			vm_unmap_ram(vaddr, buf->pages->count);
	}
	return buf->vaddr ? buf->vaddr + buf->pages->offset : NULL;
}

static void *vaddr(struct vb2_buffer *vb, void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	if (buf->pages)
		return vdu_buf_vaddr(buf);
	if (!buf->vaddr)
		buf->vaddr = vdu_dmabuf_vmap(buf);
	return buf->vaddr;
}

static void *cookie(struct vb2_buffer *vb, void *buf_priv)
{
	struct vdu_buf *buf = buf_priv;

	return buf->sgt;
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
	vdu_stats_init();
	return 0;
}
module_init(vdu_init);

static void __exit vdu_exit(void)
{
	vdu_stats_exit();
}
module_exit(vdu_exit);

MODULE_DESCRIPTION("DMA straight into user memory for videobuf2");
MODULE_AUTHOR("The vb2-dma-user developers");
MODULE_LICENSE("GPL");
VDU_IMPORT_DMA_BUF();
