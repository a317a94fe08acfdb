// SPDX-License-Identifier: GPL-2.0
/* Cases in which QBUF brings another buffer. */
#include <string.h>
#include <sys/mman.h>

#include "cases.h"
#include "prepare.h"
#include "round.h"
#include "tap.h"

/* The first QBUF of memory, and its release. */
void run_cold(const struct target *t, enum mem_kind kind)
{
	size_t bytes = frame_bytes(MIB4);
	struct queue q;
	struct mem m;

	if (!has_memory(t, "cold", kind))
		return;

	begin("what=cold alloc=%u dir=capture bytes=%zu mem=%s", t->allocator, bytes,
	      kind_name(kind));
	for (unsigned int r = 0; r < 6; r++) {
		/* Fresh each time: nobody knows it from before. */
		need(&m, kind, bytes, 0);
		memset(m.user, 1, bytes);
		setup(&q, t->single, "vid-cap", MIB4);
		queue_attach(&q, 0, 0, m.user, bytes);
		round_qbuf(&q, 0);
		round_cancel(&q);
		round_release(&q);
		queue_close(&q);
		mem_put(&m);
	}
}

void case_cold(const struct target *t)
{
	run_cold(t, MEM_SMALL);
	run_cold(t, MEM_THP);
	run_cold(t, MEM_HUGETLB);
}

/* Each QBUF takes the next of @count buffers of @len bytes. */
static void rotate(struct queue *q, __u8 *mem, unsigned int count, size_t len,
		   unsigned int first, unsigned int qbufs)
{
	for (unsigned int n = 0; n < qbufs; n++) {
		queue_attach(q, n % SLOTS, 0, mem + (first + n) % count * len, len);
		round_qbuf(q, n % SLOTS);
		if (n % SLOTS == SLOTS - 1 || n == qbufs - 1)
			round_cancel(q);
	}
}

void run_rotation(const struct target *t, const char *what, enum mem_kind kind,
		  const struct frame_size *s, unsigned int count)
{
	size_t len = frame_bytes(s);
	struct queue q;
	struct mem m;

	if (!has_memory(t, what, kind))
		return;
	begin_nothing();
	need(&m, kind, count * len, 0);
	memset(m.user, 1, count * len);
	setup(&q, t->single, "vid-cap", s);
	/* vb2-dma-sg learns nothing from having seen them all. */
	rotate(&q, m.user, count, len, 0, t->allocator == ALLOC_DMA_USER ? count : 2 * SLOTS);
	begin("what=%s alloc=%u dir=capture bytes=%zu count=%u mem=%s", what, t->allocator,
	      len, count, kind_name(kind));
	rotate(&q, m.user, count, len, count / 2, 8 * SLOTS);
	queue_close(&q);
	mem_put(&m);
}

void case_rotation_of_frames(const struct target *t)
{
	run_rotation(t, "rotate", MEM_SMALL, MIB4, 40);
	run_rotation(t, "rotate", MEM_THP, MIB4, 40);
}

void case_rotation(const struct target *t)
{
	static const unsigned int counts[] = { 10, 100, 1000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		run_rotation(t, "rotate", MEM_SMALL, KIB64, counts[i]);
	case_rotation_of_frames(t);
}

void case_growth(const struct target *t)
{
	static const struct frame_size tiny = { 32, 32, 0 };
	static const unsigned int counts[] = { 10, 100, 1000, 10000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		run_rotation(t, "growth", MEM_SMALL, &tiny, counts[i]);
}

/* The program maps other memory there before each QBUF. */
void case_remap(const struct target *t)
{
	size_t bytes = frame_bytes(MIB4);
	struct queue q;
	void *mem;

	begin_nothing();
	setup(&q, t->single, "vid-cap", MIB4);
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned int r = 0; r < 8; r++) {
		if (mem == MAP_FAILED)
			tap_fatal("set-up: memory");
		mem_scatter(mem, bytes);
		queue_attach(&q, 0, 0, mem, bytes);
		round_qbuf(&q, 0);
		round_cancel(&q);
		if (!r)
			begin("what=remap alloc=%u dir=capture bytes=%zu", t->allocator, bytes);
		mem = mmap(mem, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	queue_close(&q);
	munmap(mem, bytes);
}
