// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that can't take what any program has: each limit, and each policy
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/module.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define SYSFS "/sys/devices/platform/vivid.0/vb2_dma_user/"
#define BUFS 3
#define FRAMES 6
#define MANY 8

/* What stream_all() may copy if it is edges, be they pages. */
#define EDGES_MOST (FRAMES * 10 * 2 * 8192LL)

/* Parameters of vivid's dma_bounce= */
#define NEVER "dma_bounce=1"
#define EDGES "dma_bounce=2"
#define FULL "dma_bounce=3"

enum answer { NO, YES, PERHAPS };

/**
 * struct limit - a device that not all memory is good for
 * @args:	what makes vivid such a device
 * @why:	what the kernel log says when all of a buffer is copied
 * @copied:	does it come to that, with scattered small pages?
 * @iommu:	and behind an IOMMU that joins pages?
 * @mmap:	can the kernel allocate memory that is good for it?
 */
static const struct limit {
	const char	*args;
	const char	*why;
	enum answer	copied;
	enum answer	iommu;
	enum answer	mmap;
} limits[] = {
	{ "dma_contig=1", "contiguous mapping is too small", YES, NO, YES },
	{ "dma_max_segs=2", "too many segments", YES, NO, YES },
	{ "dma_align=32", "start is not aligned", NO, YES, YES },
	{ "dma_align=4096", "start is not aligned", NO, YES, YES },
	{ "dma_seg_align=512", "segment is not aligned", PERHAPS, NO, YES },
	{ "dma_len_align=16", "segment has no whole length", YES, NO, YES },
	{ "dma_boundary=8192", "segment crosses a boundary", PERHAPS, PERHAPS,
	  YES },
	{ "dma_keep=511", NULL, NO, NO, YES },
	{ "dma_max_seg=8192", NULL, NO, NO, YES },
	{ "dma_max_seg=2048", "longest segment is below a page", YES, YES, NO },
	{ "dma_boundary=2048", "segment boundary is below a page", YES, YES, NO },
};

#define ALIGNS "dma_align=16 dma_seg_align=32 dma_len_align=8"
/* Whatever the memory. */
#define COPIED "dma_max_seg=2048"
#define LIMITS (sizeof(limits) / sizeof(*limits))

static void reload(const char *args, const char *policy)
{
	char line[240];

	snprintf(line, sizeof(line), "%s %s", args, policy);
	if (vivid_reload(line))
		tap_fatal("set-up: vivid loads with %s", line);
	klog_mark();
}

/* Small pages, of which no two need be neighbours; a start inside a line. */
static void setup_of(struct queue *q, struct userbufs *u, unsigned int instance,
		     const char *kind, __u32 fourcc, enum mem_kind mem,
		     size_t offset, size_t extra)
{
	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
	if (queue_reqbufs(q, V4L2_MEMORY_USERPTR, BUFS) ||
	    userbufs_get(u, q, BUFS, mem, offset, extra))
		tap_fatal("set-up: memory for buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(u, q, i, i);
}

static void setup(struct queue *q, struct userbufs *u, unsigned int instance,
		  const char *kind, __u32 fourcc, size_t offset, size_t extra)
{
	setup_of(q, u, instance, kind, fourcc, MEM_SMALL, offset, extra);
}

static void stream_of(unsigned int instance, const char *kind, __u32 fourcc,
		      enum mem_kind mem, size_t offset, const char *args)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	setup_of(&q, &u, instance, kind, fourcc, mem, offset, 100);
	tap_ok(stream_good(&q, frames, FRAMES, refill_output),
	       "%s: %d frames of %s, %u planes, %zu bytes into a page, are right",
	       args, FRAMES, kind, q.planes, offset);
	tap_ok(userbufs_guards_good(&u),
	       "%s: the bytes around the buffers stay as they were", args);
	queue_close(&q);
	userbufs_put(&u);
}

