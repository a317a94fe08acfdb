/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The buffers that are watched: ranges of physical memory, each with the tag
 * of the buffer of which it is a part
 */
#ifndef CACHESAN_BUFFERS_H
#define CACHESAN_BUFFERS_H

#include "types.h"

struct buffers;

struct buffers *buffers_new(void);
void buffers_free(struct buffers *b);
void buffers_clear(struct buffers *b);

/* Ranges of one tag follow each other in the order in which they come. */
void buffers_add(struct buffers *b, u64 pa, u64 len, u64 tag);
/* False if exactly that is not there. */
bool buffers_remove(struct buffers *b, u64 pa, u64 len, u64 tag);

/* A bit for each byte of the line of @size at @pa that is in a buffer */
u64 buffers_bytes(const struct buffers *b, u64 pa, unsigned int size);

/* Tag and offset of the line's first byte in a buffer; false if none is. */
bool buffers_find(const struct buffers *b, u64 pa, unsigned int size, u64 *tag,
		  u64 *offset);

/* Bits for those bytes of the line of @size at @line that are in (pa, len) */
u64 line_bytes(u64 line, unsigned int size, u64 pa, u64 len);

#endif
