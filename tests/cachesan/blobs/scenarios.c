// SPDX-License-Identifier: GPL-2.0
/*
 * The test programs' scenarios: omissions and their correct twins
 *
 * The number of a scenario is the tag under which the plugin reports it; what it
 * must report for each kind of cache is in the file "expected".
 */
#include "blob.h"
#ifdef __aarch64__
#include "arch-a64.h"
#else
#include "arch-arm.h"
#endif

#define SIZE	(2 * PAGE_SIZE)

/* No such marker */
#define CACHESAN_NONE	((enum cachesan_op)99)

static char buffer[SIZE] __aligned(8192);

#define KERNEL	((unsigned long)buffer)

/* The smallest line: twice as often does no harm. */
#define STEP	32

/* What plays the device is told from the rest by its section. */
static noinline __section("devicecode") void device_read(void)
{
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += 4)
		read_word(at);
}

static noinline __section("devicecode") void device_write(void)
{
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += 4)
		write_word(at, 1);
}

/* The plugin must see these as the CPU's. */

static noinline void store(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += 4)
		write_word(at, 2);
}

static noinline void touch(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += STEP)
		write_word(at, 3);
}

static noinline void load(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += 4)
		read_word(at);
}

static void clean(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += STEP)
		dc_clean(at);
}

static void invalidate(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += STEP)
		dc_invalidate(at);
}

static void flush(unsigned long va)
{
	for (unsigned long at = va; at < va + SIZE; at += STEP)
		dc_flush(at);
}

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

static void receive(void)
{
	store(KERNEL);
	flush(KERNEL);
	device_write();
	invalidate(KERNEL);
	load(KERNEL);
}

static void receive_unprepared(void)
{
	store(KERNEL);
	device_write();
}

/* Stale where the core fetches early */
static void receive_unfinished(void)
{
	device_write();
	load(KERNEL);
}

/* Stale everywhere */
static void receive_loaded_before(void)
{
	load(KERNEL);
	device_write();
	load(KERNEL);
}

static void receive_written_over(void)
{
	load(KERNEL);
	device_write();
	touch(KERNEL);
	flush(KERNEL);
}

static void told_read(void)
{
	store(KERNEL);
	cachesan_mark(CACHESAN_DEVICE_READ, KERNEL, SIZE, 0);
}

static void told_write(void)
{
	store(KERNEL);
	cachesan_mark(CACHESAN_DEVICE_WRITE, KERNEL, SIZE, 0);
}

static void condition_false(void)
{
	store(KERNEL);
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += STEP)
		dc_clean_if(at, 0);
	device_read();
}

static void condition_true(void)
{
	store(KERNEL);
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += STEP)
		dc_clean_if(at, 1);
	device_read();
}

static void send_uncached(void)
{
	store(UNCACHED);
	device_read();
}

static void send_by_alias(void)
{
	store(ALIAS);
	flush(ALIAS);
	clean(KERNEL);
	device_read();
}

static void send_by_alias_kernel_cleaned(void)
{
	store(ALIAS);
	clean(KERNEL);
	device_read();
}

static void alias_to_kernel(void)
{
	store(ALIAS);
	load(KERNEL);
}

static void map_changing(unsigned int set, enum kind kind)
{
	map(set, CHANGING, KERNEL, kind);
	map(set, CHANGING + PAGE_SIZE, KERNEL + PAGE_SIZE, kind);
}

/* Mapped uncached, then cached */
static void translation_changes(void)
{
	map_changing(0, KIND_UNCACHED);
	tlb_invalidate();
	store(CHANGING);
	map_changing(0, KIND_CACHED);
	tlb_invalidate();
	store(CHANGING);
	device_read();
}

/* Uncached in one set of tables, cached in the other */
static void context_changes(void)
{
#ifdef HAS_CONTEXT
	map_changing(0, KIND_UNCACHED);
	map_changing(1, KIND_CACHED);
	tlb_invalidate();
	store(CHANGING);
	mmu_switch(1);
	store(CHANGING);
	mmu_switch(0);
	device_read();
#endif
}

/* The first page's last bytes and the other one's first, at one go */
static void crossing(void)
{
#ifdef HAS_UNALIGNED
	write_word(SWAPPED + PAGE_SIZE - 2, 5);
	dc_clean(SWAPPED + PAGE_SIZE - 2);
	cachesan_mark(CACHESAN_DEVICE_READ, KERNEL, PAGE_SIZE, 0);
#endif
}

static void whole_cache(void)
{
#ifdef HAS_WHOLE
	store(ALIAS);
	dc_flush_whole();
	device_read();
#endif
}

static void block(void)
{
#ifdef HAS_BLOCK
	store(KERNEL);
	dc_clean_block(KERNEL, SIZE);
	device_read();
#endif
}

static void unified(void)
{
#ifdef HAS_UNIFY
	store(KERNEL);
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += STEP)
		dc_unify(at);
	device_read();
#endif
}

static void zeroed(void)
{
#ifdef HAS_ZERO
	for (unsigned long at = KERNEL; at < KERNEL + SIZE; at += 64)
		dc_zero(at);
	device_read();
#endif
}

#ifdef HAS_USER
static void users_store(void)
{
	/* It makes no sense, but a user may. */
	cachesan_mark(CACHESAN_NONE, 0, 0, 0);
	store(CHANGING);
#ifdef USER_MAY_CLEAN
	/* For a program that is a page fault, and no fault of the kernel's. */
	dc_clean(WINDOW + 0x3f000);
#endif
}
#endif

/* A page that only the user has touched, so that the walk is done there */
static void user_mode(void)
{
#ifdef HAS_USER
	map_changing(0, KIND_CACHED);
	tlb_invalidate();
	in_user_mode(users_store);
	device_read();
#endif
}

