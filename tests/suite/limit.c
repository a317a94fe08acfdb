// SPDX-License-Identifier: GPL-2.0
/*
 * Pinned memory is charged to its program, and held against RLIMIT_MEMLOCK if
 * the module is told to
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define NOBODY 65534

static struct userbufs more;

static void setup(struct queue *q, struct userbufs *u, const char *kind)
{
	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(u, q, BUFS);
}

static long kib_of(const struct queue *q, unsigned int index)
{
	unsigned long page = page_size();
	unsigned long start = (unsigned long)q->buf[index][0].mem;
	unsigned long end = start + q->buf[index][0].length - 1;

	return (end / page - start / page + 1) * (page >> 10);
}

static void test_charged(const char *kind)
{
	struct frame frames[2 * BUFS];
	struct userbufs u;
	struct queue q;
	long all;

	setup(&q, &u, kind);
	all = BUFS * kib_of(&q, 0);
	tap_is(pinned_kib(), 0, "%s: nothing is charged at first", kind);
	tap_ok(stream_good(&q, frames, 2 * BUFS, NULL), "%s: frames are right",
	       kind);
	tap_is(pinned_kib(), all, "%s: VmPin tells what is pinned", kind);
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), 0, "%s: REQBUFS(0)",
	       kind);
	tap_is(pinned_kib(), 0, "%s: nothing is charged then", kind);
	queue_close(&q);
	userbufs_put(&u);
}

/* A refused pin must not stay on the account. */
static void test_refused(void)
{
	struct userbufs u;
	struct queue q;

	setup(&q, &u, "vid-cap");
	if (mprotect(u.mem[0][0].base, u.mem[0][0].total, PROT_READ))
		tap_fatal("set-up: mprotect (%s)", strerror(errno));
	tap_is(queue_qbuf(&q, 0), -EFAULT, "QBUF for capture of read-only memory");
	tap_is(pinned_kib(), 0, "a refused QBUF is not charged");
	queue_close(&q);
	userbufs_put(&u);
}

static void limit(unsigned long kib)
{
	struct rlimit r = { .rlim_cur = kib << 10, .rlim_max = kib << 10 };

	if (setrlimit(RLIMIT_MEMLOCK, &r))
		tap_fatal("set-up: RLIMIT_MEMLOCK (%s)", strerror(errno));
}

static bool drop_root(void)
{
	return !setgroups(0, NULL) && !setgid(NOBODY) && !setuid(NOBODY);
}

/* Its exit status; a child that does not end by itself ends the test. */
static int reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		tap_fatal("set-up: a child");
	return WEXITSTATUS(status);
}

/* What a child does, as nobody, within a limit. */
struct trial {
	int (*run)(const struct trial *t);
	struct queue *q;
	struct queue *cap;
	unsigned long kib;
	bool root;
};

static int in_child(const struct trial *t)
{
	int result;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		limit(t->kib);
		_exit(t->root || drop_root() ? t->run(t) : 90);
	}
	result = reap(pid);
	queue_off(t->q);
	if (t->cap)
		queue_off(t->cap);
	return result;
}

/* QBUF of all buffers; the number of the first that fails. */
static int run_all(const struct trial *t)
{
	for (unsigned int i = 0; i < BUFS; i++) {
		int ret = queue_qbuf(t->q, i);

		if (ret)
			return ret == -ENOMEM ? (int)i : 91;
	}
	return BUFS;
}

static int queued_in_child(struct queue *q, unsigned long kib, bool root)
{
	struct trial t = { .run = run_all, .q = q, .kib = kib, .root = root };

	return in_child(&t);
}

/* Twice as many buffers as fit, in turn. 0, or what failed. */
static int run_rotation(const struct trial *t)
{
	if (userbufs_get(&more, t->q, 2 * BUFS, MEM_ANON, 0, 0))
		return 92;
	for (unsigned int n = 0; n < 4 * BUFS; n++) {
		unsigned int slot = n % BUFS;

		userbufs_attach(&more, t->q, slot, n % (2 * BUFS));
		if (queue_qbuf(t->q, slot))
			return 1 + n;
		if (slot == BUFS - 1 && queue_off(t->q))
			return 93;
	}
	return 0;
}

