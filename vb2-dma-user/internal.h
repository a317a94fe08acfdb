/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What crosses the module's files
 */
#ifndef VDU_INTERNAL_H
#define VDU_INTERNAL_H

#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <media/videobuf2-core.h>
#include <media/videobuf2-memops.h>

#include "videobuf2-dma-user.h"

struct dma_buf;
struct dma_buf_attachment;
struct vdu_buf;

/**
 * struct vdu_pages - the pages behind a buffer
 * @page:	array of @count pages; NULL if @sgt tells them
 * @sgt:	sg table with just these pages, in their order, or NULL
 * @vaddr:	kernel address of the first one, made on first demand
 * @count:	how many
 * @offset:	bytes of the first page in front of the buffer
 * @size:	bytes of the buffer
 */
struct vdu_pages {
	struct page	**page;
	struct sg_table	*sgt;
	void		*vaddr;
	unsigned int	count;
	unsigned int	offset;
	unsigned long	size;
};

/**
 * struct vdu_walk - from one page to the next, whatever tells them
 * @next:	in the array, if there is one
 * @iter:	else in the table
 */
struct vdu_walk {
	struct page *const	*next;
	struct sg_page_iter	iter;
};

/**
 * struct vdu_edges - where a buffer shares memory with other data
 * @start_unit:	bytes that the first part of the buffer must not share, a power
 *		of two, no less than @end_unit
 * @end_unit:	and its last part
 * @keep:	lowest address bits that copies have like the original, a mask
 * @head:	bytes of the buffer's start that are copied
 * @tail:	and of its end
 * @head_at:	bytes in front of these in their memory
 * @tail_at:	likewise
 * @mem:	two units that stand in for these; NULL if there are none
 */
struct vdu_edges {
	unsigned int	start_unit;
	unsigned int	end_unit;
	unsigned int	keep;
	unsigned int	head;
	unsigned int	tail;
	unsigned int	head_at;
	unsigned int	tail_at;
	void		*mem;
};

/**
 * struct vdu_piece - kernel memory that stands in for a part of a buffer
 * @page:	the first page
 * @addr:	DMA address
 * @size:	bytes, whole pages
 */
struct vdu_piece {
	struct page	*page;
	dma_addr_t	addr;
	size_t		size;
};

/**
 * struct vdu_copy - kernel memory that stands in for a buffer
 * @piece:	array of @count pieces; NULL if nothing stands in
 * @count:	how many
 * @lead:	bytes of the first piece in front of the buffer
 * @bytes:	of all pieces
 */
struct vdu_copy {
	struct vdu_piece	*piece;
	unsigned int		count;
	unsigned int		lead;
	size_t			bytes;
};

/**
 * struct vdu_map - pages mapped for one device
 * @sgt:	the mapped sg table; after vdu_pages_slim() it is the pages' own
 * @dev:	device that does the DMA
 * @dir:	direction that it is mapped for, which may be both ways for a device
 *		that only writes; with @copy, which is mapped both ways, that of
 *		the transfers
 * @need_sync:	false if CPU and device always agree about these pages
 * @edges:	what of a program's memory is copied
 * @copy:	memory that stands in for all of it, if any; then only the DMA
 *		side of @sgt is filled in
 */
struct vdu_map {
	struct sg_table		sgt;
	struct device		*dev;
	enum dma_data_direction	dir;
	bool			need_sync;
	struct vdu_edges	edges;
	struct vdu_copy		copy;
};

/* Does something stand in for the pages, or for a part of them? */
static inline bool vdu_map_copies(const struct vdu_map *map)
{
	return map->copy.piece || map->edges.mem;
}

/**
 * struct vdu_breach - what a device can't take
 * @what:	in words
 * @need:	what it would take
 * @have:	what there is
 */
struct vdu_breach {
	const char	*what;
	u64		need;
	u64		have;
};

/**
 * struct vdu_span - bytes of a plane
 * @start:	the first
 * @end:	one behind the last
 */
struct vdu_span {
	unsigned long	start;
	unsigned long	end;
};

/**
 * struct vdu_watch - what happens to a range of a program's address space
 * @notifier:	calls back when the range changes, valid while @on
 * @changes:	times that pages of the range may have been replaced
 * @protects:	times that access rights in it may have changed
 * @changes_seen: value of @changes that the pinned pages were compared after
 * @protects_seen: value of @protects that the rights were checked after
 * @event:	the last change (enum mmu_notifier_event)
 * @on:		there is a notifier; else every look has to assume a change
 * @gone:	the range was unmapped, or its address space ended
 */
