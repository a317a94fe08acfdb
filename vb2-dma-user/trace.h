/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events: the life of a registration, and each sync
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vb2_dma_user

#if !defined(VDU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VDU_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "internal.h"

TRACE_DEFINE_ENUM(DMA_BIDIRECTIONAL);
TRACE_DEFINE_ENUM(DMA_TO_DEVICE);
TRACE_DEFINE_ENUM(DMA_FROM_DEVICE);

#define show_dir(dir) __print_symbolic(dir,		\
	{ DMA_BIDIRECTIONAL, "both" },			\
	{ DMA_TO_DEVICE, "to-device" },			\
	{ DMA_FROM_DEVICE, "from-device" })

TRACE_DEFINE_ENUM(MMU_NOTIFY_UNMAP);
TRACE_DEFINE_ENUM(MMU_NOTIFY_CLEAR);
TRACE_DEFINE_ENUM(MMU_NOTIFY_PROTECTION_VMA);
TRACE_DEFINE_ENUM(MMU_NOTIFY_RELEASE);

#define show_event(event) __print_symbolic(event,	\
	{ MMU_NOTIFY_UNMAP, "unmap" },			\
	{ MMU_NOTIFY_CLEAR, "clear" },			\
	{ MMU_NOTIFY_PROTECTION_VMA, "protect" },	\
	{ MMU_NOTIFY_RELEASE, "exit" })

TRACE_DEFINE_ENUM(VDU_EVICT_GONE);
TRACE_DEFINE_ENUM(VDU_EVICT_EXIT);
TRACE_DEFINE_ENUM(VDU_EVICT_STALE);
TRACE_DEFINE_ENUM(VDU_EVICT_QUEUE);
TRACE_DEFINE_ENUM(VDU_EVICT_CAP);
TRACE_DEFINE_ENUM(VDU_EVICT_LIMIT);
TRACE_DEFINE_ENUM(VDU_EVICT_PRESSURE);
TRACE_DEFINE_ENUM(VDU_EVICT_AGE);
TRACE_DEFINE_ENUM(VDU_EVICT_UNBIND);
TRACE_DEFINE_ENUM(VDU_EVICT_UNLOAD);

#define show_why(why) __print_symbolic(why,		\
	{ VDU_EVICT_GONE, "gone" },			\
	{ VDU_EVICT_EXIT, "exit" },			\
	{ VDU_EVICT_STALE, "stale" },			\
	{ VDU_EVICT_QUEUE, "queue" },			\
	{ VDU_EVICT_CAP, "cap" },			\
	{ VDU_EVICT_LIMIT, "limit" },			\
	{ VDU_EVICT_PRESSURE, "pressure" },		\
	{ VDU_EVICT_AGE, "age" },			\
	{ VDU_EVICT_UNBIND, "unbind" },			\
	{ VDU_EVICT_UNLOAD, "unload" })

/* What all events of a registration tell, and one thing of their own. */
DECLARE_EVENT_CLASS(vdu_reg_class,
	TP_PROTO(const struct vdu_reg *reg, int what),
	TP_ARGS(reg, what),
	TP_STRUCT__entry(
		__string(dev, dev_name(reg->key.dev))
		__field(pid_t, owner)
		__field(unsigned long, vaddr)
		__field(unsigned long, size)
		__field(int, dir)
		__field(unsigned int, segments)
		__field(unsigned long, hits)
		__field(int, what)
	),
	TP_fast_assign(
		vdu_assign_str(dev, dev_name(reg->key.dev));
		__entry->owner = reg->owner;
		__entry->vaddr = reg->key.vaddr;
		__entry->size = reg->key.size;
		__entry->dir = reg->key.dir;
		__entry->segments = reg->map.sgt.nents;
		__entry->hits = reg->hits;
		__entry->what = what;
	),
	TP_printk("%s owner=%d range=0x%lx+%lu dir=%s segments=%u hits=%lu",
		  __get_str(dev), __entry->owner, __entry->vaddr,
		  __entry->size, show_dir(__entry->dir), __entry->segments,
		  __entry->hits)
);