static void stream(unsigned int instance, const char *kind, __u32 fourcc,
		   size_t offset, const char *args)
{
	stream_of(instance, kind, fourcc, MEM_SMALL, offset, args);
}

static void stream_all(const char *args)
{
	static const size_t offsets[] = { 0, 24, 4088 };
	long before = pins_before();

	for (unsigned int i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		stream(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, offsets[i], args);
		stream(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, offsets[i], args);
	}
	stream(MULTI, "vid-cap", V4L2_PIX_FMT_NV16M, 24, args);
	stream(MULTI, "vid-out", V4L2_PIX_FMT_NV16M, 24, args);
	tap_is(pins_settle(before), before, "%s: nothing stays pinned", args);
}

/* Buffers that the kernel allocates. */
static void stream_mmap(const char *args, const char *kind, enum answer can)
{
	struct frame frames[FRAMES];
	struct queue q;
	int ret;

	/* For lines that the kernel log has not suppressed as too many. */
	if (can != YES)
		reload(args, FULL);
	queue_open(&q, SINGLE, kind);
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	ret = queue_reqbufs(&q, V4L2_MEMORY_MMAP, BUFS);
	if (can == YES)
		tap_is(ret, 0, "%s: REQBUFS of MMAP buffers of %s", args, kind);
	else
		tap_ok(ret && klog_has("are refused"),
		       "%s: REQBUFS of MMAP buffers of %s fails, and the kernel log tells why",
		       args, kind);
	if (!ret) {
		if (queue_mmap(&q))
			tap_fatal("set-up: buffers can be mapped");
		tap_ok(stream_good(&q, frames, FRAMES, refill_output),
		       "%s: %d frames of %s in MMAP buffers are right", args,
		       FRAMES, kind);
		queue_munmap(&q);
	}
	queue_close(&q);
}

/* Some buffers have pages that follow one another: not for certain. */
static bool all_taken(struct queue *q, int *ret)
{
	for (unsigned int i = 0; i < BUFS; i++) {
		*ret = queue_qbuf(q, i);
		if (*ret)
			return false;
	}
	return true;
}

/* @why: what the kernel log says; NULL: that depends on the memory */
static void test_refused(const char *args, const char *policy, size_t offset,
			 const char *why)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;
	int ret = 0;

	reload(args, policy);
	setup(&q, &u, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, offset, 0);
	tap_ok(!all_taken(&q, &ret) && ret == -EINVAL,
	       "%s %s: QBUF fails with EINVAL (%d)", args, policy, ret);
	if (why)
		tap_ok(klog_has(why) && klog_has("are refused"),
		       "%s %s: the kernel log tells why", args, policy);
	tap_is(pins_settle(before), before, "%s %s: nothing stays pinned",
	       args, policy);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_limit(const struct limit *l, enum answer copied)
{
	long long bounced;

	reload(l->args, FULL);
	bounced = stat_of("bytes_bounced");
	stream_all(l->args);
	bounced = stat_of("bytes_bounced") - bounced;
	tap_ok(bounced > 0, "%s: copies are counted", l->args);
	if (copied == NO)
		tap_ok(bounced < EDGES_MOST, "%s: no more than edges are copied (%lld bytes)",
		       l->args, bounced);
	if (copied == YES)
		tap_ok(klog_has(l->why), "%s: the kernel log tells why",
		       l->args);
	stream_mmap(l->args, "vid-cap", l->mmap);
	stream_mmap(l->args, "vid-out", l->mmap);
	if (copied == YES)
		test_refused(l->args, EDGES, 24, l->why);
}

/*
 * Few segments, and short ones at that; a start that is to be as it is, and
 * aligned: no copy can help.
 */
static bool impossible(const struct limit *a, const struct limit *b)
{
	return (strstr(a->args, "dma_max_segs") &&
		(strstr(b->args, "dma_max_seg=") ||
		 strstr(b->args, "dma_boundary"))) ||
	       (strstr(a->args, "dma_align") && strstr(b->args, "dma_keep"));
}

