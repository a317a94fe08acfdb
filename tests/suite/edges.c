// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that share cache lines with data that a thread writes all the time
 *
 * usage: edges [FRAMES]: only that, with so many small ones at random addresses
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/module.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/v4l2.h"

#define BUFS 3
#define BATCH 60
#define PATIENCE_MS 5000
#define NEAR 160		/* neighbour bytes on each side: more than a line */
#define EXTRA 9000		/* more than two pages, one of which is no edge */

static const unsigned int lines[] = { 64, 128, 4096 };

#define LINES (sizeof(lines) / sizeof(*lines))

/*
 * A buffer and its neighbours. The thread adds one to each of the neighbours'
 * bytes and sees whether they are what it wrote before.
 */
struct spot {
	pthread_mutex_t	lock;	/* protects what follows */
	__u8		*base;
	size_t		room;
	__u8		*start;	/* of the buffer; NULL: there is none */
	size_t		len;
	__u8		value;
	unsigned long	rounds;
	unsigned long	lost;
};

static struct spot spots[BUFS];
static atomic_bool stop;
static bool watched;	/* by the cache sanitizer */
static unsigned int batch = BATCH;	/* frames of a test, or twice as many */
static unsigned int seed = 1;

static void count_up(struct spot *s, __u8 *from)
{
	for (__u8 *p = from; p < from + NEAR; p++) {
		s->lost += *p != s->value;
		*p = s->value + 1;
	}
}

/* For what was lost since the thread was here last. */
static void verify(struct spot *s)
{
	if (!s->start)
		return;
	for (unsigned int i = 0; i < NEAR; i++) {
		s->lost += *(s->start + i - NEAR) != s->value;
		s->lost += s->start[s->len + i] != s->value;
	}
}

static void *writer(void *arg)
{
	while (!atomic_load(&stop))
		for (unsigned int i = 0; i < BUFS; i++) {
			struct spot *s = &spots[i];

			pthread_mutex_lock(&s->lock);
			if (s->start) {
				count_up(s, s->start - NEAR);
				count_up(s, s->start + s->len);
				s->value++;
				s->rounds++;
			}
			pthread_mutex_unlock(&s->lock);
		}
	return arg;
}

static void spot_move(struct spot *s, size_t offset, size_t len)
{
	pthread_mutex_lock(&s->lock);
	verify(s);
	s->start = s->base + page_size() + offset;
	s->len = len;
	memset(s->start - NEAR, s->value, NEAR);
	memset(s->start + len, s->value, NEAR);
	pthread_mutex_unlock(&s->lock);
}

static unsigned long rounds_of(struct spot *s)
{
	unsigned long rounds;

	pthread_mutex_lock(&s->lock);
	rounds = s->rounds;
	pthread_mutex_unlock(&s->lock);
	return rounds;
}

/* Until the thread was here; true if it was in time. */
static bool spot_written(struct spot *s)
{
	unsigned long before = rounds_of(s);

	for (unsigned int i = 0; i < PATIENCE_MS * 10; i++) {
		if (rounds_of(s) > before)
			return true;
		usleep(100);
	}
	return false;
}

static void spot_get(struct spot *s, size_t len)
{
	pthread_mutex_init(&s->lock, NULL);
	s->room = len + 5 * page_size();
	s->base = mmap(NULL, s->room, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->base == MAP_FAILED)
		tap_fatal("set-up: memory");
	s->start = NULL;
	s->rounds = 0;
	s->lost = 0;
}

static void spot_put(struct spot *s)
{
	munmap(s->base, s->room);
	pthread_mutex_destroy(&s->lock);
}

/* Where the next buffer is, and how much longer than the frame. */
static void (*choose)(unsigned int nth, size_t *offset, size_t *extra);

static void at_random(unsigned int nth, size_t *offset, size_t *extra)
{
	(void)nth;
	*offset = rand_r(&seed) % page_size();
	*extra = rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 200;
	if (!(rand_r(&seed) % 16))
		*extra += rand_r(&seed) % EXTRA;
}

static unsigned int first, line_len, stride;

/* Buffers whose neighbours were written while they were the device's. */
static unsigned int written;

/*
 * Each offset in a page, and, once line_len squared buffers are through, each
 * place of the start in a line with each place of the end; or, with a stride
 * (odd, so that it meets each place of the start) some of them.
 */
static void one_by_one(unsigned int nth, size_t *offset, size_t *extra)
{
	unsigned int at = (first + nth) * stride;

	*offset = at % page_size();
	*extra = at / line_len % line_len;
}

