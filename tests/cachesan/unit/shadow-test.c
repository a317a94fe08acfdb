// SPDX-License-Identifier: GPL-2.0
/*
 * What is watched: pages, lines, buffers with their tags and offsets
 */
#include "tap.h"
#include "watched.h"

static void whole_pages_only(void)
{
	set_up(CACHE_PIPT);
	ok(shadow_watched(shadow, BUFFER + SIZE - 1) &&
	   !shadow_watched(shadow, BUFFER + SIZE) &&
	   !shadow_watched(shadow, BUFFER - 1), "watched: these pages only");
	ok(!shadow_watched(shadow, ~0ul) && !shadow_watched(shadow, BIT(40)),
	   "watched: no address beyond 40 bits");
	ok(!shadow_watch(shadow, BUFFER, 0, 1) &&
	   !shadow_watch(shadow, BIT(40) - 1, 2, 1) &&
	   !shadow_watch(shadow, ~0ul, 2, 1), "watch: no such range");
	shadow_free(shadow);
}

static void test_unwatch(void)
{
	set_up(CACHE_PIPT);
	touch(SIZE / LINE);
	ok(!shadow_unwatch(shadow, BUFFER, SIZE - 1, TAG) &&
	   !shadow_unwatch(shadow, BUFFER, SIZE, TAG + 1),
	   "unwatch: exactly what was watched");
	ok(shadow_unwatch(shadow, BUFFER, SIZE, TAG) &&
	   !shadow_watched(shadow, BUFFER), "unwatch");
	shadow_watch(shadow, BUFFER, SIZE, TAG);
	device_read();
	ok(!report_violations(RULE_DEV_READ_DIRTY), "unwatch forgets");
	shadow_free(shadow);
}

/* Two buffers share a page, and a line of it. */
static void shared_page(void)
{
	struct piece p;
	u64 at = BUFFER + SIZE, tag, offset;

	set_up(CACHE_PIPT);
	shadow_watch(shadow, BUFFER + SIZE, 100, 8);
	shadow_watch(shadow, BUFFER + SIZE + 100, 60, 9);
	shadow_next(shadow, &at, at + 1, &p);
	ok(p.line->mine == ~0ul, "shared page: a full line");
	at = BUFFER + SIZE + 64;
	shadow_next(shadow, &at, at + 1, &p);
	ok(p.line->mine == ~0ul, "shared page: two buffers' line");
	shadow_unwatch(shadow, BUFFER + SIZE, 100, 8);
	ok(p.line->mine == ~0ul << 36, "shared page: one of them goes");
	shadow_find_buffer(shadow, BUFFER + SIZE + 128, &tag, &offset);
	ok(tag == 9 && offset == 28, "shared page: tag and offset");
	shadow_unwatch(shadow, BUFFER + SIZE + 100, 60, 9);
	ok(!shadow_watched(shadow, BUFFER + SIZE) &&
	   shadow_watched(shadow, BUFFER), "shared page: the other one goes");
	shadow_free(shadow);
}

static void segments(void)
{
	u64 tag, offset;

	set_up(CACHE_PIPT);
	shadow_watch(shadow, 0x50003000, 0x1000, TAG);
	shadow_find_buffer(shadow, 0x50003040, &tag, &offset);
	ok(tag == TAG && offset == SIZE + 64, "offset in a second segment");
	shadow_unwatch(shadow, BUFFER, SIZE, TAG);
	shadow_find_buffer(shadow, 0x50003040, &tag, &offset);
	ok(offset == SIZE + 64, "offset when the first segment is gone");
	shadow_unwatch(shadow, 0x50003000, 0x1000, TAG);
	shadow_watch(shadow, 0x50003000, 0x1000, TAG);
	shadow_find_buffer(shadow, 0x50003040, &tag, &offset);
	ok(offset == 64, "offset when the tag is used anew");
	shadow_free(shadow);
}

static void test_recall(void)
{
	u64 pa;

	set_up(CACHE_VIVT);
	ok(!shadow_recall(shadow, VA, &pa), "recall: nothing yet");
	touch(SIZE / LINE);
	ok(shadow_recall(shadow, VA + 0x1004, &pa) && pa == BUFFER + 0x1004,
	   "recall: a page of VIVT's");
	shadow_reset(shadow);
	ok(!shadow_recall(shadow, VA, &pa) &&
	   !shadow_watched(shadow, BUFFER), "reset forgets everything");
	shadow_free(shadow);
}

int main(void)
{
	whole_pages_only();
	test_unwatch();
	shared_page();
	segments();
	test_recall();
	return tap_done();
}
