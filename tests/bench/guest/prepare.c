// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench-mark.h"
#include "prepare.h"
#include "round.h"
#include "tap.h"

const struct frame_size sizes[SIZES] = {
	{ 128, 128, 8 }, { 256, 256, 8 }, { 512, 512, 6 },
	{ 1024, 1024, 5 }, { 2048, 2048, 4 }, { 4096, 2048, 4 },
};

void begin(const char *format, ...)
{
	static unsigned int number;
	va_list args;

	printf("case %u ", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	bench_mark(BENCH_CASE, number);
}

void begin_nothing(void)
{
	bench_mark(BENCH_CASE, 0);
}

/* vivid's webcam has a few sizes only, its HDMI input any. */
void open_any_size(struct queue *q, unsigned int instance, const char *kind)
{
	int hdmi = 3;

	queue_open(q, instance, kind);
	if (!q->output && ioctl(q->fd, VIDIOC_S_INPUT, &hdmi))
		tap_fatal("set-up: input %d of %s", hdmi, q->device);
}

void setup(struct queue *q, unsigned int instance, const char *kind,
	   const struct frame_size *s)
{
	int ret;

	open_any_size(q, instance, kind);
	queue_format(q, FOURCC, s->width, s->height);
	ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, SLOTS);
	if (ret)
		tap_fatal("set-up: buffers of %s (%s)", q->device, strerror(-ret));
}

void need(struct mem *m, enum mem_kind kind, size_t len, size_t offset)
{
	const char *reason = mem_get(m, kind, len, offset);

	if (reason)
		tap_fatal("set-up: memory: %s", reason);
}

const char *kind_name(enum mem_kind kind)
{
	return kind == MEM_THP ? "thp" : kind == MEM_HUGETLB ? "hugetlb" : "small";
}

bool has_memory(const struct target *t, const char *what, enum mem_kind kind)
{
	const char *reason;
	struct mem m;

	reason = mem_get(&m, kind, page_size(), 0);
	if (reason) {
		printf("absent what=%s alloc=%u mem=%s why=%s\n", what, t->allocator,
		       kind_name(kind), reason);
		return false;
	}
	mem_put(&m);
	return true;
}

void stream_rounds(struct queue *q, unsigned int rounds, const char *what)
{
	for (unsigned int r = 0; r <= rounds; r++) {
		for (unsigned int i = 0; i < 2; i++)
			round_qbuf(q, i);
		round_stream(q, 2);
		if (!r)
			begin("%s", what);
	}
}