static void place(struct queue *q, unsigned int index, unsigned int nth)
{
	struct spot *s = &spots[index];
	size_t offset, extra;

	choose(nth, &offset, &extra);
	spot_move(s, offset, q->size[0] + extra);
	pattern_fill(s->start, s->len, nth);
	queue_attach(q, index, 0, s->start, s->len);
	q->buf[index][0].bytesused = q->size[0];
	/* A small frame's transfer is over before the thread comes round. */
	if (!queue_prepare(q, index))
		written += spot_written(s);
}

/* How many of @count frames are right, while the neighbours are written. */
static unsigned int stream_beside_writer(struct queue *q, unsigned int count)
{
	struct frame frames[BATCH];
	pthread_t thread;
	unsigned int good = 0, n, got;

	atomic_store(&stop, false);
	if (pthread_create(&thread, NULL, writer, NULL))
		tap_fatal("set-up: a thread");
	for (unsigned int done = 0; done < count; done += n) {
		n = count - done < BATCH ? count - done : BATCH;
		first = done;
		got = stream_run(q, frames, n, place);
		good += frames_good(q, frames, got);
		if (got < n)
			break;
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	return good;
}

static void open_small(struct queue *q, const char *kind)
{
	queue_open(q, SINGLE, kind);
	if (!strcmp(kind, "vid-cap") || !strcmp(kind, "vid-out"))
		queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	else
		queue_format_read(q);
	if (queue_reqbufs(q, V4L2_MEMORY_USERPTR, BUFS))
		tap_fatal("set-up: %s has USERPTR buffers", kind);
}

static void test_neighbours(const char *kind, unsigned int count,
			    const char *where)
{
	unsigned long lost = 0;
	struct queue q;

	open_small(&q, kind);
	written = 0;
	for (unsigned int i = 0; i < BUFS; i++)
		spot_get(&spots[i], q.size[0]);
	tap_is(stream_beside_writer(&q, count), count,
	       "%s: %u frames of %u bytes %s are right", kind, count, q.size[0],
	       where);
	for (unsigned int i = 0; i < BUFS; i++) {
		verify(&spots[i]);
		lost += spots[i].lost;
	}
	tap_is(written, count,
	       "%s: a thread wrote the neighbours of each buffer while it was the device's",
	       kind);
	tap_is(lost, 0, "%s: no byte of the neighbours is lost", kind);
	queue_close(&q);
	for (unsigned int i = 0; i < BUFS; i++)
		spot_put(&spots[i]);
}

/* All buffers, and all planes of each, one behind the other. Closes the queue. */
static void back_to_back(struct queue *q, size_t offset, const char *what)
{
	struct frame frames[BATCH];
	struct mem m;
	size_t pos = 0, all = 0;

	for (unsigned int p = 0; p < q->planes; p++)
		all += q->size[p] + 1;
	mem_need(&m, BUFS * all, offset);
	for (unsigned int i = 0; i < BUFS; i++)
		for (unsigned int p = 0; p < q->planes; p++) {
			/* An odd length, so that lines are shared everywhere. */
			queue_attach(q, i, p, m.user + pos, q->size[p] + 1);
			pos += q->size[p] + 1;
		}
	tap_ok(stream_good(q, frames, batch, refill_output),
	       "%s back to back: %u frames are right", what, batch);
	tap_ok(mem_guards_good(&m),
	       "%s back to back: the bytes around stay as they were", what);
	queue_close(q);
	mem_put(&m);
}

static void test_back_to_back(unsigned int instance, __u32 fourcc,
			      const char *what)
{
	struct queue q;

	queue_open(&q, instance, "vid-cap");
	queue_format(&q, fourcc, 320, 180);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, BUFS))
		tap_fatal("set-up: vid-cap has USERPTR buffers");
	back_to_back(&q, 24, what);
}

/* Of so few bytes that a line has more than one whole buffer. */
static void test_in_one_line(const char *kind, unsigned int line)
{
	struct queue q;
	char what[64];

	open_small(&q, kind);
	if (2 * (q.size[0] + 1) > line)
		tap_fatal("set-up: %s has buffers of few bytes", kind);
	snprintf(what, sizeof(what), "%s, buffers of %u bytes", kind,
		 q.size[0] + 1);
	back_to_back(&q, 0, what);
}

