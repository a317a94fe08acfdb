// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever touches a buffer between DQBUF and QBUF, and by whichever mapping:
 * the device reads what was written last, and all see what the device wrote
 *
 * On caches that alias each mapping, and each process, has lines of its own.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/mem.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/v4l2.h"

#define ROUNDS 4
#define OFFSET 24		/* a buffer starts inside a line */

/**
 * struct views - one buffer, seen in several ways
 * @mem:	the mapping that is queued, from the buffer's first byte on
 * @second:	another shared one
 * @copy:	a private one, which shows the same until it is written; where
 *		pages have colours, of another one
 * @fd:		the memfd behind them
 * @len:	bytes of the buffer
 * @frame:	those that a transfer is about
 * @crc:	of what should be in them
 * @map:	what was mapped, by the same order
 * @map_len:	bytes of each
 */
struct views {
	__u8	*mem;
	__u8	*second;
	__u8	*copy;
	int	fd;
	size_t	len;
	size_t	frame;
	__u32	crc;
	void	*map[3];
	size_t	map_len;
};

/* What is written to the buffer; nobody else sees it. */
static __u8 *wanted;

static void *map_view(struct views *v, unsigned int n, int flags, void *at)
{
	v->map[n] = mmap(at, v->map_len, PROT_READ | PROT_WRITE, flags, v->fd, 0);
	if (v->map[n] == MAP_FAILED)
		tap_fatal("set-up: mapping %u of a memfd", n);
	return v->map[n] + OFFSET;
}

