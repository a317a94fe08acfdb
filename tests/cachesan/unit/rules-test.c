// SPDX-License-Identifier: GPL-2.0
/*
 * For each rule a planted omission, with the exact count of what it must be
 * reported as, and its correct twin, which must pass in silence
 */
#include <glib.h>
#include <string.h>

#include "../hooks.h"
#include "../report.h"
#include "../rules.h"
#include "tap.h"

#define BUFFER	0x40100000ul
#define SIZE	8192ul
#define TAG	7

/* The kernel's address of it, the user's in another colour, and in the same */
#define KERNEL	0xc0100000ul
#define USER	0x00a01000ul
#define SAME	0x00b04000ul

#define LINE	64u
#define LINES	(SIZE / LINE)

static struct shadow *shadow;
static enum memtype type;

/* Where the buffer is in its first line, what is behind it in the last */
static u64 head, tail;

enum what { STORE, LOAD };

static void cpu(enum what what, u64 va, u64 off, u64 len)
{
	for (u64 at = off; at < off + len; at += 4) {
		struct access a = { BUFFER + at, va + at, 4, 0x1000 + what };

		if (what == STORE)
			rules_store(shadow, &a, type);
		else
			rules_load(shadow, &a, type);
	}
}

static void store(u64 va)
{
	cpu(STORE, va, head, SIZE - head - tail);
}

static void load(u64 va)
{
	cpu(LOAD, va, head, SIZE - head - tail);
}

/* One word of each line only */
static void touch(u64 va)
{
	for (u64 at = 0; at < SIZE; at += LINE)
		cpu(STORE, va, at, 4);
}

static void maintain(enum action action, u64 va)
{
	for (u64 at = 0; at < SIZE; at += LINE) {
		struct access a = { BUFFER + at, va + at, 1, 0x3000 };

		rules_maintain(shadow, action, &a);
	}
}

static void clean(u64 va)
{
	maintain(ACT_CLEAN, va);
}

static void invalidate(u64 va)
{
	maintain(ACT_INVALIDATE, va);
}

static void flush(u64 va)
{
	maintain(ACT_FLUSH, va);
}

static struct access device(void)
{
	struct access a = { BUFFER + head, 0, SIZE - head - tail, 0x2000 };

	return a;
}

static void device_read(void)
{
	struct access a = device();

	rules_device_read(shadow, &a);
}

/* A word at a time, as a loop in the guest would */
static void device_write(void)
{
	struct access a = device();
	u64 end = a.pa + a.len;

	for (a.len = 4; a.pa < end; a.pa += 4)
		rules_device_write(shadow, &a);
}

static void own(bool on)
{
	struct access a = device();

	shadow_own(shadow, a.pa, a.len, on);
}

/* What the CPU sends */

static void send(void)
{
	store(KERNEL);
	clean(KERNEL);
	device_read();
}

static void send_unclean(void)
{
	store(KERNEL);
	device_read();
}

static void send_twice_clean_once(void)
{
	send();
	send_unclean();
}

static void send_invalidated(void)
{
	store(KERNEL);
	invalidate(KERNEL);
	device_read();
}

static void send_unified(void)
{
	store(KERNEL);
	maintain(ACT_UNIFY, KERNEL);
	device_read();
}

static void send_by_user(void)
{
	store(USER);
	flush(USER);
	clean(KERNEL);
	device_read();
}

static void send_by_user_kernel_cleaned(void)
{
	store(USER);
	clean(KERNEL);
	device_read();
}

static void send_by_user_wrong_order(void)
{
	clean(KERNEL);
	store(USER);
	device_read();
}

static void send_flushed_before_last(void)
{
	store(USER);
	flush(USER);
	touch(USER);
	clean(KERNEL);
	device_read();
}

static void send_same_colour(void)
{
	store(SAME);
	clean(KERNEL);
	device_read();
}

static void send_whole_cache(void)
{
	store(USER);
	rules_maintain_all(shadow, ACT_CLEAN, 0x3000);
	device_read();
}

static void send_through(void)
{
	type = MEM_THROUGH;
	store(KERNEL);
	device_read();
}

static void send_uncached(void)
{
	type = MEM_UNCACHED;
	store(KERNEL);
	device_read();
}

static void send_other_half(void)
{
	struct access a = { BUFFER + LINE / 2, 0, LINE / 2, 0x2000 };

	cpu(STORE, KERNEL, 0, LINE / 2);
	rules_device_read(shadow, &a);
}

static void assumed_dirty(void)
{
	struct access a = { BUFFER, 0, SIZE, 0 };

	rules_assume_dirty(shadow, &a);
	device_read();
}