/*
 * Output and capture of the same memory, which gets other pages before each
 * capture: no two of them share any. The number of captures queued.
 */
static unsigned int queue_stale(struct queue *out, struct queue *cap)
{
	struct plane *plane = &out->buf[0][0];
	unsigned int n;

	memset(plane->mem, 1, plane->length);
	if (queue_qbuf(out, 0))
		return 0;
	for (n = 0; n < BUFS; n++) {
		queue_attach(cap, n, 0, plane->mem, plane->length);
		if (queue_qbuf(cap, n))
			break;
		/* Whole pages: it starts at one. */
		madvise(plane->mem, plane->length, MADV_DONTNEED);
		memset(plane->mem, 2, plane->length);
	}
	return n;
}

static int run_stale(const struct trial *t)
{
	return queue_stale(t->q, t->cap);
}

/* Capture into memory that is also output. 0, or the errno of that QBUF. */
static int queue_shared(struct queue *out, struct queue *cap)
{
	struct plane *plane = &out->buf[0][0];

	if (queue_qbuf(out, 0))
		return 94;
	queue_attach(cap, 0, 0, plane->mem, plane->length);
	return -queue_qbuf(cap, 0);
}

static int run_shared(const struct trial *t)
{
	struct plane *plane = &t->q->buf[0][0];
	int ret;

	memset(plane->mem, 1, plane->length);
	ret = queue_shared(t->q, t->cap);
	return ret || pinned_kib() == kib_of(t->q, 0) ? ret : 95;
}

/* The line tells need, use and limit: of @need KiB, @use and @most. */
static bool explained(long need, long use, long most)
{
	char want[128];

	snprintf(want, sizeof(want),
		 "need %ld KiB, in use %ld KiB, limit %ld KiB", need, use, most);
	return klog_has(want);
}

static void test_shared(void)
{
	struct trial t;
	struct queue out, cap;
	struct userbufs u, unused;
	long one;

	setup(&out, &u, "vid-out");
	setup(&cap, &unused, "vid-cap");
	one = kib_of(&out, 0);
	tap_is(queue_stale(&out, &cap), BUFS,
	       "capture into memory that is also output, and then replaced");
	tap_is(pinned_kib(), (1 + BUFS) * one, "all of its pages are charged");
	tap_is(queue_reqbufs(&out, V4L2_MEMORY_USERPTR, 0), 0, "the output ends");
	tap_is(pinned_kib(), BUFS * one, "the captures' pages stay charged");
	tap_is(queue_reqbufs(&cap, V4L2_MEMORY_USERPTR, 0), 0, "the captures end");
	/* What a transfer was the last to use goes a moment after its end. */
	tap_is(pinned_kib_settle(0), 0, "nothing is charged then");

	if (queue_reqbufs(&out, V4L2_MEMORY_USERPTR, 1) ||
	    queue_reqbufs(&cap, V4L2_MEMORY_USERPTR, BUFS))
		tap_fatal("set-up: buffers");
	queue_attach(&out, 0, 0, u.mem[0][0].user, u.mem[0][0].len);
	t = (struct trial){ .run = run_stale, .q = &out, .cap = &cap,
			    .kib = 3 * one };
	/* The capture's pin gives never written memory pages of its own. */
	madvise(out.buf[0][0].mem, out.buf[0][0].length, MADV_DONTNEED);
	tap_is(queue_shared(&out, &cap), 0,
	       "capture into memory that is output and was never written");
	tap_is(pinned_kib(), 2 * one, "both of its pages are charged");
	queue_off(&out);
	queue_off(&cap);
	tap_is(param_set(DMA_USER, "memlock", "enforce"), 0, "memlock=enforce");
	tap_is(in_child(&t), 2,
	       "memlock=enforce: replaced pages count until their transfer ends");
	t.run = run_shared;
	t.kib = 2 * one;
	tap_is(in_child(&t), 0,
	       "memlock=enforce: capture into memory that is output is charged once");
	t.kib = 2 * one - 4;
	tap_is(in_child(&t), ENOMEM,
	       "memlock=enforce: but there must be room for it first");
	tap_is(param_set(DMA_USER, "memlock", "account"), 0, "memlock=account");
	queue_close(&out);
	queue_close(&cap);
	userbufs_put(&u);
	userbufs_put(&unused);
}

