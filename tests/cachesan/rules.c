// SPDX-License-Identifier: GPL-2.0
/*
 * The rules
 *
 * Each violation is told once: what made it one is then taken for mended, so
 * that one mistake on one line counts one.
 */
#include "hooks.h"
#include "report.h"
#include "rules.h"

static void tell(struct shadow *s, enum rule which, const struct piece *p,
		 const struct copy *copy, u64 bytes, const struct access *a)
{
	struct finding f = {
		.rule = which,
		.line = p->pa,
		.bytes = bytes,
		.writer_pc = copy->writer_pc,
		.writer_va = copy->writer_va,
		.device_pc = p->line->device_pc,
		.pc = a->pc,
		.va = a->va,
	};

	shadow_find_buffer(s, p->pa, &f.tag, &f.offset);
	report_violation(&f);
}

/* An operation ran, but did not get here: that is the better explanation. */
static enum rule or_missed(enum rule which, const struct copy *copy)
{
	return copy->missed ? RULE_ALIAS_MISSED : which;
}

/* Bytes of a buffer's line that the device must leave alone */
static u64 foreign(const struct line *line)
{
	return ~(line->owned ?: line->mine);
}

static void tell_edge(struct shadow *s, const struct piece *p,
		      const struct copy *copy, u64 bytes,
		      const struct access *a)
{
	if (p->line->edge_told || !hook_on(HOOK_EDGE))
		return;
	p->line->edge_told = true;
	tell(s, RULE_EDGE_SHARED, p, copy, bytes, a);
}

/* Whatever other copies there are, they are older now in these bytes. */
static void outdate_others(struct line *line, const struct copy *copy,
			   u64 bytes)
{
	for (unsigned int i = 0; i < line->copies; i++)
		if (&line->copy[i] != copy)
			line->copy[i].old_alias |= bytes;
}

static void load_cached(struct shadow *s, const struct piece *p,
			const struct access *a)
{
	struct copy *copy = line_fetch(s, p, a->va);
	u64 dev = copy->old_dev & p->bytes;
	u64 alias = copy->old_alias & p->bytes;

	report_seen(SEEN_LOAD);
	if (dev)
		tell(s, or_missed(RULE_CPU_READ_STALE, copy), p, copy, dev, a);
	else if (alias)
		tell(s, RULE_ALIAS_STALE, p, copy, alias, a);
	if (dev || alias) {
		copy->old_dev = 0;
		copy->old_alias = 0;
	}
}

static void load_uncached(struct shadow *s, const struct piece *p,
			  const struct access *a)
{
	struct line *line = p->line;

	report_seen(SEEN_UNCACHED);
	for (unsigned int i = 0; i < line->copies; i++) {
		struct copy *copy = &line->copy[i];

		if (!(copy->dirty & p->bytes))
			continue;
		tell(s, RULE_ALIAS_STALE, p, copy, copy->dirty & p->bytes, a);
		copy->dirty = 0;
	}
}

void rules_load(struct shadow *s, const struct access *a, enum memtype type)
{
	struct piece p;
	u64 at = a->pa;

	while (shadow_next(s, &at, a->pa + a->len, &p))
		if (type == MEM_UNCACHED)
			load_uncached(s, &p, a);
		else
			load_cached(s, &p, a);
}

static void store_cached(struct shadow *s, const struct piece *p,
			 const struct access *a, enum memtype type)
{
	struct copy *copy = line_fetch(s, p, a->va);
	u64 theirs = p->bytes & foreign(p->line);

	report_seen(SEEN_STORE);
	if (!copy->dirty)
		copy->missed = false;
	copy->writer_pc = a->pc;
	copy->writer_va = a->va;
	if (theirs && type == MEM_BACK && (p->line->owned || copy->old_dev))
		tell_edge(s, p, copy, theirs, a);
	if (type == MEM_BACK)
		copy->dirty |= p->bytes;
	copy->old_dev &= ~p->bytes;
	copy->old_alias &= ~p->bytes;
	outdate_others(p->line, copy, p->bytes);
}

static void store_uncached(const struct piece *p)
{
	report_seen(SEEN_UNCACHED);
	outdate_others(p->line, NULL, p->bytes);
}

void rules_store(struct shadow *s, const struct access *a, enum memtype type)
{
	struct piece p;
	u64 at = a->pa;

	while (shadow_next(s, &at, a->pa + a->len, &p))
		if (type == MEM_UNCACHED)
			store_uncached(&p);
		else
			store_cached(s, &p, a, type);
}

void rules_assume_dirty(struct shadow *s, const struct access *a)
{
	struct piece p;
	u64 at = a->pa;

	while (shadow_next(s, &at, a->pa + a->len, &p))
		line_fetch(s, &p, 0)->dirty |= p.bytes;
}

static void see_device(const struct piece *p, enum seen what)
{
	if (!report_canary_holds(p->pa))
		report_seen(what);
}

static void device_reads(struct shadow *s, const struct piece *p,
			 const struct access *a)
{
	struct line *line = p->line;

	see_device(p, SEEN_DEVICE_READ);
	for (unsigned int i = 0; i < line->copies; i++) {
		struct copy *copy = &line->copy[i];

		if (!(copy->dirty & p->bytes))
			continue;
		tell(s, or_missed(RULE_DEV_READ_DIRTY, copy), p, copy,
		     copy->dirty & p->bytes, a);
		copy->dirty = 0;
	}
}