static void assumed_dirty_cleaned(void)
{
	struct access a = { BUFFER, 0, SIZE, 0 };

	rules_assume_dirty(shadow, &a);
	send();
}

/* What it receives */

static void receive(void)
{
	store(KERNEL);
	invalidate(KERNEL);
	device_write();
	invalidate(KERNEL);
	load(KERNEL);
}

static void receive_unprepared(void)
{
	store(KERNEL);
	device_write();
	invalidate(KERNEL);
	load(KERNEL);
}

static void receive_unfinished(void)
{
	invalidate(KERNEL);
	device_write();
	load(KERNEL);
}

static void receive_cleaned(void)
{
	load(KERNEL);
	device_write();
	clean(KERNEL);
	load(KERNEL);
}

static void receive_twice_finished_once(void)
{
	receive();
	receive_unfinished();
}

static void receive_written_over(void)
{
	load(KERNEL);
	device_write();
	touch(KERNEL);
	flush(KERNEL);
}

static void receive_all_written_over(void)
{
	load(KERNEL);
	device_write();
	store(KERNEL);
	flush(KERNEL);
}

static void receive_written_after(void)
{
	load(KERNEL);
	device_write();
	invalidate(KERNEL);
	touch(KERNEL);
	flush(KERNEL);
}

static void receive_by_user(void)
{
	load(USER);
	flush(USER);
	invalidate(KERNEL);
	device_write();
	invalidate(KERNEL);
	load(USER);
}

static void receive_by_user_not_emptied(void)
{
	load(USER);
	invalidate(KERNEL);
	device_write();
	invalidate(KERNEL);
	load(USER);
}

static void receive_by_user_dirty(void)
{
	store(USER);
	invalidate(KERNEL);
	device_write();
}

static void receive_whole_cache(void)
{
	store(USER);
	load(KERNEL);
	rules_maintain_all(shadow, ACT_FLUSH, 0x3000);
	device_write();
	load(USER);
	load(KERNEL);
}

static void receive_uncached(void)
{
	type = MEM_UNCACHED;
	device_write();
	load(KERNEL);
}

/* The user and the kernel, no device */

static void talk(void)
{
	store(USER);
	clean(USER);
	load(KERNEL);
}

static void talk_unclean(void)
{
	store(USER);
	load(KERNEL);
}

static void talk_old_copy(void)
{
	load(KERNEL);
	store(USER);
	clean(USER);
	load(KERNEL);
}

static void talk_old_copy_dropped(void)
{
	load(KERNEL);
	store(USER);
	clean(USER);
	invalidate(KERNEL);
	load(KERNEL);
}

static void talk_both_dirty(void)
{
	touch(KERNEL);
	store(USER);
	clean(USER);
	clean(KERNEL);
}

static void talk_past_cache(void)
{
	store(KERNEL);
	type = MEM_UNCACHED;
	load(USER);
}

/* Edges: the buffer starts and ends within a line */

static void neighbours_write(u64 va)
{
	cpu(STORE, va, 0, head);
	cpu(STORE, va, SIZE - tail, tail);
}

static void edge_quiet(void)
{
	neighbours_write(KERNEL);
	flush(KERNEL);
	own(true);
	device_write();
	own(false);
	flush(KERNEL);
	load(KERNEL);
}

static void edge_during(void)
{
	flush(KERNEL);
	own(true);
	neighbours_write(KERNEL);
	neighbours_write(KERNEL);
	device_write();
	own(false);
}

static void edge_during_not_owned(void)
{
	flush(KERNEL);
	neighbours_write(KERNEL);
	device_write();
}

static void edge_after_write(void)
{
	flush(KERNEL);
	device_write();
	neighbours_write(KERNEL);
	flush(KERNEL);
}

static void edge_thrown_away(void)
{
	neighbours_write(KERNEL);
	invalidate(KERNEL);
}

static void edge_while_read(void)
{
	store(KERNEL);
	clean(KERNEL);
	neighbours_write(KERNEL);
	device_read();
}

static void edge_own_dirt(void)
{
	store(KERNEL);
	device_write();
}

static void edge_two_rounds(void)
{
	edge_during();
	edge_during();
}

#define NONE RULE_COUNT

struct scenario {
	const char		*name;
	void			(*run)(void);
	enum cache_class	class;
	bool			spec;
	enum rule		rule;
	u64			count;
};