static void own_dirt(void)
{
	store(KERNEL);
	invalidate(KERNEL);
	device_read();
}

static void neighbours_write(void)
{
	write_word(KERNEL, 6);
	write_word(KERNEL + SIZE - 4, 6);
}

/* Found when the device writes */
static void edge(void)
{
	neighbours_write();
	device_write();
}

/* Found by the ownership only: luck has the lines written back in time. */
static void edge_owned(void)
{
	cachesan_mark(CACHESAN_OWN, KERNEL + 16, SIZE - 32, 0);
	neighbours_write();
	flush(KERNEL);
	device_write();
	cachesan_mark(CACHESAN_DISOWN, KERNEL + 16, SIZE - 32, 0);
}

static void edge_before(void)
{
	neighbours_write();
	flush(KERNEL);
	cachesan_mark(CACHESAN_OWN, KERNEL + 16, SIZE - 32, 0);
	device_write();
	cachesan_mark(CACHESAN_DISOWN, KERNEL + 16, SIZE - 32, 0);
}

/* By set and way nothing is credited. */
static void set_way(void)
{
	store(KERNEL);
	for (unsigned long at = 0; at < SIZE; at += STEP)
		dc_clean_set_way(at);
	device_read();
}

/* With a physically tagged cache that faults on hardware. */
static void not_mapped(void)
{
	dc_clean(WINDOW + 0x3f000);
}

/* Cleaned when the mapping is gone: only virtual tags are found then. */
static void unmapped_before(void)
{
	map_changing(0, KIND_CACHED);
	tlb_invalidate();
	store(CHANGING);
	map_changing(0, KIND_NOTHING);
	tlb_invalidate();
	clean(CHANGING);
	device_read();
}

static void read_only(void)
{
	device_read();
}

static void watched(enum cachesan_op op, unsigned long tag, void (*f)(void))
{
	unsigned long margin = f == edge || f == edge_owned ||
			       f == edge_before ? 16 : 0;

	flush(KERNEL);
	flush(ALIAS);
	cachesan_mark(op, KERNEL + margin, SIZE - 2 * margin, tag);
	f();
	cachesan_mark(CACHESAN_UNWATCH, KERNEL + margin, SIZE - 2 * margin,
		      tag);
}

/* What a driver does when it is loaded */
static void canary(void)
{
	cachesan_mark(CACHESAN_WATCH, KERNEL, SIZE, 0xca);
	cachesan_mark(CACHESAN_CANARY_BEGIN, KERNEL, SIZE, 0);
	send_unclean();
	cachesan_mark(CACHESAN_CANARY_END, KERNEL, SIZE, 0);
	cachesan_mark(CACHESAN_UNWATCH, KERNEL, SIZE, 0xca);
}

static void map_all(void)
{
	for (unsigned long at = 0; at < SIZE; at += PAGE_SIZE) {
		map(0, ALIAS + at, KERNEL + at, KIND_CACHED);
		map(0, UNCACHED + at, KERNEL + at, KIND_UNCACHED);
		map(0, SWAPPED + at, KERNEL + (at ^ PAGE_SIZE), KIND_CACHED);
	}
	map_changing(0, KIND_CACHED);
	mmu_on();
#ifdef HAS_USER
	set_vectors();
#endif
}

static void (*const scenarios[])(void) = {
	[1] = send,
	[2] = send_unclean,
	[3] = receive,
	[4] = receive_unprepared,
	[5] = receive_unfinished,
	[6] = receive_loaded_before,
	[7] = receive_written_over,
	[8] = told_read,
	[9] = told_write,
	[10] = condition_false,
	[11] = condition_true,
	[12] = send_uncached,
	[13] = send_by_alias,
	[14] = send_by_alias_kernel_cleaned,
	[15] = alias_to_kernel,
	[16] = translation_changes,
	[17] = context_changes,
	[18] = crossing,
	[19] = whole_cache,
	[20] = block,
	[21] = unified,
	[22] = zeroed,
	[23] = user_mode,
	[24] = own_dirt,
	[25] = edge,
	[26] = edge_owned,
	[27] = edge_before,
	[28] = set_way,
	[29] = not_mapped,
	[30] = unmapped_before,
};

/* With CORRECT_ONLY these run, which are correct with every kind of cache. */
static int to_run(void (*f)(void))
{
#ifdef CORRECT_ONLY
	return f == send || f == receive || f == condition_true ||
	       f == send_uncached || f == send_by_alias || f == whole_cache ||
	       f == block || f == own_dirt || f == edge_before;
#else
	return f != read_only;
#endif
}

int main(void)
{
	map_all();
	cachesan_mark(CACHESAN_ARM, 0, 0, 0);
	cachesan_mark(CACHESAN_DEVICE_CODE,
		      (unsigned long)__start_devicecode,
		      __stop_devicecode - __start_devicecode, 0);
	canary();
	for (unsigned long i = 1; i < ARRAY_SIZE(scenarios); i++)
		if (to_run(scenarios[i]))
			watched(CACHESAN_WATCH, i, scenarios[i]);
	watched(CACHESAN_WATCH_DIRTY, ARRAY_SIZE(scenarios),
		to_run(send_unclean) ? read_only : send);
#ifdef NONSENSE
	cachesan_mark(CACHESAN_NONE, 0, 0, 0);
#endif
	cachesan_mark(CACHESAN_FORGET_CODE,
		      (unsigned long)__start_devicecode,
		      __stop_devicecode - __start_devicecode, 0);
	cachesan_mark(CACHESAN_DISARM, 0, 0, 0);
	return 0;
}
