// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "tap.h"
#include "userbufs.h"

const char *userbufs_get(struct userbufs *u, const struct queue *q,
			 unsigned int count, enum mem_kind kind,
			 size_t offset, size_t extra)
{
	const char *reason = NULL;

	memset(u, 0, sizeof(*u));
	u->count = count;
	u->planes = q->planes;
	for (unsigned int i = 0; i < count && !reason; i++)
		for (unsigned int p = 0; p < u->planes && !reason; p++)
			reason = mem_get(&u->mem[i][p], kind,
					 q->size[p] + extra, offset);
	if (reason)
		userbufs_put(u);
	return reason;
}

void userbufs_put(struct userbufs *u)
{
	for (unsigned int i = 0; i < u->count; i++)
		for (unsigned int p = 0; p < u->planes; p++)
			if (u->mem[i][p].map)
				mem_put(&u->mem[i][p]);
	u->count = 0;
}

void userbufs_attach(const struct userbufs *u, struct queue *q,
		     unsigned int index, unsigned int from)
{
	for (unsigned int p = 0; p < u->planes; p++)
		queue_attach(q, index, p, u->mem[from][p].user,
			     u->mem[from][p].len);
}

bool userbufs_guards_good(const struct userbufs *u)
{
	bool good = true;

	for (unsigned int i = 0; i < u->count; i++)
		for (unsigned int p = 0; p < u->planes; p++)
			good &= mem_guards_good(&u->mem[i][p]);
	return good;
}

void userbufs_setup(struct userbufs *u, struct queue *q, unsigned int count)
{
	const char *reason = userbufs_get(u, q, count, MEM_ANON, 0, 0);
	int ret;

	if (reason)
		tap_fatal("set-up: memory for the buffers: %s", reason);
	ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, count);
	if (ret)
		tap_fatal("set-up: %s %s has %u USERPTR buffers (%s)",
			  q->device, q->kind, count, strerror(-ret));
	for (unsigned int i = 0; i < count; i++)
		userbufs_attach(u, q, i, i);
}