struct vdu_watch {
#ifdef CONFIG_MMU_NOTIFIER
	struct mmu_interval_notifier	notifier;
#endif
	atomic_t	changes;
	atomic_t	protects;
	int		changes_seen;
	int		protects_seen;
	unsigned int	event;
	bool		on;
	bool		gone;
};

/**
 * struct vdu_key - what a registration is found by
 * @mm:		whose memory
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 */
struct vdu_key {
	struct mm_struct	*mm;
	unsigned long		vaddr;
	unsigned long		size;
	struct device		*dev;
	enum dma_data_direction	dir;
};

/**
 * struct vdu_reg - a registration: one user range, pinned and mapped
 * @key:	which
 * @pages:	the pinned pages
 * @map:	their mapping
 * @watch:	tells when the program changes the range
 * @node:	in the registry; empty once it can't be found any more
 * @idle:	in the list of those that no buffer has
 * @idle_since:	jiffies when it came there
 * @queue:	of the buffer that had it last; to compare, never to follow
 * @release:	lets go of the program's memory, when the device's mapping and so
 *		all need of the former is gone
 * @slots:	buffers that have it
 * @charged:	its pages are charged to its mm
 * @keep:	it may stay when no buffer has it
 * @hits:	times that it saved a pin and a mapping, for whoever looks
 * @owner:	process that made it, for whoever looks
 * @comm:	and its name
 * @spare:	memory of a buffer that had it, for the next one
 * @uses:	who relies on the pages: the registry, and each buffer from its
 *		claim to the end of its transfer. At 0 they are let go
 * @refs:	who relies on this struct
 * @flags:	REG_* in reg.c
 * @retired:	in the list of the worker that lets pages go
 *
 * vdu_reg_lock protects @node to @keep.
 */
struct vdu_reg {
	struct vdu_key		key;
	struct vdu_pages	pages;
	struct vdu_map		map;
	struct vdu_watch	watch;
	struct rb_node		node;
	union {
		struct {
			struct list_head	idle;
			unsigned long		idle_since;
			const struct vb2_queue	*queue;
		};
		struct work_struct		release;
	};
	unsigned int		slots;
	bool			charged;
	bool			keep;
	unsigned long		hits;
	pid_t			owner;
	char			comm[TASK_COMM_LEN];
	struct vdu_buf		*spare;
	atomic_t		uses;
	refcount_t		refs;
	unsigned long		flags;
	struct llist_node	retired;
};

/**
 * struct vdu_kbuf - kernel-allocated memory of one buffer
 * @pages:	the allocated pages
 * @map:	their mapping for the queue's device, which is NULL in it once
 *		the queue has let go of the buffer
 * @lock:	protects @map.dev, @attachments and what they map
 * @attachments: devices that imported the buffer through a dma-buf
 */
struct vdu_kbuf {
	struct vdu_pages	pages;
	struct vdu_map		map;
	struct mutex		lock; /* see above */
	struct list_head	attachments;
};

/**
 * struct vdu_buf - one plane of one buffer, vb2's mem_priv
 * @dev:	device that does the DMA
 * @vb:		vb2's buffer; of an MMAP buffer it is gone when only a mapping or
 *		a dma-buf is left, so touched by nothing but prepare and finish
 * @dir:	direction of the queue
 * @size:	bytes
 * @pages:	the pages; NULL for an imported dma-buf
 * @map:	their mapping; NULL for an imported dma-buf
 * @sgt:	what the driver gets as cookie; NULL while there is none
 * @reg:	backing of a USERPTR buffer, else NULL
 * @vaddr:	address in the program of a USERPTR buffer
 * @claimed:	@reg was found good for the transfer that is prepared or running
 * @peeked:	someone looked at @reg outside of a transfer: it must stay
 * @fresh:	@reg is new to the buffer, and the driver's buf_init may be running
 * @held:	buf_init looked at the sg table: @reg must stay, and no other one
 *		take its place, for as long as the slot has this memory
 * @doomed:	its QBUF is about to fail
 * @error:	errno, negative: no good registration for this transfer
 * @kbuf:	backing of an MMAP buffer
 * @attach:	backing of an imported DMABUF buffer
 * @vmap:	kernel address of an imported dma-buf
 * @refs:	users of an MMAP buffer: the queue, mappings, dma-bufs
 * @handler:	hooks for vb2_common_vm_ops
 * @skip_finish: the program asked for no sync after the running transfer
 * @cpu_stale:	so there was none, and the CPU's view is not up to date
 */
