// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of physical memory and their buffers
 *
 * There are a few thousand at most and they are searched one by one, but only
 * when one goes and when a violation is written.
 */
#include <assert.h>
#include <glib.h>

#include "buffers.h"

/* (pa, len) is at offset in the buffer. */
struct range {
	u64	pa;
	u64	len;
	u64	tag;
	u64	offset;
};

/* Of one tag: bytes that came so far, ranges that are still there */
struct extent {
	u64	bytes;
	u64	ranges;
};

struct buffers {
	item_array	*ranges;
	hash_table	*extents;
};

/* Tags are keys as they are, without storage of their own. */
static_assert(sizeof(gpointer) == sizeof(u64), "a pointer holds a tag");

struct buffers *buffers_new(void)
{
	struct buffers *b = g_new(struct buffers, 1);

	b->ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
	b->extents = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return b;
}

void buffers_free(struct buffers *b)
{
	g_array_free(b->ranges, TRUE);
	g_hash_table_destroy(b->extents);
	g_free(b);
}

void buffers_clear(struct buffers *b)
{
	g_array_set_size(b->ranges, 0);
	g_hash_table_remove_all(b->extents);
}

static struct range *range_at(const struct buffers *b, unsigned int i)
{
	return &g_array_index(b->ranges, struct range, i);
}

void buffers_add(struct buffers *b, u64 pa, u64 len, u64 tag)
{
	gpointer key = GSIZE_TO_POINTER(tag);
	struct extent *e = g_hash_table_lookup(b->extents, key);
	struct range r = { pa, len, tag, 0 };

	if (!e) {
		e = g_new0(struct extent, 1);
		g_hash_table_insert(b->extents, key, e);
	}
	r.offset = e->bytes;
	e->bytes += len;
	e->ranges++;
	g_array_append_val(b->ranges, r);
}

bool buffers_remove(struct buffers *b, u64 pa, u64 len, u64 tag)
{
	gpointer key = GSIZE_TO_POINTER(tag);
	struct extent *e = g_hash_table_lookup(b->extents, key);

	for (unsigned int i = 0; e && i < b->ranges->len; i++) {
		struct range *r = range_at(b, i);

		if (r->pa != pa || r->len != len || r->tag != tag)
			continue;
		g_array_remove_index_fast(b->ranges, i);
		if (!--e->ranges)
			g_hash_table_remove(b->extents, key);
		return true;
	}
	return false;
}

u64 line_bytes(u64 line, unsigned int size, u64 pa, u64 len)
{
	u64 first = MAX(line, pa), end = MIN(line + size, pa + len);

	if (first >= end)
		return 0;
	return bits(~0ul, end - first - 1, 0) << (first - line);
}

u64 buffers_bytes(const struct buffers *b, u64 pa, unsigned int size)
{
	u64 bytes = 0;

	for (unsigned int i = 0; i < b->ranges->len; i++) {
		const struct range *r = range_at(b, i);

		bytes |= line_bytes(pa, size, r->pa, r->len);
	}
	return bytes;
}

bool buffers_find(const struct buffers *b, u64 pa, unsigned int size, u64 *tag,
		  u64 *offset)
{
	for (unsigned int i = 0; i < b->ranges->len; i++) {
		const struct range *r = range_at(b, i);

		if (!line_bytes(pa, size, r->pa, r->len))
			continue;
		*tag = r->tag;
		*offset = r->offset + (pa > r->pa ? pa - r->pa : 0);
		return true;
	}
	return false;
}
