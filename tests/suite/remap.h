/* SPDX-License-Identifier: GPL-2.0 */
/*
 * remap: what its parts share
 */
#ifndef SUITE_REMAP_H
#define SUITE_REMAP_H

#include <stddef.h>

#include "lib/v4l2.h"

#define BUFS 3

/**
 * struct way - a way to have other memory at an address
 * @name:	of it
 * @map:	the memory of buffer @index at first
 * @change:	have other memory there
 */
struct way {
	const char	*name;
	void		(*map)(void *at, unsigned int index);
	void		(*change)(void *at, unsigned int index);
};

#define WAYS 8
extern const struct way ways[WAYS];
/* Those that are named here by their number */
#define WAY_MUNMAP (&ways[0])
#define WAY_HOLE (&ways[5])

/* The one of the running test, and bytes of each buffer's whole pages */
extern const struct way *way;
extern size_t area;

void map_anon(void *at, unsigned int index);
void by_munmap(void *at, unsigned int index);
void by_dontneed(void *at, unsigned int index);

/* A queue with BUFS buffers of memory that @w can change. */
void remap_setup(struct queue *q, const char *kind, const struct way *w);
void remap_teardown(struct queue *q);

/* Where the pages of a buffer start. */
void *place_of(const struct queue *q, unsigned int index);

#endif