/* The same parameter of vivid: only the last one would count. */
static bool one_parameter(const struct limit *a, const struct limit *b)
{
	return !strncmp(a->args, b->args, strcspn(a->args, "=") + 1);
}

static void test_pair(const struct limit *a, const struct limit *b)
{
	char both[80];

	snprintf(both, sizeof(both), "%s %s", a->args, b->args);
	if (impossible(a, b)) {
		test_refused(both, FULL, 24, NULL);
		return;
	}
	reload(both, FULL);
	stream(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 24, both);
	stream(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, 4088, both);
}

/* Each means another vivid: behind an IOMMU those that can come to a copy. */
static bool worth_pairing(const struct limit *a, const struct limit *b,
			  bool iommu)
{
	if (one_parameter(a, b))
		return false;
	return !iommu || (a->iommu != NO && b->iommu != NO);
}

static void test_pairs(bool iommu)
{
	for (unsigned int i = 0; i < LIMITS; i++)
		for (unsigned int k = i + 1; k < LIMITS; k++)
			if (worth_pairing(&limits[i], &limits[k], iommu))
				test_pair(&limits[i], &limits[k]);
}

/* What most programs have. Whether its pages follow one another is luck. */
static void test_malloc(const char *kind)
{
	reload("dma_contig=1", FULL);
	stream_of(SINGLE, kind, V4L2_PIX_FMT_YUYV, MEM_MALLOC, 16,
		  "dma_contig=1, malloc'ed memory");
}

/* One line for each geometry, however many buffers have it and come back. */
static void test_announced(void)
{
	static const size_t offsets[] = { 24, 4088, 24, 4088, 0, 24 };
	const char *line = "contiguous mapping is too small";

	reload("dma_contig=1", FULL);
	for (unsigned int i = 0; i < sizeof(offsets) / sizeof(*offsets); i++)
		stream(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, offsets[i],
		       "dma_contig=1");
	tap_is(klog_count(line), 3, "dma_contig=1: lines about three geometries");
}

/* A copy need not be in one piece if the device takes several. */
static void test_large_copy(void)
{
	static const char args[] = "dma_len_align=16";
	struct frame frames[BUFS];
	long long bounced;
	struct userbufs u;
	struct queue q;

	reload(args, FULL);
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 3840, 2160);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 2) ||
	    userbufs_get(&u, &q, 2, MEM_SMALL, 24, 0))
		tap_fatal("set-up: memory for large buffers");
	userbufs_attach(&u, &q, 0, 0);
	userbufs_attach(&u, &q, 1, 1);
	bounced = stat_of("bytes_bounced");
	tap_ok(stream_good(&q, frames, BUFS, NULL),
	       "%s: %d large frames are right", args, BUFS);
	bounced = stat_of("bytes_bounced") - bounced;
	tap_ok(bounced >= BUFS * (long long)q.size[0],
	       "%s: they are copied (%lld bytes)", args, bounced);
	tap_ok(userbufs_guards_good(&u), "%s: the bytes around stay as they were",
	       args);
	queue_close(&q);
	userbufs_put(&u);
}

/*
 * A buffer that is not in use keeps its copy, until one that is to be used finds
 * no room for its own: more of them than the memory for long pieces can hold.
 */
static void test_room(void)
{
	struct frame frame;
	unsigned int good = 0;
	struct userbufs u;
	struct queue q;
	int ret;

	reload("dma_contig=1", FULL);
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 3840, 2160);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 1) ||
	    userbufs_get(&u, &q, MANY, MEM_SMALL, 24, 0))
		tap_fatal("set-up: memory for many large buffers");
	userbufs_attach(&u, &q, 0, 0);
	ret = queue_qbuf(&q, 0);
	queue_off(&q);
	for (unsigned int i = 0; !ret && i < MANY; i++) {
		userbufs_attach(&u, &q, 0, i);
		good += stream_good(&q, &frame, 1, NULL);
	}
	if (ret == -ENOMEM)
		tap_skip("this kernel has no such piece of memory",
			 "dma_contig=1: many large buffers in turn");
	else
		tap_is(good, MANY, "dma_contig=1: %d large buffers in turn are right (%d)",
		       MANY, ret);
	queue_close(&q);
	userbufs_put(&u);
}

