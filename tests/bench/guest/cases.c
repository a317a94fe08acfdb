// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench-mark.h"
#include "cases.h"
#include "file.h"
#include "mem.h"
#include "round.h"
#include "tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SLOTS 4
#define FOURCC V4L2_PIX_FMT_XBGR32
#define BYTES_PER_PIXEL 4

/* vivid's "allocators" */
#define ALLOC_VMALLOC 0
#define ALLOC_CONTIG 1

/*
 * Frames of 64 KiB to 32 MiB, and how many rounds of each: the longer, the more
 * there is in it that is equal.
 */
static const struct frame_size {
	__u32		width;
	__u32		height;
	unsigned int	rounds;
} sizes[] = {
	{ 128, 128, 8 }, { 256, 256, 8 }, { 512, 512, 6 },
	{ 1024, 1024, 5 }, { 2048, 2048, 4 }, { 4096, 2048, 4 },
};

#define MIB4 (&sizes[3])

/* Begin a case and say what it is: KEY=VALUE... */
__printf(1, 2)
static void begin(const char *format, ...)
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

#define STRING(x) #x
#define REPEAT(n) ".rept " STRING(n) "\n\tnop\n\t.endr"

void known_counts(void)
{
	begin("what=known alloc=2 insns=%d", KNOWN_INSNS);
	for (unsigned int i = 0; i < 3; i++) {
		bench_mark(BENCH_BEGIN, BENCH_COPY);
		asm volatile(REPEAT(KNOWN_INSNS));
		bench_mark(BENCH_END, BENCH_COPY);
	}
}

/* What belongs to no case, like a first round, which pins. */
static void begin_nothing(void)
{
	bench_mark(BENCH_CASE, 0);
}

/* vivid's webcam has a few sizes only, its HDMI input any. */
static void open_any_size(struct queue *q, unsigned int instance, const char *kind)
{
	int hdmi = 3;

	queue_open(q, instance, kind);
	if (!q->output && ioctl(q->fd, VIDIOC_S_INPUT, &hdmi))
		tap_fatal("set-up: input %d of %s", hdmi, q->device);
}

static void setup(struct queue *q, unsigned int instance, const char *kind,
		  const struct frame_size *s)
{
	int ret;

	open_any_size(q, instance, kind);
	queue_format(q, FOURCC, s->width, s->height);
	ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, SLOTS);
	if (ret)
		tap_fatal("set-up: buffers of %s (%s)", q->device, strerror(-ret));
}

static void need(struct mem *m, enum mem_kind kind, size_t len, size_t offset)
{
	const char *reason = mem_get(m, kind, len, offset);

	if (reason)
		tap_fatal("set-up: memory: %s", reason);
}

static const char *kind_name(enum mem_kind kind)
{
	return kind == MEM_THP ? "thp" : kind == MEM_HUGETLB ? "hugetlb" : "small";
}

/* Not every kernel has huge pages. */
static bool has_memory(const struct target *t, const char *what, enum mem_kind kind)
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

static void attach(struct queue *q, unsigned int index, const struct mem *m, size_t len)
{
	queue_attach(q, index, 0, m->user, len);
}

/* Two buffers, queued and transferred for @rounds after a first one. */
static void stream_rounds(struct queue *q, unsigned int rounds, const char *what)
{
	for (unsigned int r = 0; r <= rounds; r++) {
		for (unsigned int i = 0; i < 2; i++)
			round_qbuf(q, i);
		round_stream(q, 2);
		if (!r)
			begin("%s", what);
	}
}

static void run_frames(const struct target *t, const char *what, const char *kind,
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
		attach(&q, i, &m[i], q.size[0]);
	}
	snprintf(text, sizeof(text), "what=%s alloc=%u dir=%s bytes=%u", what,
		 t->allocator, q.output ? "output" : "capture", q.size[0]);
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

/* 1, 7: a warm buffer by size, and by planes. */
static void case_frames(const struct target *t)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		run_frames(t, "frame", "vid-cap", &sizes[i], 0);
		run_frames(t, "frame", "vid-out", &sizes[i], 0);
	}
}

static void case_two_frames(const struct target *t)
{
	run_frames(t, "frame", "vid-cap", &sizes[0], 0);
	run_frames(t, "frame", "vid-cap", MIB4, 0);
	run_frames(t, "frame", "vid-out", MIB4, 0);
}