/* An address that is free, and one page on from where MAP_SHARED would be. */
static void *other_colour(struct views *v)
{
	void *room = mmap(NULL, v->map_len + 4 * page_size(), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t colours = 4 * page_size();
	size_t colour = ((size_t)v->map[0] + page_size()) % colours;
	char *at = room;

	if (room == MAP_FAILED)
		tap_fatal("set-up: address space");
	munmap(room, v->map_len + colours);
	while ((size_t)at % colours != colour)
		at += page_size();
	return at;
}

static void views_get(struct views *v, size_t len)
{
	v->len = len;
	v->map_len = (len + OFFSET + page_size() - 1) & ~(page_size() - 1);
	v->fd = memfd_create("views", MFD_CLOEXEC);
	if (v->fd < 0 || ftruncate(v->fd, v->map_len))
		tap_fatal("set-up: a memfd");
	v->mem = map_view(v, 0, MAP_SHARED, NULL);
	v->second = map_view(v, 1, MAP_SHARED, NULL);
	v->copy = map_view(v, 2, MAP_PRIVATE | MAP_FIXED, other_colour(v));
	wanted = mmap(NULL, v->map_len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (wanted == MAP_FAILED)
		tap_fatal("set-up: memory");
}

static void views_put(struct views *v)
{
	for (unsigned int i = 0; i < 3; i++)
		munmap(v->map[i], v->map_len);
	munmap(wanted, v->map_len);
	close(v->fd);
}

/* Ways to write @wanted into the buffer. True if it worked. */

static bool by_program(struct views *v)
{
	memcpy(v->mem, wanted, v->len);
	return true;
}

static bool by_second_mapping(struct views *v)
{
	memcpy(v->second, wanted, v->len);
	return true;
}

static void *thread_main(void *arg)
{
	by_program(arg);
	return NULL;
}

static bool by_thread(struct views *v)
{
	pthread_t thread;

	return !pthread_create(&thread, NULL, thread_main, v) &&
	       !pthread_join(thread, NULL);
}

/* True if a child found @good. */
static bool in_child(struct views *v, bool (*good)(struct views *v))
{
	int status = 1;
	pid_t pid = fork();

	if (!pid)
		_exit(!good(v));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool by_child(struct views *v)
{
	return in_child(v, by_program);
}

static bool by_write(struct views *v)
{
	return pwrite(v->fd, wanted, v->len, OFFSET) == (ssize_t)v->len;
}

/* The kernel writes to the queued mapping. */
static bool by_read(struct views *v)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	bool good = fd >= 0 &&
		    pwrite(fd, wanted, v->len, 0) == (ssize_t)v->len &&
		    pread(fd, v->mem, v->len, 0) == (ssize_t)v->len;

	close(fd);
	return good;
}

static bool by_bytes(struct views *v)
{
	for (size_t i = 0; i < v->len; i++)
		if (v->mem[i] != wanted[i])
			v->mem[i] = wanted[i];
	return true;
}

static const struct way {
	bool		(*write)(struct views *v);
	const char	*name;
} ways[] = {
	{ by_program, "the program" },
	{ by_second_mapping, "the program, in a second mapping" },
	{ by_thread, "a thread" },
	{ by_child, "a child" },
	{ by_write, "write() to the file behind it" },
	{ by_read, "read() of another file" },
	{ by_bytes, "the program, a byte here and there" },
};

/* Ways to look at the frame: is it what its CRC says? */

static bool seen_by_program(struct views *v)
{
	return crc32(v->mem, v->frame) == v->crc;
}

static bool seen_in_second_mapping(struct views *v)
{
	return crc32(v->second, v->frame) == v->crc;
}

static bool seen_in_copy(struct views *v)
{
	return crc32(v->copy, v->frame) == v->crc;
}

static bool seen_by_child(struct views *v)
{
	return in_child(v, seen_by_program);
}

static bool seen_by_read(struct views *v)
{
	return pread(v->fd, wanted, v->frame, OFFSET) == (ssize_t)v->frame &&
	       crc32(wanted, v->frame) == v->crc;
}

/* The last one only after a transfer: see below. */
static const struct look {
	bool		(*same)(struct views *v);
	const char	*name;
} looks[] = {
	{ seen_by_program, "the program" },
	{ seen_in_second_mapping, "a second mapping" },
	{ seen_by_child, "a child" },
	{ seen_by_read, "read()" },
	{ seen_in_copy, "a private mapping of another colour" },
};

#define LOOKS (sizeof(looks) / sizeof(*looks))

/* How many of the first @count see what they should. Names the others. */
static unsigned int seen(struct views *v, unsigned int count)
{
	unsigned int good = 0;

	for (unsigned int i = 0; i < count; i++) {
		bool same = looks[i].same(v);

		if (!same)
			tap_diag("%s sees other bytes", looks[i].name);
		good += same;
	}
	return good;
}

static void queue_setup(struct queue *q, const char *kind)
{
	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	if (queue_reqbufs(q, V4L2_MEMORY_USERPTR, 2))
		tap_fatal("set-up: %s has USERPTR buffers", kind);
}

static void setup(struct queue *q, struct views *v, const char *kind)
{
	queue_setup(q, kind);
	v->frame = q->size[0];
	/* The buffer ends inside a line as well. */
	views_get(v, v->frame + 3);
	queue_attach(q, 0, 0, v->mem, v->len);
	q->buf[0][0].bytesused = v->frame;
}

static void teardown(struct queue *q, struct views *v)
{
	queue_close(q);
	views_put(v);
}

/*
 * A buffer through the device. It is queued before the queue runs, so that
 * @meanwhile the program can look at it. The log is to be emptied before the
 * buffer is written: that maps kernel memory, which empties an aliasing cache.
 */
static bool pass_of(struct queue *q, unsigned int index, struct frame *frame,
		    void (*meanwhile)(const struct queue *q))
{
	int ret = queue_qbuf(q, index);

	if (!ret && meanwhile)
		meanwhile(q);
	if (!ret)
		ret = queue_on(q);
	if (!ret)
		ret = queue_dqbuf(q, frame);
	if (ret)
		tap_diag("QBUF, STREAMON or DQBUF failed: %s", strerror(-ret));
	queue_off(q);
	return !ret;
}

static bool pass(struct queue *q, struct frame *frame,
		 void (*meanwhile)(const struct queue *q))
{
	return pass_of(q, 0, frame, meanwhile);
}

static void write_new(const struct queue *q, struct views *v,
		      const struct way *way, unsigned int salt)
{
	dmalog_reset(q->device);
	pattern_fill(wanted, v->len, salt);
	v->crc = crc32(wanted, v->frame);
	if (!way->write(v))
		tap_fatal("set-up: %s can write the buffer", way->name);
}

static void test_output(const struct way *way)
{
	unsigned int good = 0;
	struct frame frame;
	struct queue q;
	struct views v;

	setup(&q, &v, "vid-out");
	for (unsigned int n = 0; n < ROUNDS; n++) {
		write_new(&q, &v, way, n);
		good += pass(&q, &frame, NULL) &&
			device_crc(&q, &frame, 0) == v.crc;
	}
	tap_is(good, ROUNDS, "output: the device reads what %s wrote, %d times",
	       way->name, ROUNDS);
	teardown(&q, &v);
}

/*
 * What a program wrote by one mapping, the kernel shows by a private one only
 * once the cache has let go of it. That is not about devices: not looked at.
 */
static void test_capture(const struct way *way)
{
	unsigned int good = 0, before = 0;
	struct frame frame;
	struct queue q;
	struct views v;

	setup(&q, &v, "vid-cap");
	for (unsigned int n = 0; n < ROUNDS; n++) {
		write_new(&q, &v, way, n);
		before += seen(&v, LOOKS - 1);
		if (!pass(&q, &frame, NULL))
			break;
		v.crc = device_crc(&q, &frame, 0);
		good += seen(&v, LOOKS);
	}
	tap_is(before, ROUNDS * (LOOKS - 1), "capture: before it, all see what %s wrote",
	       way->name);
	tap_is(good, ROUNDS * LOOKS, "capture: after it, all see what the device wrote, %d times",
	       ROUNDS);
	teardown(&q, &v);
}

static __u32 peeked;

static void peek(const struct queue *q)
{
	peeked ^= crc32(q->buf[0][0].mem, q->buf[0][0].length);
}

/*
 * Against the rules, but only what is seen meanwhile is undefined. In whole
 * lines: where a cache aliases, copying edges would empty it in any case.
 */
static void test_peek(void)
{
	unsigned int good = 0;
	struct frame frame;
	struct queue q;
	struct views v;

	setup(&q, &v, "vid-cap");
	queue_attach(&q, 0, 0, v.map[0], v.frame);
	for (unsigned int n = 0; n < ROUNDS; n++) {
		dmalog_reset(q.device);
		good += pass(&q, &frame, peek) && frame.plane[0].crc ==
			device_crc(&q, &frame, 0);
	}
	tap_is(good, ROUNDS,
	       "capture: a program that looks too early (%08x) sees the frame after DQBUF, %d times",
	       peeked, ROUNDS);
	teardown(&q, &v);
}

/*
 * Memory that is mapped once, by one program: where a cache aliases, ARM does not
 * cache pages that a program has mapped twice (arch/arm/mm/fault-armv.c).
 */
static void test_alone(const char *kind)
{
	unsigned int good = 0;
	struct frame frame;
	struct queue q;
	struct mem m;

	queue_setup(&q, kind);
	mem_need(&m, q.size[0] + 3, OFFSET);
	queue_attach(&q, 0, 0, m.user, m.len);
	q.buf[0][0].bytesused = q.size[0];
	for (unsigned int n = 0; n < ROUNDS; n++) {
		dmalog_reset(q.device);
		pattern_fill(m.user, m.len, n);
		good += pass(&q, &frame, NULL) && frame.plane[0].crc ==
			device_crc(&q, &frame, 0);
	}
	tap_is(good, ROUNDS, "%s: a buffer that is mapped once, %d times", kind, ROUNDS);
	tap_ok(mem_guards_good(&m), "%s: the bytes around it stay as they were", kind);
	queue_close(&q);
	mem_put(&m);
}

/*
 * A slot that takes one memory and then the other, in whole lines. The first is
 * the other slot's as well, which is idle: only so does the cache sanitizer go
 * on looking at it, and see what is dirty when it comes back.
 */
static void test_in_turn(const char *kind)
{
	unsigned int good = 0;
	struct frame frame;
	struct mem m[2];
	struct queue q;

	queue_setup(&q, kind);
	for (unsigned int i = 0; i < 2; i++) {
		mem_need(&m[i], q.size[0], 0);
		queue_attach(&q, !i, 0, m[i].user, m[i].len);
		q.buf[!i][0].bytesused = q.size[0];
	}
	if (!pass_of(&q, 1, &frame, NULL))
		tap_fatal("set-up: %s, the other slot", kind);
	for (unsigned int n = 0; n < 2 * ROUNDS; n++) {
		struct mem *now = &m[!(n & 1)];

		queue_attach(&q, 0, 0, now->user, now->len);
		dmalog_reset(q.device);
		pattern_fill(now->user, now->len, n);
		good += pass(&q, &frame, NULL) && frame.plane[0].crc ==
			device_crc(&q, &frame, 0);
	}
	tap_is(good, 2 * ROUNDS, "%s: two buffers in turn in one slot, %d times",
	       kind, 2 * ROUNDS);
	queue_close(&q);
	mem_put(&m[0]);
	mem_put(&m[1]);
}

/* The memory of another queue's buffers: a driver's pages in a program. */
static void test_other_queue(const char *kind, const char *owner)
{
	struct queue q, own;
	unsigned int good = 0;
	struct frame frame;

	queue_open(&own, SINGLE, owner);
	queue_format(&own, V4L2_PIX_FMT_YUYV, 320, 180);
	if (queue_reqbufs(&own, V4L2_MEMORY_MMAP, 1) || queue_mmap(&own))
		tap_fatal("set-up: %s has MMAP buffers", owner);
	queue_setup(&q, kind);
	queue_attach(&q, 0, 0, own.buf[0][0].mem, own.buf[0][0].length);
	q.buf[0][0].bytesused = q.size[0];
	for (unsigned int n = 0; n < ROUNDS; n++) {
		dmalog_reset(q.device);
		pattern_fill(q.buf[0][0].mem, q.size[0], n);
		good += pass(&q, &frame, NULL) && frame.plane[0].crc ==
			device_crc(&q, &frame, 0);
	}
	tap_is(good, ROUNDS, "%s: an MMAP buffer of %s as memory of a USERPTR buffer, %d times",
	       kind, owner, ROUNDS);
	queue_close(&q);
	queue_munmap(&own);
	queue_close(&own);
}

int main(void)
{
	tap_init(240);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		test_output(&ways[i]);
		test_capture(&ways[i]);
	}
	test_alone("vid-cap");
	test_alone("vid-out");
	test_in_turn("vid-cap");
	test_in_turn("vid-out");
	test_peek();
	test_other_queue("vid-cap", "vid-out");
	test_other_queue("vid-out", "vid-cap");
	return tap_done();
}
