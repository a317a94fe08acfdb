// SPDX-License-Identifier: GPL-2.0
/*
 * Capture into and output from every kind of memory that a program can have
 */
#include <alloca.h>

#include "lib/pins.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define FRAMES 6

/* 320x180 of YUYV */
#define FRAME_BYTES 115200u

/* Not at the start of a page, as malloc() would give it. */
#define OFFSET 72

static void rewrite(struct queue *q, unsigned int index, unsigned int nth)
{
	pattern_fill(q->buf[index][0].mem, q->buf[index][0].length, nth);
}

/*
 * A queue of its own for each kind: the next kind's memory may get the address
 * of the last one's, which a queue would take for the memory that it knows.
 * Two buffers are what the device wants at least; one of them is used.
 */
static void open_queue(struct queue *q, const char *kind)
{
	struct userbufs u;

	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(&u, q, 2);
	userbufs_put(&u);
	q->bufs = 1;
}

static void test_direction(struct queue *q, struct mem *m, refill_fn refill,
			   const char *what)
{
	struct frame frames[FRAMES];

	queue_attach(q, 0, 0, m->user, m->len);
	tap_ok(stream_good(q, frames, FRAMES, refill),
	       "%s %s: %d frames equal the device's", what, mem_name(m->kind),
	       FRAMES);
	tap_is(frames_new(frames, FRAMES), FRAMES - 1,
	       "%s %s: each frame differs from the one before", what,
	       mem_name(m->kind));
}

static void test_memory(struct mem *m)
{
	struct queue q;

	open_queue(&q, "vid-cap");
	test_direction(&q, m, NULL, "capture into");
	queue_close(&q);
	open_queue(&q, "vid-out");
	test_direction(&q, m, rewrite, "output from");
	queue_close(&q);
	tap_ok(mem_guards_good(m), "%s: the bytes around stay as they were",
	       mem_name(m->kind));
}

static void test_kind(enum mem_kind kind)
{
	const char *reason;
	struct mem m;

	reason = mem_get(&m, kind, FRAME_BYTES, OFFSET);
	if (reason) {
		tap_skip(reason, "capture into and output from %s",
			 mem_name(kind));
		return;
	}
	test_memory(&m);
	mem_put(&m);
}

static void test_stack(void)
{
	struct mem m;

	mem_wrap(&m, alloca(mem_total(FRAME_BYTES, OFFSET)), FRAME_BYTES,
		 OFFSET);
	test_memory(&m);
}

/* The program's memory goes away first, the queue lets go of it later. */
static void test_unmapped_while_held(void)
{
	long before = pins_before();
	struct frame frame;
	struct queue q;
	struct mem m;

	open_queue(&q, "vid-cap");
	mem_need(&m, FRAME_BYTES, OFFSET);
	queue_attach(&q, 0, 0, m.user, m.len);
	tap_ok(stream_good(&q, &frame, 1, NULL),
	       "capture into memory that will go: the frame equals the device's");
	mem_put(&m);
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), 0,
	       "REQBUFS(0) after munmap of a buffer works");
	tap_is(pins_settle(before), before, "and nothing of it stays pinned");
	queue_close(&q);
}

int main(void)
{
	tap_init(120);
	for (enum mem_kind kind = 0; kind < MEM_STACK; kind++)
		test_kind(kind);
	test_stack();
	test_unmapped_while_held();
	return tap_done();
}