static void run_planes(const struct target *t, const char *kind)
{
	struct mem m[2][PLANES_MAX];
	struct queue q;

	begin_nothing();
	open_any_size(&q, t->multi, kind);
	queue_format(&q, V4L2_PIX_FMT_YUV420M, 1024, 1024);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 2))
		tap_fatal("set-up: buffers of %s", q.device);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int p = 0; p < q.planes; p++) {
			need(&m[i][p], MEM_SMALL, q.size[p], 0);
			queue_attach(&q, i, p, m[i][p].user, q.size[p]);
		}
	for (unsigned int r = 0; r <= 6; r++) {
		for (unsigned int i = 0; i < 2; i++)
			round_qbuf(&q, i);
		round_stream(&q, 2);
		if (!r)
			begin("what=planes alloc=%u dir=%s bytes=%u planes=%u", t->allocator,
			      q.output ? "output" : "capture",
			      q.size[0] + q.size[1] + q.size[2], q.planes);
	}
	queue_close(&q);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int p = 0; p < q.planes; p++)
			mem_put(&m[i][p]);
}

/* 2: the first QBUF of memory, and its release. */
static void run_cold(const struct target *t, enum mem_kind kind)
{
	size_t bytes = MIB4->width * MIB4->height * BYTES_PER_PIXEL;
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
		attach(&q, 0, &m, bytes);
		round_qbuf(&q, 0);
		round_cancel(&q);
		round_release(&q);
		queue_close(&q);
		mem_put(&m);
	}
}

static void case_cold(const struct target *t)
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

static void run_rotation(const struct target *t, const char *what, enum mem_kind kind,
			 const struct frame_size *s, unsigned int count, size_t len)
{
	struct queue q;
	struct mem m;

	if (!has_memory(t, what, kind))
		return;
	begin_nothing();
	need(&m, kind, count * len, 0);
	memset(m.user, 1, count * len);
	setup(&q, t->single, "vid-cap", s);
	/* vb2-dma-sg learns nothing from having seen them all. */
	rotate(&q, m.user, count, len, 0, t->allocator == 2 ? count : 2 * SLOTS);
	begin("what=%s alloc=%u dir=capture bytes=%zu count=%u mem=%s", what, t->allocator,
	      len, count, kind_name(kind));
	rotate(&q, m.user, count, len, count / 2, 8 * SLOTS);
	queue_close(&q);
	mem_put(&m);
}

static void case_rotation_of_frames(const struct target *t)
{
	run_rotation(t, "rotate", MEM_SMALL, MIB4, 40, 4 << 20);
	run_rotation(t, "rotate", MEM_THP, MIB4, 40, 4 << 20);
}

/* 3: rotation, 9: its growth. */
static void case_rotation(const struct target *t)
{
	static const unsigned int counts[] = { 10, 100, 1000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		run_rotation(t, "rotate", MEM_SMALL, &sizes[0], counts[i], 64 << 10);
	case_rotation_of_frames(t);
}

static void case_growth(const struct target *t)
{
	static const struct frame_size tiny = { 32, 32, 0 };
	static const unsigned int counts[] = { 10, 100, 1000, 10000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		run_rotation(t, "growth", MEM_SMALL, &tiny, counts[i], page_size());
}

/* 4: compressed video: most of a buffer stays empty. */
static void case_short(const struct target *t)
{
	if (vivid_param_set("dma_short", "5"))
		tap_fatal("set-up: dma_short=5");
	run_frames(t, "short", "vid-cap", MIB4, 0);
	vivid_param_set("dma_short", "0");
}

/* 5: an address in the middle of a line. */
static void case_unaligned(const struct target *t)
{
	run_frames(t, "unaligned", "vid-cap", MIB4, 24);
	run_frames(t, "unaligned", "vid-out", MIB4, 24);
}

/* 6: the program maps other memory there before each QBUF. */
static void case_remap(const struct target *t)
{
	size_t bytes = MIB4->width * MIB4->height * BYTES_PER_PIXEL;
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

/* What one does without USERPTR: the driver's buffer, and a copy of it. */
static void run_copy(const struct target *t, const struct frame_size *s)
{
	struct queue q;
	struct mem m;
	int ret;

	begin_nothing();
	if (t->allocator == ALLOC_CONTIG && s > MIB4) {
		printf("absent what=copy alloc=%u bytes=%u why=longer than a block of memory\n",
		       t->allocator, s->width * s->height * BYTES_PER_PIXEL);
		return;
	}
	open_any_size(&q, t->single, "vid-cap");
	queue_format(&q, FOURCC, s->width, s->height);
	ret = queue_reqbufs(&q, V4L2_MEMORY_MMAP, 2) ?: queue_mmap(&q);
	if (ret) {
		printf("absent what=copy alloc=%u bytes=%u why=%s\n", t->allocator, q.size[0],
		       strerror(-ret));
		queue_close(&q);
		return;
	}
	need(&m, MEM_SMALL, q.size[0], 0);
	for (unsigned int r = 0; r <= s->rounds; r++) {
		for (unsigned int i = 0; i < 2; i++)
			round_qbuf(&q, i);
		round_stream(&q, 2);
		for (unsigned int i = 0; i < 2; i++) {
			bench_mark(BENCH_BEGIN, BENCH_COPY);
			memcpy(m.user, q.buf[i][0].mem, q.size[0]);
			bench_mark(BENCH_END, BENCH_COPY);
		}
		if (!r)
			begin("what=copy alloc=%u dir=capture bytes=%u", t->allocator, q.size[0]);
	}
	queue_munmap(&q);
	queue_close(&q);
	mem_put(&m);
}

static void case_copy(const struct target *t)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		run_copy(t, &sizes[i]);
}

/* The sum of the numbers that stand behind @name in a file of /proc. */
static long sum_of(const char *path, const char *name)
{
	size_t len = strlen(name);
	char line[256];
	long sum = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		tap_fatal("set-up: %s", path);
	while (fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, " ");

		if (!strncmp(at, name, len))
			sum += atol(at + len);
	}
	fclose(f);
	return sum;
}

/* Free pages, those that processors keep at hand included, in KiB. */
static long mem_free(void)
{
	sync();
	file_write("/proc/sys/vm/drop_caches", "3");
	usleep(300000);
	return sum_of("/proc/meminfo", "MemFree:") +
	       sum_of("/proc/zoneinfo", "count:") * (long)(page_size() / 1024);
}

/* 8: what the kernel keeps for registered memory. */
static void run_memory(const struct target *t, enum mem_kind kind)
{
	const struct frame_size *s = &sizes[5];
	size_t bytes = s->width * s->height * BYTES_PER_PIXEL;
	struct mem m[SLOTS];
	struct queue q;
	long before;

	if (!has_memory(t, "memory", kind))
		return;
	setup(&q, t->single, "vid-cap", s);
	begin_nothing();
	for (unsigned int i = 0; i < SLOTS; i++) {
		need(&m[i], kind, bytes, 0);
		memset(m[i].user, 1, bytes);
		attach(&q, i, &m[i], bytes);
	}
	/* The kernel keeps some pages here and there: so several times. */
	for (unsigned int r = 0; r < 5; r++) {
		before = mem_free();
		for (unsigned int i = 0; i < SLOTS; i++)
			round_qbuf(&q, i);
		printf("value what=memory alloc=%u mem=%s mib=%zu kib=%ld\n",
		       t->allocator, kind_name(kind), SLOTS * bytes >> 20,
		       before - mem_free());
		round_cancel(&q);
		round_release(&q);
		if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, SLOTS))
			tap_fatal("set-up: buffers of %s", q.device);
	}
	queue_close(&q);
	for (unsigned int i = 0; i < SLOTS; i++)
		mem_put(&m[i]);
}

