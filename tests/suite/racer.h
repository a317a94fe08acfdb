/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The racer: what its parts share
 */
#ifndef SUITE_RACER_H
#define SUITE_RACER_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "lib/v4l2.h"

/* What an operation returns when there was nothing for it to do. */
#define NOTHING 1

#define RACERS 6
#define MAPS 4
#define MAY 14

/**
 * struct racer - one thread
 * @rng:	state of its random numbers
 * @map:	MMAP buffers that it has mapped
 * @doing:	number of its running operation, for whoever looks for a hang
 */
struct racer {
	__u64	rng;
	struct {
		void	*mem;
		size_t	len;
	} map[MAPS];
	atomic_uint	doing;
};

/**
 * struct op - an operation that a thread may do at any time
 * @name:	of it
 * @weight:	how often, against the others; 0: by the main thread
 * @run:	does it: 0, -errno, or NOTHING
 * @thp:	only possible with transparent huge pages
 * @rare:	may have no chance to succeed in a whole run
 * @may:	the errnos that it may fail with, up to the first 0
 * @calls:	times that it did something
 * @good:	of these, without an error
 * @failed:	with each errno of @may
 * @strange:	errno that is not in @may, the first one
 */
struct op {
	const char	*name;
	unsigned int	weight;
	int		(*run)(struct racer *me);
	bool		thp;
	bool		rare;
	int		may[MAY];
	atomic_ulong	calls;
	atomic_ulong	good;
	atomic_ulong	failed[MAY];
	atomic_int	strange;
};

extern struct op queue_ops[], mem_ops[], file_ops[];

__u32 any(struct racer *me);
/* Below @n, which is not 0. */
unsigned int pick(struct racer *me, unsigned int n);
bool one_in(struct racer *me, unsigned int n);

/**
 * struct node - a node of the test device, one queue
 * @instance:	of the device
 * @kind:	"vid-cap", "vid-out"
 * @type:	of its buffers
 * @fourcc:	pixel format
 * @planes:	of the format
 * @size:	bytes of each plane
 * @memory:	type of memory of the last good REQBUFS
 * @bufs:	and how many buffers it got
 */
struct node {
	unsigned int	instance;
	const char	*kind;
	__u32		type;
	__u32		fourcc;
	unsigned int	planes;
	atomic_uint	size;
	atomic_uint	memory;
	atomic_uint	bufs;
};

#define NODES 3
extern struct node nodes[NODES];

/* racer-file.c: descriptors live at fixed numbers, see there. */
void files_open(void);
void files_close(void);
int any_fd(struct racer *me, const struct node *node);
int any_dmabuf(struct racer *me);
int keep_dmabuf(struct racer *me, int fd);

/* racer-queue.c */
struct node *any_node(struct racer *me);
int set_format(int fd, struct node *node);
int qbuf_at(struct racer *me, unsigned long request);
void unmap_all(struct racer *me);

/* racer-mem.c: bytes of a buffer and of the guards on both its sides */
#define AREAS 8
#define AREA_BYTES (192u << 10)
#define GUARD_BYTES (64u << 10)

void areas_map(void);
void areas_unmap(void);
/* Memory for a buffer of @len bytes, mapped or not, in a random area. */
void *any_memory(struct racer *me, size_t len);
/* False and printed if one changed. */
bool guards_good(void);
/* Memory that never was the queue's changed all the same. */
extern atomic_uint corrupted;

#endif