/* Data that starts anywhere in a buffer, which starts with a cache line. */
static void refill_at_offset(struct queue *q, unsigned int index,
			     unsigned int nth)
{
	refill_output(q, index, nth);
	for (unsigned int p = 0; p < q->planes; p++)
		queue_data_offset(q, index, p, nth ? 1900 + nth * 37 : 0);
}

static void test_data_offset(const char *args, const char *policy)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	reload(args, policy);
	setup(&q, &u, MULTI, "vid-out", V4L2_PIX_FMT_NV16M, 128, 4096);
	tap_ok(stream_good(&q, frames, FRAMES, refill_at_offset),
	       "%s %s: %d frames at a data_offset are right", args, policy,
	       FRAMES);
	queue_close(&q);
	userbufs_put(&u);
}

/* Buffers of vb2-vmalloc's, a segment for each page */
static void test_import(void)
{
	static const char args[] =
		"n_devs=2 allocators=2,0 multiplanar=1,1 dma_max_segs=2";
	struct queue to, from;

	reload(args, FULL);
	queue_open(&from, 1, "vid-cap");
	queue_format(&from, V4L2_PIX_FMT_YUYV, 320, 180);
	queue_open(&to, SINGLE, "vid-cap");
	queue_format(&to, V4L2_PIX_FMT_YUYV, 320, 180);
	if (queue_reqbufs(&from, V4L2_MEMORY_MMAP, BUFS) ||
	    queue_import_all(&to, &from))
		tap_fatal("set-up: buffers to import");
	tap_is(queue_qbuf(&to, 0), -EINVAL,
	       "dma_max_segs=2: QBUF of a dma-buf with more fails");
	tap_ok(klog_has("too many segments") & klog_has("are not imported"),
	       "dma_max_segs=2: the kernel log tells why");
	queue_import_done(&to);
	queue_close(&to);
	queue_close(&from);
}

/* More than the page allocator has in one piece: by luck, or not at all. */
static void test_large_mmap(void)
{
	struct queue q;
	int ret;

	reload("dma_contig=1", FULL);
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 3840, 2160);
	ret = queue_reqbufs(&q, V4L2_MEMORY_MMAP, BUFS);
	tap_ok(!ret || klog_has("contiguous mapping is too small"),
	       "dma_contig=1: REQBUFS of large MMAP buffers works, or the kernel log tells why not (%d)",
	       ret);
	queue_close(&q);
}

/* Pages that follow one another have to go in one by one. */
static void test_boundary(void)
{
	static const char args[] = "dma_boundary=8192";
	struct frame frames[FRAMES];
	long long bounced;
	const char *reason;
	struct userbufs u;
	struct queue q;

	reload(args, EDGES);
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	reason = userbufs_get(&u, &q, BUFS, MEM_THP, 0, 0);
	if (reason) {
		tap_skip(reason, "%s: frames in huge pages are right", args);
		queue_close(&q);
		return;
	}
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, BUFS))
		tap_fatal("set-up: vid-cap has USERPTR buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&u, &q, i, i);
	bounced = stat_of("bytes_bounced");
	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "%s: frames in huge pages are right", args);
	bounced = stat_of("bytes_bounced") - bounced;
	tap_ok(bounced <= FRAMES * 2 * 2 * (long long)page_size(),
	       "%s: no more of them than edges is copied (%lld bytes)", args,
	       bounced);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_unshared(size_t offset, size_t extra, const char *what,
			  const char *line)
{
	struct userbufs u;
	struct queue q;

	setup(&q, &u, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, offset, extra);
	tap_is(queue_qbuf(&q, 0), -EINVAL, "never: QBUF of what %s fails",
	       what);
	tap_ok(klog_has(line), "the kernel log tells why");
	queue_close(&q);
	userbufs_put(&u);
}