void rules_device_read(struct shadow *s, const struct access *a)
{
	struct piece p;
	u64 at = a->pa;

	while (shadow_next(s, &at, a->pa + a->len, &p))
		device_reads(s, &p, a);
}

/* A cache writes back whole lines, so any dirt in it is fatal. */
static void device_meets_dirt(struct shadow *s, const struct piece *p,
			      struct copy *copy, const struct access *a)
{
	u64 own = copy->dirty & ~foreign(p->line);

	if (own)
		tell(s, or_missed(RULE_DEV_WRITE_DIRTY, copy), p, copy, own, a);
	else
		tell_edge(s, p, copy, copy->dirty, a);
	copy->dirty = 0;
}

/* The core may fetch the line before the device writes it. */
static void fetch_early(struct shadow *s, const struct piece *p)
{
	const struct geometry *g = shadow_geometry(s);

	if (!g->spec || !hook_on(HOOK_SPEC))
		return;
	line_fetch(s, p, 0);
	if (g->class == CACHE_VIPT)
		for (u64 va = GUEST_PAGE; va < 4 * GUEST_PAGE; va += GUEST_PAGE)
			line_fetch(s, p, va);
}

static void device_writes(struct shadow *s, const struct piece *p,
			  const struct access *a)
{
	struct line *line = p->line;

	see_device(p, SEEN_DEVICE_WRITE);
	fetch_early(s, p);
	for (unsigned int i = 0; i < line->copies; i++) {
		struct copy *copy = &line->copy[i];

		if (copy->dirty)
			device_meets_dirt(s, p, copy, a);
		copy->old_dev |= p->bytes;
	}
	line->device_pc = a->pc;
	line->edge_told = false;
}

void rules_device_write(struct shadow *s, const struct access *a)
{
	struct piece p;
	u64 at = a->pa;

	while (shadow_next(s, &at, a->pa + a->len, &p))
		device_writes(s, &p, a);
}

static void write_back(struct shadow *s, const struct piece *p,
		       struct copy *copy, const struct access *a)
{
	if (!copy->dirty)
		return;
	if (copy->old_dev && !p->line->edge_told)
		tell(s, RULE_WRITEBACK_OVER_DEV, p, copy, copy->old_dev, a);
	else if (copy->old_alias && !copy->old_dev)
		tell(s, RULE_ALIAS_STALE, p, copy, copy->old_alias, a);
	copy->dirty = 0;
	/* Memory is now as this is, for better or for worse. */
	copy->old_dev = 0;
	copy->old_alias = 0;
}

static void throw_away(struct shadow *s, const struct piece *p,
		       struct copy *copy, const struct access *a)
{
	u64 theirs = copy->dirty & foreign(p->line);

	if (theirs)
		tell_edge(s, p, copy, theirs, a);
	else if (copy->dirty)
		report_seen(SEEN_OWN_DIRT);
	line_drop(p->line, copy);
}

static void maintain(struct shadow *s, const struct piece *p,
		     struct copy *copy, enum action what,
		     const struct access *a)
{
	if (what == ACT_INVALIDATE) {
		throw_away(s, p, copy, a);
		return;
	}
	write_back(s, p, copy, a);
	copy->missed = false;
	if (what == ACT_FLUSH)
		line_drop(p->line, copy);
}

/* Those in other aliases stay as they are, and it may matter. */
static void miss_others(struct line *line, const struct copy *hit,
			enum action what)
{
	for (unsigned int i = 0; i < line->copies; i++) {
		struct copy *copy = &line->copy[i];

		if (copy != hit && (copy->dirty || what != ACT_CLEAN))
			copy->missed = true;
	}
}

/* Not so to the point of unification, of which a device knows nothing */
static bool reaches_memory(enum action what)
{
	return what == ACT_CLEAN || what == ACT_INVALIDATE || what == ACT_FLUSH;
}

void rules_maintain(struct shadow *s, enum action what, const struct access *a)
{
	u64 alias = geometry_alias(shadow_geometry(s), a->va);
	struct copy *copy;
	struct piece p;
	u64 at = a->pa;

	if (!reaches_memory(what) || !shadow_next(s, &at, a->pa + 1, &p))
		return;
	report_seen(what == ACT_CLEAN ? SEEN_CLEAN :
		    what == ACT_FLUSH ? SEEN_FLUSH : SEEN_INVALIDATE);
	copy = line_copy(p.line, alias);
	miss_others(p.line, copy, what);
	if (copy)
		maintain(s, &p, copy, what, a);
}

/* What rules_maintain_all() says to each line */
struct maintain_all {
	enum action	what;
	struct access	access;
};

static void maintain_line(struct shadow *s, struct piece *p, void *arg)
{
	const struct maintain_all *all = arg;

	/* From the end: what is dropped is replaced by the last one. */
	for (unsigned int i = p->line->copies; i--;)
		maintain(s, p, &p->line->copy[i], all->what, &all->access);
}

void rules_maintain_all(struct shadow *s, enum action what, u64 pc)
{
	struct maintain_all all = { what, { .pc = pc } };

	report_seen(SEEN_WHOLE);
	shadow_each(s, maintain_line, &all);
}
