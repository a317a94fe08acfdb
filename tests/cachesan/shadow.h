/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A shadow of the cache: what may be in it of each line of a buffer
 *
 * Nothing is ever evicted here, and all that may be in the cache is: dirt stays
 * until it is cleaned, so no lucky eviction hides a bug.
 */
#ifndef CACHESAN_SHADOW_H
#define CACHESAN_SHADOW_H

#include "geometry.h"
#include "types.h"

/**
 * struct copy - what the cache may hold of a line, in one alias
 * @alias: see geometry_alias()
 * @dirty: bytes that are newer than memory
 * @old_dev: bytes that are older than what the device wrote
 * @old_alias: bytes that are older than what the CPU wrote by another way
 * @writer_pc: who wrote it last
 * @writer_va: and with which address
 * @missed: an operation ran on the line that should have got at this, but by
 *	its address could not
 *
 * Bit n of @dirty, @old_dev and @old_alias is byte n of the line.
 */
struct copy {
	u64	alias;
	u64	dirty;
	u64	old_dev;
	u64	old_alias;
	u64	writer_pc;
	u64	writer_va;
	bool	missed;
};

/**
 * struct line - a line of physical memory
 * @mine: bytes that belong to a buffer
 * @owned: bytes that the device may write at any time now
 * @device_pc: who was the device that wrote it last
 * @edge_told: that its edge is shared has been told already
 * @copies: how many the cache may have
 * @room: for so many
 * @copy: these
 */
struct line {
	u64		mine;
	u64		owned;
	u64		device_pc;
	bool		edge_told;
	unsigned int	copies;
	unsigned int	room;
	struct copy	*copy;
};

struct shadow;

/**
 * struct piece - that part of an access that falls into one line of a buffer
 * @line: the line
 * @pa: its address
 * @bytes: of the line
 */
struct piece {
	struct line	*line;
	u64		pa;
	u64		bytes;
};

struct shadow *shadow_new(const struct geometry *g);
void shadow_free(struct shadow *s);
/* Forget everything. */
void shadow_reset(struct shadow *s);
const struct geometry *shadow_geometry(const struct shadow *s);

/* False if that can't be a buffer's range. */
bool shadow_watch(struct shadow *s, u64 pa, u64 len, u64 tag);
/* False if exactly that is not watched. */
bool shadow_unwatch(struct shadow *s, u64 pa, u64 len, u64 tag);
void shadow_own(struct shadow *s, u64 pa, u64 len, bool own);

/* Is there anything of a buffer in this page? Needs no lock. */
bool shadow_watched(const struct shadow *s, u64 pa);

/* The buffer's tag and offset at a line that is watched. */
void shadow_find_buffer(struct shadow *s, u64 line_pa, u64 *tag, u64 *offset);

/*
 * The next piece from *pa on, before @end; moves *pa behind it. Lines that
 * belong to no buffer are passed over.
 */
bool shadow_next(struct shadow *s, u64 *pa, u64 end, struct piece *piece);

/* The copy in that alias, or NULL. */
struct copy *line_copy(const struct line *line, u64 alias);
/* The same, made if there is none: it is fetched from memory. */
struct copy *line_fetch(struct shadow *s, const struct piece *p, u64 va);
void line_drop(struct line *line, struct copy *copy);

/* Call @f for each line of which the cache may have something. */
void shadow_each(struct shadow *s,
		 void (*f)(struct shadow *s, struct piece *p, void *arg),
		 void *arg);

/*
 * Where a virtual page was last seen to be: a VIVT cache needs no translation
 * to find a line, so operations work there when the mapping is gone.
 */
bool shadow_recall(struct shadow *s, u64 va, u64 *pa);

#endif