static const struct scenario scenarios[] = {
	{ "send", send, CACHE_PIPT, true, NONE, 0 },
	{ "send, not cleaned", send_unclean, CACHE_PIPT, true,
	  RULE_DEV_READ_DIRTY, LINES },
	{ "send twice, cleaned once", send_twice_clean_once, CACHE_PIPT, true,
	  RULE_DEV_READ_DIRTY, LINES },
	{ "send, invalidated", send_invalidated, CACHE_PIPT, true, NONE, 0 },
	{ "send, cleaned to the point of unification", send_unified,
	  CACHE_PIPT, true, RULE_DEV_READ_DIRTY, LINES },
	{ "send by the user, PIPT", send_by_user_kernel_cleaned, CACHE_PIPT,
	  true, NONE, 0 },
	{ "send by the user, VIPT", send_by_user, CACHE_VIPT, false, NONE, 0 },
	{ "send by the user, VIVT", send_by_user, CACHE_VIVT, false, NONE, 0 },
	{ "send by the user, only the kernel's alias cleaned, VIPT",
	  send_by_user_kernel_cleaned, CACHE_VIPT, false, RULE_ALIAS_MISSED,
	  LINES },
	{ "send by the user, only the kernel's alias cleaned, VIVT",
	  send_by_user_kernel_cleaned, CACHE_VIVT, false, RULE_ALIAS_MISSED,
	  LINES },
	{ "send by the user, kernel's alias cleaned before",
	  send_by_user_wrong_order, CACHE_VIPT, false, RULE_DEV_READ_DIRTY,
	  LINES },
	{ "send by the user, flushed before the last write",
	  send_flushed_before_last, CACHE_VIVT, false, RULE_ALIAS_MISSED,
	  LINES },
	{ "send by an address of the same colour, VIPT", send_same_colour,
	  CACHE_VIPT, false, NONE, 0 },
	{ "send by an address of the same colour, VIVT", send_same_colour,
	  CACHE_VIVT, false, RULE_ALIAS_MISSED, LINES },
	{ "send, the whole cache cleaned, VIVT", send_whole_cache, CACHE_VIVT,
	  false, NONE, 0 },
	{ "send, write-through", send_through, CACHE_PIPT, true, NONE, 0 },
	{ "send, uncached", send_uncached, CACHE_PIPT, true, NONE, 0 },
	{ "send the clean half of a dirty line", send_other_half, CACHE_PIPT,
	  true, NONE, 0 },
	{ "send what was written before", assumed_dirty, CACHE_PIPT, true,
	  RULE_DEV_READ_DIRTY, LINES },
	{ "send what was written before, cleaned", assumed_dirty_cleaned,
	  CACHE_PIPT, true, NONE, 0 },

	{ "receive, PIPT", receive, CACHE_PIPT, true, NONE, 0 },
	{ "receive, PIPT without speculation", receive, CACHE_PIPT, false,
	  NONE, 0 },
	{ "receive, VIPT", receive, CACHE_VIPT, false, NONE, 0 },
	{ "receive, VIPT with speculation", receive, CACHE_VIPT, true, NONE,
	  0 },
	{ "receive, VIVT", receive, CACHE_VIVT, false, NONE, 0 },
	{ "receive, not prepared", receive_unprepared, CACHE_PIPT, true,
	  RULE_DEV_WRITE_DIRTY, LINES },
	{ "receive, not finished", receive_unfinished, CACHE_PIPT, true,
	  RULE_CPU_READ_STALE, LINES },
	{ "receive, not finished, and no need", receive_unfinished,
	  CACHE_VIVT, false, NONE, 0 },
	{ "receive, cleaned instead", receive_cleaned, CACHE_PIPT, false,
	  RULE_CPU_READ_STALE, LINES },
	{ "receive twice, finished once", receive_twice_finished_once,
	  CACHE_PIPT, true, RULE_CPU_READ_STALE, LINES },
	{ "receive, then write into stale lines", receive_written_over,
	  CACHE_PIPT, false, RULE_WRITEBACK_OVER_DEV, LINES },
	{ "receive, then write all of stale lines", receive_all_written_over,
	  CACHE_PIPT, false, NONE, 0 },
	{ "receive, finish, then write", receive_written_after, CACHE_PIPT,
	  true, NONE, 0 },
	{ "receive for the user, VIPT", receive_by_user, CACHE_VIPT, false,
	  NONE, 0 },
	{ "receive for the user, VIVT", receive_by_user, CACHE_VIVT, false,
	  NONE, 0 },
	{ "receive for the user, PIPT", receive_by_user_not_emptied,
	  CACHE_PIPT, true, NONE, 0 },
	{ "receive for the user, alias not emptied, VIPT",
	  receive_by_user_not_emptied, CACHE_VIPT, false, RULE_ALIAS_MISSED,
	  LINES },
	{ "receive for the user, alias not emptied, VIVT",
	  receive_by_user_not_emptied, CACHE_VIVT, false, RULE_ALIAS_MISSED,
	  LINES },
	{ "receive for the user, whose alias may be fetched",
	  receive_by_user, CACHE_VIPT, true, RULE_ALIAS_MISSED, LINES },
	{ "receive under the user's dirt", receive_by_user_dirty, CACHE_VIVT,
	  false, RULE_ALIAS_MISSED, LINES },
	{ "receive, the whole cache flushed", receive_whole_cache, CACHE_VIVT,
	  false, RULE_ALIAS_STALE, LINES },
	{ "receive, uncached", receive_uncached, CACHE_PIPT, true, NONE, 0 },

	{ "user to kernel", talk, CACHE_VIVT, false, NONE, 0 },
	{ "user to kernel, not cleaned", talk_unclean, CACHE_VIVT, false,
	  RULE_ALIAS_STALE, LINES },
	{ "user to kernel, not cleaned, PIPT", talk_unclean, CACHE_PIPT, true,
	  NONE, 0 },
	{ "user to kernel, which has an old copy", talk_old_copy, CACHE_VIPT,
	  false, RULE_ALIAS_STALE, LINES },
	{ "user to kernel, which had an old copy", talk_old_copy_dropped,
	  CACHE_VIPT, false, NONE, 0 },
	{ "both write, both clean", talk_both_dirty, CACHE_VIVT, false,
	  RULE_ALIAS_STALE, LINES },
	{ "a read past the cache's dirt", talk_past_cache, CACHE_PIPT, true,
	  RULE_ALIAS_STALE, LINES },
};