/* Nothing may be copied: only what shares no line is taken, and what fits. */
static void test_never(bool iommu)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	reload("", NEVER);
	param_set(DMA_USER, "edge_align", "128");
	/* A frame is a whole number of lines. */
	setup(&q, &u, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 1280, 0);
	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "dma_bounce=1: %d frames in whole cache lines are right", FRAMES);
	queue_close(&q);
	userbufs_put(&u);
	test_unshared(24, 0, "shares a cache line",
		      "user data must be aligned: need 128, have 104");
	test_unshared(1280, 8, "ends in a shared line",
		      "user data must be aligned: need 128, have 8");
	param_set(DMA_USER, "edge_align", "64");
	if (iommu)
		return;
	test_refused("dma_max_segs=2", NEVER, 0, "too many segments");
}

/* A driver that tells no policy has the module's. */
static void test_default_policy(bool iommu)
{
	/* Neither can be met here. */
	const char *args = iommu ? "dma_align=32" : "dma_max_segs=2";
	long long bounced = stat_of("bytes_bounced");

	param_set(DMA_USER, "bounce", "full");
	reload(args, "");
	stream(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 24, "bounce=full");
	bounced = stat_of("bytes_bounced") - bounced;
	tap_ok(bounced >= FRAMES * (long long)(320 * 180 * 2),
	       "bounce=full: they are copied (%lld bytes)", bounced);
	param_set(DMA_USER, "bounce", "never");
	reload("", "");
	test_unshared(24, 0, "shares a cache line, says the module,",
		      "user data must be aligned");
	param_set(DMA_USER, "bounce", "edges");
	stream(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 24, "bounce=edges");
}

static bool reads(const char *name, const char *want)
{
	char path[96], have[64];

	snprintf(path, sizeof(path), SYSFS "%s", name);
	if (file_read(path, have, sizeof(have)) < 0)
		snprintf(have, sizeof(have), "can't be read");
	if (strcmp(have, want))
		tap_diag("%s: %s, not %s", path, have, want);
	return !strcmp(have, want);
}

static void test_sysfs(void)
{
	reload("dma_contig=1 dma_max_segs=7 dma_max_seg=65536 dma_boundary=16777216 dma_keep=511 "
	       ALIGNS, FULL);
	tap_ok(reads("contiguous", "1") & reads("max_segs", "7") &
	       reads("start_align", "16") & reads("seg_align", "32") &
	       reads("len_align", "8") & reads("max_seg_bytes", "65536") &
	       reads("boundary_mask", "0xffffff") & reads("min_align_mask", "0x1ff") &
	       reads("dma_mask", "0xffffffff") & reads("bounce", "full"),
	       "a program can read the device's limits");
	reload("", EDGES);
	param_set(DMA_USER, "edge_align", "512");
	tap_ok(reads("contiguous", "0") & reads("max_segs", "4294967295") &
	       reads("start_align", "1") & reads("bounce", "edges") &
	       reads("edge_align", "512") & reads("min_align_mask", "0x0"),
	       "a device without limits says so");
	param_set(DMA_USER, "edge_align", "1");
	reload("", "");
	tap_ok(!param_set(DMA_USER, "bounce", "full") && reads("bounce", "full"),
	       "the module's parameter counts for devices that don't say");
	tap_is(param_set(DMA_USER, "bounce", "sometimes"), -EINVAL,
	       "bounce=sometimes is refused");
	param_set(DMA_USER, "bounce", "edges");
}

/* Where the machine's memory starts. */
static unsigned long long ram_start(void)
{
	unsigned long long start = ~0ULL;
	char line[128];
	FILE *f;

	f = fopen("/proc/iomem", "r");
	if (!f)
		tap_fatal("set-up: /proc/iomem (%s)", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "System RAM") && sscanf(line, "%llx-", &start) == 1)
			break;
	fclose(f);
	return start;
}

