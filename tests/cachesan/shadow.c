// SPDX-License-Identifier: GPL-2.0
/*
 * The shadow's pages, lines and copies
 */
#include <glib.h>
#include <stdlib.h>

#include "buffers.h"
#include "shadow.h"

/* Physical addresses have up to 40 bits on what this is for. */
#define PHYS_BITS	40
#define PAGE_COUNT	BIT(PHYS_BITS - 12)

/**
 * struct page - a page with something of a buffer in it
 * @pa: its address
 * @ranges: ranges of buffers that touch it
 * @lines: how many
 * @active: the cache may have something of it
 * @line: they
 */
struct page {
	u64		pa;
	u64		ranges;
	unsigned int	lines;
	bool		active;
	struct line	line[];
};

/**
 * struct shadow - all of it
 * @geometry: of the cache
 * @buffers: what is watched
 * @pages: number of the page to struct page
 * @seen_at: VIVT: number of the virtual page to number of the page
 * @watched: a byte for each page: for the many accesses that concern us not
 */
struct shadow {
	struct geometry	geometry;
	struct buffers	*buffers;
	hash_table	*pages;
	hash_table	*seen_at;
	u8		*watched;
};

static gpointer page_key(u64 addr)
{
	return GSIZE_TO_POINTER(addr / GUEST_PAGE);
}

static void page_free(gpointer data)
{
	struct page *page = data;

	for (unsigned int i = 0; i < page->lines; i++)
		g_free(page->line[i].copy);
	g_free(page);
}

struct shadow *shadow_new(const struct geometry *g)
{
	struct shadow *s = g_new0(struct shadow, 1);

	s->geometry = *g;
	s->buffers = buffers_new();
	s->pages = g_hash_table_new_full(NULL, NULL, NULL, page_free);
	s->seen_at = g_hash_table_new(NULL, NULL);
	/* 256 MiB of which nearly all stays untouched, so never exists */
	s->watched = calloc(PAGE_COUNT, 1);
	return s;
}

void shadow_free(struct shadow *s)
{
	buffers_free(s->buffers);
	g_hash_table_destroy(s->pages);
	g_hash_table_destroy(s->seen_at);
	free(s->watched);
	g_free(s);
}

const struct geometry *shadow_geometry(const struct shadow *s)
{
	return &s->geometry;
}

static void mark_watched(struct shadow *s, u64 pa, bool on)
{
	__atomic_store_n(&s->watched[pa / GUEST_PAGE], on, __ATOMIC_RELAXED);
}

bool shadow_watched(const struct shadow *s, u64 pa)
{
	return pa >> PHYS_BITS == 0 &&
	       __atomic_load_n(&s->watched[pa / GUEST_PAGE], __ATOMIC_RELAXED);
}

static void unmark_page(gpointer key, gpointer value, gpointer data)
{
	struct page *page = value;

	(void)key;
	mark_watched(data, page->pa, false);
}

void shadow_reset(struct shadow *s)
{
	g_hash_table_foreach(s->pages, unmark_page, s);
	g_hash_table_remove_all(s->pages);
	g_hash_table_remove_all(s->seen_at);
	buffers_clear(s->buffers);
}

static struct page *page_at(const struct shadow *s, u64 pa)
{
	return g_hash_table_lookup(s->pages, page_key(pa));
}

static struct page *page_new(struct shadow *s, u64 pa)
{
	unsigned int lines = GUEST_PAGE / s->geometry.line;
	struct page *page = g_malloc0(sizeof(*page) +
				      lines * sizeof(page->line[0]));

	page->pa = pa & ~(GUEST_PAGE - 1);
	page->lines = lines;
	g_hash_table_insert(s->pages, page_key(pa), page);
	mark_watched(s, pa, true);
	return page;
}

static u64 line_start(const struct shadow *s, u64 pa)
{
	return pa & ~(u64)(s->geometry.line - 1);
}

static struct line *line_at(const struct shadow *s, struct page *page, u64 pa)
{
	return &page->line[pa % GUEST_PAGE / s->geometry.line];
}

/* Give a range's lines what is theirs, in one page. */
static void set_bytes(struct shadow *s, struct page *page, u64 pa, u64 len)
{
	unsigned int size = s->geometry.line;
	u64 at = MAX(page->pa, line_start(s, pa));
	u64 end = MIN(page->pa + GUEST_PAGE, pa + len);

	for (; at < end; at += size) {
		struct line *line = line_at(s, page, at);

		line->mine = buffers_bytes(s->buffers, at, size);
		line->owned &= line->mine;
		if (!line->mine)
			line->copies = 0;
	}
}

bool shadow_watch(struct shadow *s, u64 pa, u64 len, u64 tag)
{
	if (!len || pa + len < pa || (pa + len - 1) >> PHYS_BITS)
		return false;
	buffers_add(s->buffers, pa, len, tag);
	for (u64 at = pa & ~(GUEST_PAGE - 1); at < pa + len; at += GUEST_PAGE) {
		struct page *page = page_at(s, at) ?: page_new(s, at);

		page->ranges++;
		set_bytes(s, page, pa, len);
	}
	return true;
}