/* The capture's pages, charged, become the output's alone: so does the charge. */
static void test_overtaken(void)
{
	struct queue out, cap;
	struct userbufs u, unused;
	struct plane *plane;
	long one;

	setup(&out, &u, "vid-out");
	setup(&cap, &unused, "vid-cap");
	one = kib_of(&out, 0);
	plane = &out.buf[0][0];
	queue_attach(&cap, 0, 0, plane->mem, plane->length);
	if (queue_qbuf(&cap, 0) || queue_qbuf(&out, 0))
		tap_fatal("set-up: output of what was captured");
	tap_is(pinned_kib(), one, "output of what is capture as well is not charged");
	queue_off(&cap);
	queue_off(&out);
	madvise(plane->mem, plane->length, MADV_DONTNEED);
	tap_is(queue_qbuf(&cap, 0), 0, "QBUF for capture of other pages there");
	tap_is(pinned_kib(), 2 * one, "both the old and the new ones are charged");
	tap_is(queue_reqbufs(&out, V4L2_MEMORY_USERPTR, 0), 0, "the output ends");
	tap_is(pinned_kib(), one, "and so does the charge of the old ones");
	queue_close(&out);
	queue_close(&cap);
	tap_is(pinned_kib_settle(0), 0, "nothing is charged after the capture");
	userbufs_put(&u);
	userbufs_put(&unused);
}

static void test_enforced(void)
{
	long before = pins_before();
	struct userbufs u;
	struct trial t;
	struct queue q;
	long one;

	setup(&q, &u, "vid-cap");
	one = kib_of(&q, 0);
	tap_is(queued_in_child(&q, one, false), BUFS,
	       "memlock=account: the limit does not count");
	tap_is(param_set(DMA_USER, "memlock", "enforce"), 0, "memlock=enforce");
	tap_is(queued_in_child(&q, BUFS * one, false), BUFS,
	       "memlock=enforce: what the limit allows is queued");
	tap_is(queued_in_child(&q, BUFS * one - 4, false), BUFS - 1,
	       "memlock=enforce: one page less, and the last is not");
	tap_ok(explained(one, (BUFS - 1) * one, BUFS * one - 4),
	       "the kernel log tells need, use and limit");
	tap_is(queued_in_child(&q, 0, false), 0,
	       "memlock=enforce: with a limit of 0, none is queued");
	t = (struct trial){ .run = run_rotation, .q = &q, .kib = BUFS * one };
	tap_is(in_child(&t), 0,
	       "memlock=enforce: idle buffers go before one is refused");
	tap_is(queued_in_child(&q, 0, true), BUFS,
	       "memlock=enforce: CAP_IPC_LOCK is exempt");
	tap_is(param_set(DMA_USER, "memlock", "nonsense"), -EINVAL,
	       "memlock=nonsense is refused");
	tap_is(param_set(DMA_USER, "memlock", "account"), 0, "memlock=account");
	tap_is(pins_settle(before), before, "nothing stays pinned");
	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	tap_init(120);
	if (!stats_there()) {
		tap_skip("this allocator charges nothing", "pinned memory is charged");
		return tap_done();
	}
	test_charged("vid-cap");
	test_charged("vid-out");
	test_refused();
	test_enforced();
	test_shared();
	test_overtaken();
	return tap_done();
}
