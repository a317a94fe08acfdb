// SPDX-License-Identifier: GPL-2.0
/* Cases that stream: a buffer is known, and frames come and go. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench-mark.h"
#include "cases.h"
#include "file.h"
#include "prepare.h"
#include "round.h"
#include "tap.h"

static const char *direction(const struct queue *q)
{
	return q->output ? "output" : "capture";
}

void run_frames(const struct target *t, const char *what, const char *kind,
		const struct frame_size *s, size_t offset)
{
	struct mem m[2];
	struct queue q;
	char text[128];
	int ret;

	setup(&q, t->single, kind, s);
	begin_nothing();
	for (unsigned int i = 0; i < 2; i++) {
		need(&m[i], MEM_SMALL, q.size[0], offset);
		queue_attach(&q, i, 0, m[i].user, q.size[0]);
	}
	snprintf(text, sizeof(text), "what=%s alloc=%u dir=%s bytes=%u", what,
		 t->allocator, direction(&q), q.size[0]);
	/* vb2-vmalloc wants kernel addresses, of which there may be too few. */
	ret = queue_qbuf(&q, 0);
	round_cancel(&q);
	if (ret)
		printf("absent %s why=%s\n", text, strerror(-ret));
	else
		stream_rounds(&q, s->rounds, text);
	queue_close(&q);
	for (unsigned int i = 0; i < 2; i++)
		mem_put(&m[i]);
}

/* A warm buffer by size, and by planes. */
void case_frames(const struct target *t)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		run_frames(t, "frame", "vid-cap", &sizes[i], 0);
		run_frames(t, "frame", "vid-out", &sizes[i], 0);
	}
}

void case_two_frames(const struct target *t)
{
	run_frames(t, "frame", "vid-cap", KIB64, 0);
	run_frames(t, "frame", "vid-cap", MIB4, 0);
	run_frames(t, "frame", "vid-out", MIB4, 0);
}

static void open_planes(struct queue *q, unsigned int instance, const char *kind)
{
	open_any_size(q, instance, kind);
	queue_format(q, V4L2_PIX_FMT_YUV420M, 1024, 1024);
	if (queue_reqbufs(q, V4L2_MEMORY_USERPTR, 2))
		tap_fatal("set-up: buffers of %s", q->device);
}

static void run_planes(const struct target *t, const char *kind)
{
	struct mem m[2][PLANES_MAX];
	char text[128];
	struct queue q;

	begin_nothing();
	open_planes(&q, t->multi, kind);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int p = 0; p < q.planes; p++) {
			need(&m[i][p], MEM_SMALL, q.size[p], 0);
			queue_attach(&q, i, p, m[i][p].user, q.size[p]);
		}
	snprintf(text, sizeof(text), "what=planes alloc=%u dir=%s bytes=%u planes=%u",
		 t->allocator, direction(&q), q.size[0] + q.size[1] + q.size[2], q.planes);
	stream_rounds(&q, 6, text);
	queue_close(&q);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int p = 0; p < q.planes; p++)
			mem_put(&m[i][p]);
}

void case_planes(const struct target *t)
{
	run_planes(t, "vid-cap");
	run_planes(t, "vid-out");
}

/* Compressed video: most of a buffer stays empty. */
void case_short(const struct target *t)
{
	if (vivid_param_set("dma_short", "5"))
		tap_fatal("set-up: dma_short=5");
	run_frames(t, "short", "vid-cap", MIB4, 0);
	vivid_param_set("dma_short", "0");
}

/* An address in the middle of a line. */
void case_unaligned(const struct target *t)
{
	run_frames(t, "unaligned", "vid-cap", MIB4, 24);
	run_frames(t, "unaligned", "vid-out", MIB4, 24);
}

/* A contiguous frame is one block of the page allocator, or it is not. */
static int copy_buffers(struct queue *q, const struct target *t, const struct frame_size *s)
{
	open_any_size(q, t->single, "vid-cap");
	queue_format(q, FOURCC, s->width, s->height);
	if (t->allocator == ALLOC_CONTIG && s > MIB4)
		return -ENOMEM;
	return queue_reqbufs(q, V4L2_MEMORY_MMAP, 2) ?: queue_mmap(q);
}

static void copy_round(struct queue *q, struct mem *m)
{
	for (unsigned int i = 0; i < 2; i++)
		round_qbuf(q, i);
	round_stream(q, 2);
	for (unsigned int i = 0; i < 2; i++) {
		bench_mark(BENCH_BEGIN, BENCH_COPY);
		memcpy(m->user, q->buf[i][0].mem, q->size[0]);
		bench_mark(BENCH_END, BENCH_COPY);
	}
}

/* What one does without USERPTR: the driver's buffer, and a copy of it. */
static void run_copy(const struct target *t, const struct frame_size *s)
{
	struct queue q;
	struct mem m;
	int ret;

	begin_nothing();
	ret = copy_buffers(&q, t, s);
	if (ret) {
		printf("absent what=copy alloc=%u bytes=%u why=%s\n", t->allocator, q.size[0],
		       strerror(-ret));
		queue_close(&q);
		return;
	}
	need(&m, MEM_SMALL, q.size[0], 0);
	for (unsigned int r = 0; r <= s->rounds; r++) {
		copy_round(&q, &m);
		if (!r)
			begin("what=copy alloc=%u dir=capture bytes=%u", t->allocator, q.size[0]);
	}
	queue_munmap(&q);
	queue_close(&q);
	mem_put(&m);
}

void case_copy(const struct target *t)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		run_copy(t, &sizes[i]);
}