bool shadow_unwatch(struct shadow *s, u64 pa, u64 len, u64 tag)
{
	if (!buffers_remove(s->buffers, pa, len, tag))
		return false;
	for (u64 at = pa & ~(GUEST_PAGE - 1); at < pa + len; at += GUEST_PAGE) {
		struct page *page = page_at(s, at);

		if (--page->ranges) {
			set_bytes(s, page, pa, len);
			continue;
		}
		mark_watched(s, at, false);
		g_hash_table_remove(s->pages, page_key(at));
	}
	return true;
}

void shadow_own(struct shadow *s, u64 pa, u64 len, bool own)
{
	struct piece piece;
	u64 at = pa;

	while (shadow_next(s, &at, pa + len, &piece)) {
		struct line *line = piece.line;

		if (own)
			line->owned |= piece.bytes & line->mine;
		else
			line->owned &= ~piece.bytes;
		line->edge_told = false;
	}
}

void shadow_find_buffer(struct shadow *s, u64 line_pa, u64 *tag, u64 *offset)
{
	*tag = 0;
	*offset = 0;
	buffers_find(s->buffers, line_pa, s->geometry.line, tag, offset);
}

bool shadow_next(struct shadow *s, u64 *pa, u64 end, struct piece *piece)
{
	unsigned int size = s->geometry.line;

	while (*pa < end) {
		struct page *page = shadow_watched(s, *pa) ? page_at(s, *pa) :
							     NULL;
		u64 from = *pa;

		if (!page) {
			*pa = (*pa & ~(GUEST_PAGE - 1)) + GUEST_PAGE;
			continue;
		}
		piece->pa = line_start(s, from);
		piece->line = line_at(s, page, from);
		piece->bytes = line_bytes(piece->pa, size, from, end - from);
		*pa = piece->pa + size;
		if (piece->line->mine)
			return true;
	}
	return false;
}

struct copy *line_copy(const struct line *line, u64 alias)
{
	for (unsigned int i = 0; i < line->copies; i++)
		if (line->copy[i].alias == alias)
			return &line->copy[i];
	return NULL;
}

/* What is dirty in other aliases is not in memory yet. */
static u64 dirt(const struct line *line)
{
	u64 bytes = 0;

	for (unsigned int i = 0; i < line->copies; i++)
		bytes |= line->copy[i].dirty;
	return bytes;
}

static struct copy *copy_new(struct line *line, u64 alias)
{
	struct copy copy = { .alias = alias, .old_alias = dirt(line) };

	if (line->copies == line->room) {
		line->room += 2;
		line->copy = g_renew(struct copy, line->copy, line->room);
	}
	line->copy[line->copies] = copy;
	return &line->copy[line->copies++];
}

struct copy *line_fetch(struct shadow *s, const struct piece *p, u64 va)
{
	u64 alias = geometry_alias(&s->geometry, va);
	struct copy *copy = line_copy(p->line, alias);

	if (copy)
		return copy;
	page_at(s, p->pa)->active = true;
	if (s->geometry.class == CACHE_VIVT)
		g_hash_table_insert(s->seen_at, page_key(va), page_key(p->pa));
	return copy_new(p->line, alias);
}

void line_drop(struct line *line, struct copy *copy)
{
	*copy = line->copy[--line->copies];
}

/* What shadow_each() is to do */
struct visit {
	struct shadow	*shadow;
	void		(*f)(struct shadow *s, struct piece *p, void *arg);
	void		*arg;
};

static void visit_line(const struct visit *v, struct page *page,
		       unsigned int i)
{
	unsigned int size = v->shadow->geometry.line;
	struct piece piece = {
		.line = &page->line[i],
		.pa = page->pa + i * size,
		.bytes = bits(~0ul, size - 1, 0),
	};

	if (!piece.line->copies)
		return;
	v->f(v->shadow, &piece, v->arg);
	page->active |= piece.line->copies;
}

static void visit_page(gpointer key, gpointer value, gpointer data)
{
	struct page *page = value;

	(void)key;
	if (!page->active)
		return;
	page->active = false;
	for (unsigned int i = 0; i < page->lines; i++)
		visit_line(data, page, i);
}

void shadow_each(struct shadow *s,
		 void (*f)(struct shadow *s, struct piece *p, void *arg),
		 void *arg)
{
	struct visit visit = { s, f, arg };

	g_hash_table_foreach(s->pages, visit_page, &visit);
}

bool shadow_recall(struct shadow *s, u64 va, u64 *pa)
{
	gpointer number = g_hash_table_lookup(s->seen_at, page_key(va));

	*pa = GPOINTER_TO_SIZE(number) * GUEST_PAGE + va % GUEST_PAGE;
	return number;
}