#define VDU_REG_EVENT(name)						\
DEFINE_EVENT(vdu_reg_class, name,					\
	TP_PROTO(const struct vdu_reg *reg, int what),			\
	TP_ARGS(reg, what))

#define VDU_REG_EVENT_PRINT(name, print)				\
DEFINE_EVENT_PRINT(vdu_reg_class, name,					\
	TP_PROTO(const struct vdu_reg *reg, int what),			\
	TP_ARGS(reg, what), PARAMS(print))

/* A range was pinned and mapped; @what is 0. */
VDU_REG_EVENT(vdu_register);

/* A registration was good as it is; @what is 0. */
VDU_REG_EVENT(vdu_hit);

/* The program did something to the range. */
VDU_REG_EVENT_PRINT(vdu_suspect,
	TP_printk("%s owner=%d range=0x%lx+%lu dir=%s event=%s",
		  __get_str(dev), __entry->owner, __entry->vaddr,
		  __entry->size, show_dir(__entry->dir),
		  show_event(__entry->what)));

/* Its pages were looked at again: 0 if they are the same, else an errno. */
VDU_REG_EVENT_PRINT(vdu_repin,
	TP_printk("%s owner=%d range=0x%lx+%lu dir=%s result=%d",
		  __get_str(dev), __entry->owner, __entry->vaddr,
		  __entry->size, show_dir(__entry->dir), __entry->what));

/* It is not found any more. */
VDU_REG_EVENT_PRINT(vdu_evict,
	TP_printk("%s owner=%d range=0x%lx+%lu dir=%s hits=%lu why=%s",
		  __get_str(dev), __entry->owner, __entry->vaddr,
		  __entry->size, show_dir(__entry->dir), __entry->hits,
		  show_why(__entry->what)));

/* Its pages go, by whose hand the task tells. Its device may be gone. */
TRACE_EVENT(vdu_release,
	TP_PROTO(const struct vdu_reg *reg),
	TP_ARGS(reg),
	TP_STRUCT__entry(
		__field(pid_t, owner)
		__field(unsigned long, vaddr)
		__field(unsigned long, size)
	),
	TP_fast_assign(
		__entry->owner = reg->owner;
		__entry->vaddr = reg->key.vaddr;
		__entry->size = reg->key.size;
	),
	TP_printk("owner=%d range=0x%lx+%lu", __entry->owner, __entry->vaddr,
		  __entry->size)
);

/* Bytes from start to end of a buffer were handed over. */
TRACE_EVENT(vdu_sync,
	TP_PROTO(struct device *device, const struct vdu_reg *reg,
		 unsigned long start, unsigned long end, bool for_cpu),
	TP_ARGS(device, reg, start, end, for_cpu),
	TP_STRUCT__entry(
		__string(dev, dev_name(device))
		__field(unsigned long, vaddr)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(bool, for_cpu)
	),
	TP_fast_assign(
		vdu_assign_str(dev, dev_name(device));
		__entry->vaddr = reg ? reg->key.vaddr : 0;
		__entry->start = start;
		__entry->end = end;
		__entry->for_cpu = for_cpu;
	),
	TP_printk("%s buffer=0x%lx bytes=%lu-%lu for=%s", __get_str(dev),
		  __entry->vaddr, __entry->start, __entry->end,
		  __entry->for_cpu ? "cpu" : "device")
);

/* Bytes were copied, as the device can't have them where they are. */
TRACE_EVENT(vdu_bounce,
	TP_PROTO(struct device *device, unsigned long bytes, bool to_buffer),
	TP_ARGS(device, bytes, to_buffer),
	TP_STRUCT__entry(
		__string(dev, dev_name(device))
		__field(unsigned long, bytes)
		__field(bool, to_buffer)
	),
	TP_fast_assign(
		vdu_assign_str(dev, dev_name(device));
		__entry->bytes = bytes;
		__entry->to_buffer = to_buffer;
	),
	TP_printk("%s bytes=%lu to=%s", __get_str(dev), __entry->bytes,
		  __entry->to_buffer ? "buffer" : "device")
);

#endif /* VDU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
