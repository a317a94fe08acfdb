/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program's own memory for all buffers and planes of a queue
 */
#ifndef SUITE_USERBUFS_H
#define SUITE_USERBUFS_H

#include "mem.h"
#include "v4l2.h"

struct userbufs {
	unsigned int	count;
	unsigned int	planes;
	struct mem	mem[BUFS_MAX][PLANES_MAX];
};

/*
 * Memory for @count buffers, @extra bytes longer than the format needs, each
 * @offset bytes into its first page. Returns NULL or why there is none.
 */
const char *userbufs_get(struct userbufs *u, const struct queue *q,
			 unsigned int count, enum mem_kind kind,
			 size_t offset, size_t extra);
void userbufs_put(struct userbufs *u);

/* Buffer @index of the queue is from now on the @from'th of @u. */
void userbufs_attach(const struct userbufs *u, struct queue *q,
		     unsigned int index, unsigned int from);

bool userbufs_guards_good(const struct userbufs *u);

/*
 * What most tests start with: REQBUFS(USERPTR) for @count buffers and
 * anonymous memory for them. Its failure ends the program.
 */
void userbufs_setup(struct userbufs *u, struct queue *q, unsigned int count);

#endif