/* The device's lines as long as the module's, or as the CPU's. */
static void set_line(unsigned int line)
{
	char value[16];

	snprintf(value, sizeof(value), "%u", line);
	if (stats_there() && param_set(DMA_USER, "edge_align", value))
		tap_fatal("set-up: edge_align=%s", value);
	/* The cache sanitizer needs no play. */
	if (watched)
		return;
	snprintf(value, sizeof(value), "%u", line < 128 ? line : 128);
	if (vivid_param_set("dma_line", value))
		tap_fatal("set-up: dma_line=%s", value);
}

static void test_line(unsigned int line)
{
	set_line(line);
	tap_diag("cache lines of %u bytes", line);
	choose = at_random;
	test_neighbours("vid-cap", 2 * batch, "at random addresses");
	test_neighbours("vid-out", batch, "at random addresses");
	test_neighbours("meta-cap", 2 * batch, "at random addresses");
	test_neighbours("meta-out", batch, "at random addresses");
	test_back_to_back(SINGLE, V4L2_PIX_FMT_YUYV, "buffers");
	test_back_to_back(MULTI, V4L2_PIX_FMT_YUV420M, "planes");
	test_in_one_line("meta-cap", line);
	test_in_one_line("meta-out", line);
}

static void test_many(unsigned int frames)
{
	/* Rather some more than some less. */
	unsigned int each = (frames + 2 * LINES - 1) / (2 * LINES);

	choose = at_random;
	for (unsigned int i = 0; i < LINES; i++) {
		set_line(lines[i]);
		test_neighbours("meta-cap", each, "at random addresses");
		test_neighbours("meta-out", each, "at random addresses");
	}
}

static void test_each_offset(const char *kind, unsigned int line,
			     unsigned int step)
{
	char where[80];

	set_line(line);
	choose = one_by_one;
	line_len = line;
	stride = step;
	snprintf(where, sizeof(where),
		 "at %s offset, of each length within lines of %u",
		 step > 1 ? "many an" : "each", line);
	test_neighbours(kind, line * line / step, where);
}

static void test_counted(void)
{
	long long before;

	if (!stats_there()) {
		tap_skip("this allocator copies nothing", "copies are counted");
		return;
	}
	before = stat_of("bytes_bounced");
	set_line(64);
	choose = at_random;
	test_neighbours("meta-cap", batch, "at random addresses");
	tap_ok(stat_of("bytes_bounced") > before, "copies are counted");
	tap_is(param_set(DMA_USER, "edge_align", "48"), -EINVAL,
	       "edge_align is a power of two");
	tap_is(param_set(DMA_USER, "edge_align", "8192"), -EINVAL,
	       "and a page at most");
}

/* A device that also reads what it captures over: both ways of an edge. */
static void test_in_place(void)
{
	if (vivid_reload("dma_both=1"))
		tap_fatal("set-up: vivid loads with dma_both=1");
	set_line(64);
	choose = at_random;
	test_neighbours("vid-cap", batch, "in place, at random addresses,");
	test_neighbours("meta-cap", 2 * batch, "in place, at random addresses,");
}

/* All of a buffer is copied, as the device can't take any program's memory. */
static void test_copied(unsigned int step)
{
	if (!stats_there())
		return;
	if (vivid_reload(VIVID_COPIES))
		tap_fatal("set-up: vivid loads with dma_max_seg=2048");
	tap_diag("whole buffers are copied");
	test_each_offset("meta-cap", 64, step);
	test_each_offset("meta-out", 64, step);
}

int main(int argc, char **argv)
{
	bool checked = !access("/sys/kernel/debug/dma-api", F_OK);
	bool core = getenv("SUITE_SAMPLE"), once;

	watched = vivid_param_get("cachesan") == 1;
	tap_init(argc > 1 ? 3600 : 450);
	/*
	 * The DMA debugger reports an eighth mapping of a cache line, and idle
	 * ones at other offsets of the same memory count.
	 */
	if (checked && stats_there())
		param_set(DMA_USER, "idle_mb", "0");
	if (argc > 1) {
		test_many(atoi(argv[1]));
		return tap_done();
	}
	if (core)
		batch /= 3;
	for (unsigned int i = 0; i < LINES; i++)
		test_line(lines[i]);
	test_each_offset("meta-cap", 64, core ? 41 : 1);
	test_each_offset("meta-out", 64, core ? 41 : 1);
	/* 16384 frames take minutes: once, where that suffices. */
	once = !core && !checked && !watched &&
	       vivid_param_get("dma_iommu") != 1 &&
	       vivid_param_get("dma_irq") == 1;
	test_each_offset("meta-cap", 128, once ? 1 : core ? 123 : 13);
	test_counted();
	test_in_place();
	test_copied(core ? 41 : 13);
	return tap_done();
}