/*
 * A device that reaches part of the memory. What lies beyond is bounced by
 * swiotlb, or copied here where there is none. The third instance, of
 * dma-contig, would widen the mask: they are all one device.
 */
static void test_mask(void)
{
	char path[300];

	if (ram_start() >= 1ULL << 30) {
		tap_skip("no memory of this machine is in reach of 30 bits",
			 "dma_mask_bits=30");
		return;
	}
	reload("n_devs=2 dma_mask_bits=30", FULL);
	if (node_find(path, sizeof(path), "vivid-000-vid-cap")) {
		tap_skip("this kernel takes no device that reaches 30 bits only",
			 "dma_mask_bits=30");
		return;
	}
	stream_all("dma_mask_bits=30");
}

/* swiotlb=force: what a device needs no sync for is bounced all the same. */
static bool forced(void)
{
	char text[2048];

	if (file_read("/proc/cmdline", text, sizeof(text)) < 0)
		tap_fatal("set-up: the kernel's command line");
	return strstr(text, "swiotlb=force");
}

/* A device that snoops: there is nothing to do for a frame. */
static void test_coherent(void)
{
	long long synced;

	if (vivid_param_get("cachesan") == 1) {
		tap_skip("no cache of the sanitizer's snoops", "dma_coherent=1");
		return;
	}
	reload("dma_coherent=1", EDGES);
	synced = stat_of("bytes_synced");
	stream_all("dma_coherent=1");
	synced = stat_of("bytes_synced") - synced;
	if (forced())
		tap_ok(synced > 0, "dma_coherent=1: what swiotlb bounces is synced");
	else
		tap_is(synced, 0, "dma_coherent=1: bytes that were synced");
}

/* Neither the memory nor what would bounce it is in its reach: no warning. */
static void test_out_of_reach(void)
{
	char path[300];
	struct userbufs u;
	struct queue q;

	reload("n_devs=2 dma_mask_bits=24", EDGES);
	if (node_find(path, sizeof(path), "vivid-000-vid-cap")) {
		tap_skip("this kernel takes no device that reaches 24 bits only",
			 "dma_mask_bits=24");
		return;
	}
	setup(&q, &u, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 0, 0);
	tap_is(queue_qbuf(&q, 0), -EIO, "dma_mask_bits=24: QBUF");
	queue_close(&q);
	userbufs_put(&u);
}

static void test_bad_limits(void)
{
	char path[300];

	tap_is(module_remove("vivid"), 0, "vivid unloads");
	vivid_load("dma_align=48");
	tap_ok(node_find(path, sizeof(path), "vivid-000-vid-cap"),
	       "an alignment of 48 is refused");
	module_remove("vivid");
	tap_is(vivid_load(""), 0, "vivid loads again as it was");
}

int main(void)
{
	bool iommu = vivid_param_get("dma_iommu") == 1;

	tap_init(480);
	if (!stats_there()) {
		tap_skip("this allocator knows of no limits", "limits of a device");
		return tap_done();
	}
	/* Cache lines of at least so many bytes, so that all lanes have edges. */
	param_set(DMA_USER, "edge_align", "64");
	for (unsigned int i = 0; i < LIMITS; i++)
		test_limit(&limits[i], iommu ? limits[i].iommu : limits[i].copied);
	test_pairs(iommu);
	/* Behind an IOMMU these don't come to a copy. */
	if (!iommu) {
		test_announced();
		test_large_copy();
		test_room();
		test_import();
	}
	test_malloc("vid-cap");
	test_malloc("vid-out");
	test_data_offset("dma_keep=511", EDGES);
	test_data_offset(COPIED, FULL);
	test_large_mmap();
	test_boundary();
	test_mask();
	if (!iommu) {
		test_out_of_reach();
		/* Whatever lies behind vivid's IOMMU, it has to sync. */
		test_coherent();
	}
	test_never(iommu);
	test_default_policy(iommu);
	test_sysfs();
	test_bad_limits();
	return tap_done();
}