static void case_memory(const struct target *t)
{
	run_memory(t, MEM_SMALL);
	run_memory(t, MEM_THP);
}

static void run_main(const struct target *t)
{
	case_copy(t);
	if (t->allocator == ALLOC_CONTIG)
		return;
	case_frames(t);
	run_planes(t, "vid-cap");
	run_planes(t, "vid-out");
	case_cold(t);
	case_rotation(t);
	case_growth(t);
	case_short(t);
	case_remap(t);
	/* What has no device has no lines, and no addresses for one. */
	if (t->allocator == ALLOC_VMALLOC)
		return;
	case_unaligned(t);
	case_memory(t);
}

/* A few of each, for the check against the baseline. */
static void run_short(const struct target *t)
{
	case_two_frames(t);
	run_cold(t, MEM_SMALL);
	run_cold(t, MEM_THP);
	run_rotation(t, "rotate", MEM_SMALL, &sizes[0], 100, 64 << 10);
	case_short(t);
	case_remap(t);
	case_unaligned(t);
}

/* The cases whose instructions the targets compare: in which functions they ran. */
static void run_profile(const struct target *t)
{
	case_two_frames(t);
	case_cold(t);
	run_rotation(t, "rotate", MEM_SMALL, &sizes[0], 1000, 64 << 10);
	case_rotation_of_frames(t);
	case_short(t);
}

/* What changes with the device: behind an IOMMU, behind swiotlb. */
static void run_device(const struct target *t)
{
	case_two_frames(t);
	run_cold(t, MEM_SMALL);
	run_rotation(t, "rotate", MEM_SMALL, &sizes[0], 100, 64 << 10);
	case_short(t);
}

/* A device that snoops the CPU's caches. */
static void run_coherent(const struct target *t)
{
	case_frames(t);
}

/* A device that takes contiguous memory only, and gets a copy. */
static void run_bounce(const struct target *t)
{
	run_frames(t, "bounce", "vid-cap", MIB4, 0);
	run_frames(t, "bounce", "vid-out", MIB4, 0);
}

const struct set sets[] = {
	{ "main", run_main },
	{ "memory", case_memory },
	{ "short", run_short },
	{ "profile", run_profile },
	{ "device", run_device },
	{ "coherent", run_coherent },
	{ "bounce", run_bounce },
};

const unsigned int set_count = ARRAY_SIZE(sets);