struct vdu_buf {
	struct device			*dev;
	struct vb2_buffer		*vb;
	enum dma_data_direction		dir;
	unsigned long			size;
	struct vdu_pages		*pages;
	struct vdu_map			*map;
	struct sg_table			*sgt;
	struct vdu_reg			*reg;
	unsigned long			vaddr;
	bool				claimed;
	bool				peeked;
	bool				fresh;
	bool				held;
	bool				doomed;
	int				error;
	struct vdu_kbuf			*kbuf;
	struct dma_buf_attachment	*attach;
	void				*vmap;
	refcount_t			refs;
	struct vb2_vmarea_handler	handler;
	bool				skip_finish;
	bool				cpu_stale;
};

static inline bool vdu_device_writes(enum dma_data_direction dir)
{
	return dir == DMA_FROM_DEVICE || dir == DMA_BIDIRECTIONAL;
}

/* core.c */
extern bool vdu_debug;

#define vdu_dbg(dev, fmt, ...)						\
	do {								\
		if (vdu_debug)						\
			dev_info(dev, "vb2-dma-user: " fmt, ##__VA_ARGS__); \
	} while (0)

void vdu_buf_init(struct vdu_buf *buf, struct vb2_buffer *vb,
		  struct device *dev, unsigned long size);
int vdu_buf_mmap(struct vdu_buf *buf, struct vm_area_struct *vma);
void vdu_buf_put(struct vdu_buf *buf);

/* userptr.c */
struct vdu_buf *vdu_userptr_get(struct vb2_buffer *vb, struct device *dev,
				unsigned long vaddr, unsigned long size);
void vdu_userptr_put(struct vdu_buf *buf);
int vdu_userptr_claim(struct vdu_buf *buf);
void vdu_userptr_unclaim(struct vdu_buf *buf);
struct sg_table *vdu_userptr_sgt(struct vdu_buf *buf);
void *vdu_userptr_vaddr(struct vdu_buf *buf);

/* pages.c */
int vdu_page_count(unsigned long vaddr, unsigned long size);
void vdu_pages_slim(struct vdu_pages *pages, struct sg_table *sgt);
void vdu_pages_free(struct vdu_pages *pages);
void vdu_walk_begin(struct vdu_walk *walk, const struct vdu_pages *pages);
struct page *vdu_walk_next(struct vdu_walk *walk);
bool vdu_pages_same(const struct vdu_pages *a, const struct vdu_pages *b);
void *vdu_pages_vaddr(struct vdu_pages *pages);
void vdu_pages_vunmap(struct vdu_pages *pages);
void vdu_pages_copy(const struct vdu_pages *pages, unsigned long pos,
		    unsigned long len, void *mem, bool to_pages);

/* pin.c */
int vdu_pin(struct vdu_pages *pages, struct device *dev, unsigned long vaddr,
	    enum dma_data_direction dir);
void vdu_unpin(struct vdu_pages *pages, enum dma_data_direction dir);
int vdu_pin_compare(const struct vdu_pages *pages, unsigned long vaddr,
		    enum dma_data_direction dir);
bool vdu_pin_allowed(unsigned long vaddr, unsigned long size,
		     enum dma_data_direction dir);

/* account.c */
bool vdu_charge(struct mm_struct *mm, unsigned long pages);
void vdu_charge_explain(struct device *dev, struct mm_struct *mm,
			unsigned long pages);
void vdu_charge_move(struct mm_struct *mm, long pages);

/* watch.c */
int vdu_watch_start(struct vdu_reg *reg);
void vdu_watch_stop(struct vdu_reg *reg);
int vdu_watch_begin(struct vdu_watch *watch);

/* True if the pages have to be compared before the next transfer. */
static inline bool vdu_watch_changed(struct vdu_watch *watch)
{
	return !watch->on || atomic_read(&watch->changes) != watch->changes_seen;
}

/* True if the access rights have to be checked before the next transfer. */
static inline bool vdu_watch_protected(struct vdu_watch *watch)
{
	return atomic_read(&watch->protects) != watch->protects_seen;
}

/* map.c */
unsigned long vdu_map_limit(struct device *dev);
int vdu_map(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages,
	    struct vdu_breach *why);
void vdu_unmap_dma(struct vdu_map *map);
void vdu_unmap(struct vdu_map *map);
bool vdu_map_needs_sync(const struct vdu_map *map);
bool vdu_map_is_direct(struct device *dev);
bool vdu_map_keeps_pages(const struct vdu_map *map);

/* edge.c */
unsigned int vdu_edge_unit(struct device *dev);
unsigned int vdu_edge_keep(struct device *dev);
void vdu_edges_choose(struct vdu_edges *edges, struct device *dev,
		      const struct vb2_dma_user_limits *limits);
void vdu_edges_split(struct vdu_edges *edges, unsigned long offset,
		     unsigned long size);
struct vdu_breach vdu_edges_shared(const struct vdu_edges *edges,
				   unsigned long offset, unsigned long size);
int vdu_edges_alloc(struct vdu_edges *edges);
void vdu_edges_free(struct vdu_edges *edges);
size_t vdu_edges_bytes(const struct vdu_edges *edges);
void *vdu_edge_head(const struct vdu_edges *edges);
void *vdu_edge_tail(const struct vdu_edges *edges);
unsigned long vdu_edges_copy(const struct vdu_edges *edges,
			     const struct vdu_pages *pages,
			     struct vdu_span span, bool to_pages);

/* limits.c */
void vdu_limits_complete(struct vb2_dma_user_limits *limits);
struct vb2_dma_user_limits vdu_limits_of(struct device *dev);
bool vdu_boundary_matters(struct device *dev);
bool vdu_limits_met(const struct vb2_dma_user_limits *limits,
		    struct device *dev, struct sg_table *sgt, u64 total,
		    struct vdu_breach *why);
bool vdu_limits_explain(struct device *dev, const struct vdu_pages *pages,
			const struct vdu_breach *why, const char *fate);
void vdu_limits_announce(struct device *dev, const struct vdu_pages *pages,
			 const struct vdu_breach *why);

/* copy.c */
unsigned int vdu_copy_cut(const struct vdu_copy *copy, struct device *dev,
			  size_t size, const struct vb2_dma_user_limits *limits,
			  struct scatterlist *sg);
int vdu_copy_map(struct vdu_map *map, struct device *dev,
		 enum dma_data_direction dir, const struct vdu_pages *pages,
		 const struct vb2_dma_user_limits *limits);
void vdu_copy_unmap(struct vdu_map *map);
unsigned long vdu_copy_all(const struct vdu_map *map,
			   const struct vdu_pages *pages,
			   struct vdu_span span, bool to_pages);

/* bounce.c */
int vdu_fit(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages);
void vdu_unfit(struct vdu_map *map, const struct vdu_pages *pages);
void vdu_bounce_copy(const struct vdu_map *map, const struct vdu_pages *pages,
		     struct vdu_span span, bool to_pages);

/* reg.c */
struct vdu_reg *vdu_reg_new(const struct vdu_key *key,
			    const struct vb2_queue *queue);
int vdu_reg_confirm(struct vdu_reg *reg);
bool vdu_reg_use(struct vdu_reg *reg);
void vdu_reg_unuse(struct vdu_reg *reg);
bool vdu_reg_drop(struct vdu_reg *reg);
void vdu_reg_unmap(struct vdu_reg *reg);
void vdu_reg_release(struct vdu_reg *reg);
void vdu_reg_retire(struct vdu_reg *reg);
void vdu_reg_retire_dead(struct vdu_reg *reg);
void vdu_reg_unref(struct vdu_reg *reg);
void vdu_regs_flush(void);
int vdu_regs_init(void);
void vdu_regs_exit(void);

/* registry.c */
enum vdu_evict {
	VDU_EVICT_GONE,
	VDU_EVICT_EXIT,
	VDU_EVICT_STALE,
	VDU_EVICT_QUEUE,
	VDU_EVICT_CAP,
	VDU_EVICT_LIMIT,
	VDU_EVICT_PRESSURE,
	VDU_EVICT_AGE,
	VDU_EVICT_UNBIND,
	VDU_EVICT_UNLOAD,
};

/* Protects which registrations there are. A leaf: nothing is taken under it. */
extern spinlock_t vdu_reg_lock;

/*
 * Read by who takes registrations out and unmaps them, until both is done. A
 * use that QBUF has of its own is none of this: a driver's remove() waits for
 * its ioctls (vb2_video_unregister_device()) before the device's end does.
 */
extern struct rw_semaphore vdu_letting_go;

int vdu_key_cmp(const struct vdu_key *a, const struct vdu_key *b);
struct vdu_reg *vdu_reg_get(const struct vdu_key *key,
			    const struct vb2_queue *queue);
void vdu_reg_put(struct vdu_reg *reg, bool keep);
int vdu_reg_claim(struct vdu_reg *reg);
bool vdu_reg_take(struct vdu_reg *reg, enum vdu_evict why);
bool vdu_registry_take_unused(struct vdu_reg *reg, enum vdu_evict why);
void vdu_registry_forget_device(const struct device *dev);
void vdu_registry_wait(void);
bool vdu_reg_each(bool (*fn)(struct vdu_reg *reg, void *arg), void *arg);
void vdu_registry_exit(void);

/* idle.c */
void vdu_idle_add(struct vdu_reg *reg);
void vdu_idle_del(struct vdu_reg *reg);
bool vdu_idle_wanted(const struct vdu_reg *reg);
void vdu_idle_trim(void);
void vdu_idle_evict_queue(const struct vb2_queue *queue);
void vdu_idle_evict_owner(const struct mm_struct *mm);
bool vdu_idle_evict_device(const struct device *dev);
int vdu_idle_init(void);
void vdu_idle_exit(void);

/* device.c */
bool vdu_device_watch(struct device *dev);
void vdu_devices_exit(void);

/* sync.c */
void vdu_sync_prepare(struct vdu_buf *buf);
void vdu_sync_finish(struct vdu_buf *buf);
void vdu_sync_map_for_device(struct vdu_map *map);
void vdu_sync_map_for_cpu(struct vdu_map *map);
struct vdu_span vdu_span_for_device(enum dma_data_direction dir,
				    unsigned long data_offset,
				    unsigned long bytesused,
				    unsigned long size);
struct vdu_span vdu_span_for_cpu(enum dma_data_direction dir,
				 unsigned long bytesused, unsigned long size);

/* kbuf.c */
struct vdu_kbuf *vdu_kbuf_alloc(struct device *dev, unsigned long size,
				enum dma_data_direction dir, gfp_t gfp);
void vdu_kbuf_end_dma(struct vdu_kbuf *kbuf, bool cpu_stale);
void vdu_kbuf_free(struct vdu_kbuf *kbuf);

/* dmabuf.c */
struct dma_buf *vdu_dmabuf_export(struct vdu_buf *buf, unsigned long flags);
int vdu_dmabuf_attach(struct vdu_buf *buf, struct dma_buf *dbuf);
void vdu_dmabuf_detach(struct vdu_buf *buf);
int vdu_dmabuf_map(struct vdu_buf *buf);
void vdu_dmabuf_unmap(struct vdu_buf *buf);
void *vdu_dmabuf_vmap(struct vdu_buf *buf);

/* stats.c */
enum vdu_stat {
	VDU_REGISTRATIONS,
	VDU_REGISTRATIONS_IDLE,
	VDU_PAGES_PINNED,
	VDU_PAGES_IDLE,
	VDU_SEGMENTS,
	VDU_KBUF_PAGES,
	VDU_REJECTED,
	VDU_HITS,
	VDU_MISSES,
	VDU_REPINS_UNMAP,
	VDU_REPINS_CLEAR,
	VDU_REPINS_OTHER,
	VDU_REPINS_UNWATCHED,
	VDU_REPINS_SAME,
	VDU_FOREIGN,
	VDU_EVICTIONS,
	VDU_EVICTIONS_LAST = VDU_EVICTIONS + VDU_EVICT_UNLOAD,
	VDU_BYTES_SYNCED,
	VDU_BYTES_BOUNCED,
	VDU_ALIAS_FLUSHES,
	VDU_STATS
};

void vdu_stat_add(enum vdu_stat stat, long n);
void vdu_stats_init(void);
void vdu_stats_exit(void);

#endif /* VDU_INTERNAL_H */