static const struct scenario edges[] = {
	{ "neighbours write before", edge_quiet, CACHE_PIPT, true, NONE, 0 },
	{ "neighbours write during", edge_during, CACHE_PIPT, true,
	  RULE_EDGE_SHARED, 2 },
	{ "neighbours write during, without ownership",
	  edge_during_not_owned, CACHE_PIPT, true, RULE_EDGE_SHARED, 2 },
	{ "neighbours write after the device", edge_after_write, CACHE_PIPT,
	  true, RULE_EDGE_SHARED, 2 },
	{ "neighbours' dirt is thrown away", edge_thrown_away, CACHE_PIPT,
	  true, RULE_EDGE_SHARED, 2 },
	{ "neighbours write while the device reads", edge_while_read,
	  CACHE_PIPT, true, NONE, 0 },
	{ "dirt of the buffer's own in all lines", edge_own_dirt, CACHE_PIPT,
	  true, RULE_DEV_WRITE_DIRTY, LINES },
	{ "neighbours write during two rounds", edge_two_rounds, CACHE_PIPT,
	  true, RULE_EDGE_SHARED, 4 },
};

static void set_up(const struct scenario *t)
{
	struct report_options options = { .path = "/dev/null" };
	struct geometry g = { t->class, LINE, 64, t->spec };

	report_open(&options);
	shadow = shadow_new(&g);
	shadow_watch(shadow, BUFFER + head, SIZE - head - tail, TAG);
	type = MEM_BACK;
}

static bool run(const struct scenario *t)
{
	bool good = true;

	set_up(t);
	t->run();
	for (unsigned int r = 0; r < RULE_COUNT; r++)
		if (report_violations(r) != (r == t->rule ? t->count : 0)) {
			printf("# rule %u: %lu\n", r, report_violations(r));
			good = false;
		}
	shadow_free(shadow);
	return good;
}

static void run_all(const struct scenario *t, size_t n, const char *group)
{
	for (; n--; t++)
		ok(run(t), "%s%s: %lu", group, t->name, t->count);
}

/* Each hook of the rules changes a scenario. */
static void shows_without(const char *hook, const struct scenario *t)
{
	hook_disable(hook);
	ok(!run(t), "without %s it shows: %s", hook, t->name);
	hook_enable_all();
}

static void own_dirt_is_information(void)
{
	const struct scenario t = { .class = CACHE_PIPT };

	set_up(&t);
	send_invalidated();
	ok(report_sightings(SEEN_OWN_DIRT) == LINES,
	   "own dirt is counted, no violation");
	shadow_free(shadow);
}

int main(void)
{
	run_all(scenarios, ARRAY_SIZE(scenarios), "");
	head = 16;
	tail = 8;
	run_all(edges, ARRAY_SIZE(edges), "edge: ");
	shows_without("edge", &edges[1]);
	head = 0;
	tail = 0;
	shows_without("alias", &scenarios[8]);
	shows_without("spec", &scenarios[26]);
	own_dirt_is_information();
	return tap_done();
}
