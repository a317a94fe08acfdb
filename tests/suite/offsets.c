// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that start anywhere in a page, with neighbours on both sides
 */
#include <stdlib.h>
#include <string.h>

#include "lib/crc32.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

static const size_t offsets[] = {
	0, 1, 3, 4, 8, 16, 31, 32, 63, 64, 100, 2048, 4032, 4088, 4095,
};

#define OFFSETS (sizeof(offsets) / sizeof(*offsets))
#define ROUNDS 3
#define FRAMES (ROUNDS * OFFSETS)

struct setting {
	unsigned int	instance;
	const char	*kind;
	__u32	fourcc;
	__u32	width;
	__u32	height;
	const char	*name;
};

/* The last one is less than a page: begin and end are in the same one. */
static const struct setting settings[] = {
	{ SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 320, 180, "capture" },
	{ MULTI, "vid-cap", V4L2_PIX_FMT_NV16M, 320, 180, "capture, 2 planes" },
	{ SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, 320, 180, "output" },
	{ MULTI, "vid-out", V4L2_PIX_FMT_NV16M, 320, 180, "output, 2 planes" },
	{ SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, 34, 22, "output of a small frame" },
};

static void setup(const struct setting *s, struct queue *q,
		  struct userbufs *u, unsigned int bufs)
{
	queue_open(q, s->instance, s->kind);
	queue_format(q, s->fourcc, s->width, s->height);
	userbufs_setup(u, q, bufs);
	userbufs_put(u);
}

/* Frames come in the order of the buffers: frame n is of buffer n % OFFSETS. */
static void judge(const struct setting *s, const struct queue *q,
		  const struct userbufs *u, const struct frame *frames,
		  unsigned int count)
{
	struct dmalog log;

	dmalog_read(&log, q->device);
	for (unsigned int i = 0; i < OFFSETS; i++) {
		unsigned int good = 0;

		for (unsigned int n = 0; n < count; n++)
			good += frames[n].index == i &&
				frame_good(q, &log, &frames[n]);
		tap_is(good, ROUNDS,
		       "%s at offset %zu: all frames equal the device's",
		       s->name, offsets[i]);
		for (unsigned int p = 0; p < q->planes; p++)
			tap_ok(mem_guards_good(&u->mem[i][p]),
			       "%s at offset %zu, plane %u: the bytes around stay as they were",
			       s->name, offsets[i], p);
	}
	dmalog_free(&log);
}

static void test_offsets(const struct setting *s)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	setup(s, &q, &u, OFFSETS);
	u.count = OFFSETS;
	u.planes = q.planes;
	for (unsigned int i = 0; i < OFFSETS; i++) {
		for (unsigned int p = 0; p < q.planes; p++)
			mem_need(&u.mem[i][p], q.size[p], offsets[i]);
		userbufs_attach(&u, &q, i, i);
	}
	judge(s, &q, &u, frames, stream_run(&q, frames, FRAMES, refill_output));
	queue_close(&q);
	userbufs_put(&u);
}

/* The last frames must still be there when their neighbours were filled. */
static bool frames_kept(const struct queue *q, const struct frame *frames)
{
	bool kept = true;

	for (unsigned int i = 0; i < 3; i++) {
		const struct plane *plane = &q->buf[frames[i].index][0];

		if (crc32(plane->mem, frames[i].plane[0].bytesused) ==
		    frames[i].plane[0].crc)
			continue;
		tap_diag("buffer %u changed after its DQBUF", frames[i].index);
		kept = false;
	}
	return kept;
}

/* Three buffers with not a byte between them: each is the others' guard. */
static void test_adjoining(const struct setting *s, size_t offset)
{
	struct frame frames[12] = { 0 };
	struct userbufs u;
	struct queue q;
	struct mem m;
	size_t len;

	setup(s, &q, &u, 3);
	len = q.size[0] | 1;
	mem_need(&m, 3 * len, offset);
	for (unsigned int i = 0; i < 3; i++)
		queue_attach(&q, i, 0, m.user + i * len, len);
	tap_ok(stream_good(&q, frames, 12, refill_output),
	       "%s: buffers that adjoin at offset %zu: 12 frames equal the device's",
	       s->name, offset);
	tap_ok(frames_kept(&q, frames + 9),
	       "%s: buffers that adjoin at offset %zu: each keeps its last frame",
	       s->name, offset);
	tap_ok(mem_guards_good(&m),
	       "%s: buffers that adjoin at offset %zu: the bytes around stay as they were",
	       s->name, offset);
	queue_close(&q);
	mem_put(&m);
}

int main(void)
{
	tap_init(240);
	for (unsigned int i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		test_offsets(&settings[i]);
	test_adjoining(&settings[0], 0);
	test_adjoining(&settings[0], 52);
	test_adjoining(&settings[2], 0);
	test_adjoining(&settings[2], 52);
	return tap_done();
}
