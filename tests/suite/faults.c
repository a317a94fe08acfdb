// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation of the ioctls that make buffers is made to fail, one after the
 * other, and so is each pinning and mapping: the errno must be right, nothing may
 * stay pinned, mapped or charged, and the next frames must be right
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/inject.h"
#include "lib/module.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"
#include "lib/vmstat.h"

#define BUFS 2
#define FRAMES 3
#define NTH_MAX 1000
/*
 * Checkers keep what is freed, so a call allocates pages for the slabs now and then,
 * and what was the nth failure is another one's: one sweep misses some.
 */
#define SWEEPS 2
#define DIAG_MAX 5
/* More than the module pins in one go, and not a whole number of that. */
#define LONG_BYTES ((5u << 20) + 123)
/*
 * If each time a buffer stayed that was all but there: 63 MiB. A frame of 1080p is
 * 1012 pages and a half: the last one is allocated alone, and has no substitute.
 */
#define ROUNDS 8
#define LOSS_KIB (16 << 10)

/**
 * struct setting - what a scenario works on
 * @q:		its queue
 * @from:	the queue whose buffers it imports
 * @u:		memory for its buffers, USERPTR
 * @fd:		dma-bufs of @from, or the one that was exported
 * @map:	a mapped MMAP buffer
 */
struct setting {
	struct queue	q;
	struct queue	from;
	struct userbufs	u;
	int		fd[BUFS];
	void		*map;
};

/**
 * struct scenario - a call that shall fail at every point
 * @name:	of the call
 * @instance:	of the device
 * @kind:	of the queue
 * @fourcc:	its format
 * @memory:	of its buffers
 * @before:	everything as new, ready for @call
 * @call:	the call: 0 or -errno
 * @after:	undo it, if there is more to it than REQBUFS(0)
 * @child:	@call is a new process's first, for which the kernel allocates
 *		what later ones find
 * @offset:	of USERPTR buffers in their first page
 * @look:	the driver looks at the buffer in @call
 * @may:	what it may fail with
 * @failed:	at so many points it failed when this was written, in all sweeps
 *		(the fewer of armhf and arm64, and a third less, as no sweep is like
 *		another); fewer mean that the test lost sight of something
 * @floor:	and so many points it met, those included with which it coped
 * @copies:	of its arguments that fail in a sweep, at most: of EFAULT no more
 *		is to be forgiven
 */
struct scenario {
	const char	*name;
	unsigned int	instance;
	const char	*kind;
	__u32		fourcc;
	__u32		memory;
	void		(*before)(struct setting *s);
	int		(*call)(struct setting *s);
	void		(*after)(struct setting *s);
	bool		child;
	size_t		offset;
	bool		look;
	int		may[4];
	unsigned int	failed;
	unsigned int	floor;
	unsigned int	copies;
};

static void need(int ret, const char *what)
{
	if (ret)
		tap_fatal("set-up: %s (%s)", what, strerror(-ret));
}

/* Lets go of all buffers and has new ones. */
static void bufs_new(struct setting *s, __u32 memory)
{
	need(queue_reqbufs(&s->q, memory, 0), "REQBUFS(0)");
	need(queue_reqbufs(&s->q, memory, BUFS), "REQBUFS");
}

static void before_userptr(struct setting *s)
{
	bufs_new(s, V4L2_MEMORY_USERPTR);
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&s->u, &s->q, i, i);
}

/* As before_userptr(), in memory that has no pages yet. */
static void before_userptr_fresh(struct setting *s)
{
	before_userptr(s);
	if (madvise(s->u.mem[0][0].base, s->u.mem[0][0].total, MADV_DONTNEED))
		tap_fatal("set-up: memory without pages (%s)", strerror(errno));
}

static int call_qbuf(struct setting *s)
{
	return queue_qbuf(&s->q, 0);
}

static int call_prepare(struct setting *s)
{
	return queue_prepare(&s->q, 0);
}

static void before_reqbufs(struct setting *s)
{
	need(queue_reqbufs(&s->q, V4L2_MEMORY_MMAP, 0), "REQBUFS(0)");
}

/* Fewer buffers than asked for are an answer as well. */
static int call_reqbufs(struct setting *s)
{
	int ret = queue_reqbufs(&s->q, V4L2_MEMORY_MMAP, BUFS);

	return ret == -ENOBUFS ? 0 : ret;
}

static void before_mmap(struct setting *s)
{
	bufs_new(s, V4L2_MEMORY_MMAP);
	s->map = NULL;
}

static int call_mmap(struct setting *s)
{
	size_t len = s->q.size[0];
	void *map;

	/* Single-planar: buffer 0 is at offset 0. */
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, s->q.fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	s->map = map;
	return 0;
}

static void after_mmap(struct setting *s)
{
	if (s->map)
		munmap(s->map, s->q.size[0]);
	s->map = NULL;
}

static void before_export(struct setting *s)
{
	bufs_new(s, V4L2_MEMORY_MMAP);
	s->fd[0] = dup(s->q.fd);
	close(s->fd[0]);
}

/* It is the lowest free descriptor, if the call did not live to tell. */
static int call_export(struct setting *s)
{
	int fd = queue_export(&s->q, 0, 0);

	if (fd >= 0)
		s->fd[0] = fd;
	return fd < 0 ? fd : 0;
}

static void after_export(struct setting *s)
{
	/* Not there after most failures: that is no finding. */
	close(s->fd[0]);
}

/* The other node's buffers, where this one's device shall write. */
static void before_import(struct setting *s)
{
	bufs_new(s, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < BUFS; i++) {
		queue_attach(&s->q, i, 0, s->from.buf[i][0].mem,
			     s->from.buf[i][0].length);
		s->q.buf[i][0].fd = s->fd[i];
	}
}

/* The device is new: nobody has had a buffer for it. */
static void before_first(struct setting *s)
{
	queue_close(&s->q);
	need(vivid_reload(""), "vivid loads again");
	queue_open(&s->q, SINGLE, "vid-cap");
	queue_format(&s->q, V4L2_PIX_FMT_YUYV, 320, 180);
	before_userptr(s);
}

static void setting_open(struct setting *s, const struct scenario *sc)
{
	const char *reason = NULL;

	memset(s, 0, sizeof(*s));
	queue_open(&s->q, sc->instance, sc->kind);
	queue_format(&s->q, sc->fourcc, 320, 180);
	if (sc->memory == V4L2_MEMORY_USERPTR)
		reason = userbufs_get(&s->u, &s->q, BUFS, MEM_SMALL,
				      sc->offset, 0);
	if (reason)
		tap_fatal("set-up: memory for the buffers: %s", reason);
	if (sc->look)
		need(vivid_param_set("dma_look", "1"), "dma_look=1");
}

static void exporter_open(struct setting *s)
{
	queue_open(&s->from, SINGLE, "vid-out");
	queue_format(&s->from, V4L2_PIX_FMT_YUYV, 320, 180);
	need(queue_reqbufs(&s->from, V4L2_MEMORY_MMAP, BUFS), "REQBUFS");
	need(queue_mmap(&s->from), "mmap of the buffers");
	for (unsigned int i = 0; i < BUFS; i++) {
		s->fd[i] = queue_export(&s->from, i, 0);
		need(s->fd[i] < 0 ? s->fd[i] : 0, "EXPBUF");
	}
}

static void setting_close(struct setting *s, const struct scenario *sc)
{
	queue_close(&s->q);
	userbufs_put(&s->u);
	if (sc->look)
		need(vivid_param_set("dma_look", "0"), "dma_look=0");
	if (sc->memory != V4L2_MEMORY_DMABUF)
		return;
	for (unsigned int i = 0; i < BUFS; i++)
		close(s->fd[i]);
	queue_munmap(&s->from);
	queue_close(&s->from);
}

/* The queue as the failed call left it, but for the MMAP buffers' mapping. */
static bool works(struct setting *s, const struct scenario *sc)
{
	struct frame frames[FRAMES];
	bool good;

	if (sc->memory == V4L2_MEMORY_MMAP) {
		bufs_new(s, V4L2_MEMORY_MMAP);
		need(queue_mmap(&s->q), "mmap of the buffers");
	}
	good = stream_good(&s->q, frames, FRAMES, NULL);
	if (sc->memory == V4L2_MEMORY_MMAP)
		queue_munmap(&s->q);
	return good;
}

static bool allowed(const struct scenario *sc, int err)
{
	for (unsigned int n = 0; n < 4 && sc->may[n]; n++)
		if (sc->may[n] == err)
			return true;
	return false;
}

/**
 * struct count - what the runs of a scenario showed
 * @failed:	points where the failure of an allocation made the call fail
 * @coped:	points where it did not
 * @copies:	points where it was the copy of its arguments that failed, after
 *		which the call may have been carried out all the same
 * @strange:	of @failed, with an errno that makes no sense
 * @leaked:	times that more, or less, was held than before
 * @broken:	runs after which the queue did not work
 * @ended:	the last run met no failure, and succeeded
 */
struct count {
	unsigned int	failed, coped, copies, strange, leaked, broken;
	bool		ended;
};

/* What the module counts of that which a failure must undo. */
static const char *const counted[] = { "registrations", "segments", "bytes_mmap" };

#define COUNTED (sizeof(counted) / sizeof(*counted))

/**
 * struct held - what there is of all that can be left behind
 * @pages:	pinned, in the whole system
 * @kib:	charged to this program
 * @stat:	the counters of @counted
 */
struct held {
	long		pages;
	long		kib;
	long long	stat[COUNTED];
};

static struct held held_now(void)
{
	struct held h = { .pages = pins_held(), .kib = pinned_kib() };

	for (unsigned int n = 0; n < COUNTED && stats_there(); n++)
		h.stat[n] = stat_of(counted[n]);
	return h;
}

static bool same(long long more, const char *what, const char *when,
		 unsigned int nth)
{
	if (more)
		tap_diag("%lld more %s %s, failure %u", more, what, when, nth);
	return !more;
}

static void leak_check(struct count *c, const struct held *want,
		       const char *when, unsigned int nth)
{
	bool good = same(pins_settle(want->pages) - want->pages,
			 "pages are pinned", when, nth);

	good &= same(pinned_kib_settle(want->kib) - want->kib,
		     "KiB are charged", when, nth);
	for (unsigned int n = 0; n < COUNTED && stats_there(); n++)
		good &= same(stat_settle(counted[n], want->stat[n]) -
			     want->stat[n], counted[n], when, nth);
	c->leaked += !good;
}

static void count_result(struct count *c, const struct scenario *sc, int ret,
			 bool hit, unsigned int nth)
{
	c->ended = !hit && !ret;
	if (!ret)
		c->coped += hit;
	else if (hit && ret == -EFAULT)
		c->copies++;
	else if (hit && allowed(sc, -ret))
		c->failed++;
	else if (c->strange++ < DIAG_MAX)
		tap_diag("failure %u: %s", nth, strerror(-ret));
}

/* Returns what the call does when the @nth allocation fails, if there is one. */
static int call_here(struct setting *s, const struct scenario *sc,
		     unsigned int nth, bool *hit)
{
	int ret;

	inject_nth(nth);
	ret = sc->call(s);
	*hit = inject_hit();
	return ret;
}

static int call_in_child(struct setting *s, const struct scenario *sc,
			 unsigned int nth, bool *hit)
{
	struct {
		int	ret;
		bool	hit;
	} told;
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		tap_fatal("set-up: a pipe (%s)", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(60);
		inject_child();
		/* Its own pages first, which a fork leaves to be copied. */
		queue_qbuf(&s->q, BUFS);
		told.ret = call_here(s, sc, nth, &told.hit);
		_exit(write(ends[1], &told, sizeof(told)) != sizeof(told));
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &told, sizeof(told)) != sizeof(told) ||
	    waitpid(pid, NULL, 0) != pid)
		tap_fatal("set-up: a child");
	close(ends[0]);
	*hit = told.hit;
	return told.ret;
}

/* Returns whether there was an @nth allocation to fail. */
static bool run_nth(struct setting *s, const struct scenario *sc,
		    struct count *c, unsigned int nth)
{
	struct held empty = held_now(), ready;
	bool hit;
	int ret;

	sc->before(s);
	ready = held_now();
	ret = (sc->child ? call_in_child : call_here)(s, sc, nth, &hit);
	count_result(c, sc, ret, hit, nth);
	if (ret && ret != -EFAULT)
		leak_check(c, &ready, "after the call that failed", nth);
	if (sc->after)
		sc->after(s);
	need(queue_off(&s->q), "STREAMOFF");
	if (!works(s, sc) && c->broken++ < DIAG_MAX)
		tap_diag("failure %u: the queue does not work after it", nth);
	need(queue_reqbufs(&s->q, sc->memory, 0), "REQBUFS(0)");
	leak_check(c, &empty, "at the end", nth);
	return hit;
}

static void judge(const struct scenario *sc, const struct count *c)
{
	tap_diag("%s: fails at %u points, copes at %u, copies fail at %u",
		 sc->name, c->failed, c->coped, c->copies);
	tap_ok(c->ended, "%s succeeds once nothing is left to fail", sc->name);
	tap_is(c->strange, 0, "%s fails with an errno that makes sense",
	       sc->name);
	tap_is(c->leaked, 0, "%s leaves nothing behind when it fails",
	       sc->name);
	tap_is(c->broken, 0, "after %s failed, frames equal the device's",
	       sc->name);
	tap_ok(c->failed >= sc->failed && c->failed + c->coped >= sc->floor,
	       "%s meets no fewer than %u failures, and fails at no fewer than %u",
	       sc->name, sc->floor, sc->failed);
	tap_ok(c->copies <= SWEEPS * sc->copies,
	       "%s fails with EFAULT no more than %u times", sc->name,
	       SWEEPS * sc->copies);
}

static void sweep(struct setting *s, const struct scenario *sc, struct count *c)
{
	unsigned int nth = 0;

	while (++nth < NTH_MAX && run_nth(s, sc, c, nth))
		continue;
}

static void test_scenario(const struct scenario *sc)
{
	struct count c = { 0 };
	struct setting s;

	setting_open(&s, sc);
	if (sc->memory == V4L2_MEMORY_DMABUF)
		exporter_open(&s);
	/* Once without: what the first call ever allocates is not the test. */
	run_nth(&s, sc, &c, 0);
	memset(&c, 0, sizeof(c));
	for (unsigned int n = 0; n < SWEEPS; n++)
		sweep(&s, sc, &c);
	judge(sc, &c);
	setting_close(&s, sc);
}

static const struct scenario scenarios[] = {
	{
		.name = "QBUF for capture",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 3, .floor = 11, .copies = 6,
	}, {
		.name = "QBUF for capture of a buffer with edges",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf, .offset = 24,
		.may = { ENOMEM },
		.failed = 5, .floor = 14, .copies = 6,
	}, {
		/* Whole lines: of what is not copied there is no list of pages. */
		.name = "QBUF for capture by a driver that looks",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf, .look = true,
		.may = { ENOMEM },
		.failed = 6, .floor = 14, .copies = 6,
	}, {
		.name = "QBUF for capture into memory without pages",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr_fresh, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 6, .floor = 55, .copies = 6,
	}, {
		.name = "PREPARE_BUF for capture",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_prepare,
		.may = { ENOMEM },
		.failed = 3, .floor = 11, .copies = 6,
	}, {
		.name = "QBUF of two planes",
		.instance = MULTI, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_NV16M, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 9, .floor = 26, .copies = 9,
	}, {
		.name = "QBUF for capture, a process's first",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf,
		.after = before_userptr, .child = true,
		.may = { ENOMEM },
		.failed = 8, .floor = 58, .copies = 6,
	}, {
		.name = "QBUF for output",
		.instance = SINGLE, .kind = "vid-out",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 4, .floor = 11, .copies = 6,
	}, {
		.name = "REQBUFS(MMAP)",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_MMAP,
		.before = before_reqbufs, .call = call_reqbufs,
		.may = { ENOMEM },
		.failed = 12, .floor = 42, .copies = 6,
	}, {
		.name = "mmap of a buffer",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_MMAP,
		.before = before_mmap, .call = call_mmap, .after = after_mmap,
		.may = { ENOMEM },
		.failed = 3, .floor = 11, .copies = 0,
	}, {
		/* The core has EINVAL for whatever the export failed with. */
		.name = "EXPBUF",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_MMAP,
		.before = before_export, .call = call_export,
		.after = after_export,
		.may = { ENOMEM, EINVAL },
		.failed = 5, .floor = 11, .copies = 6,
	}, {
		.name = "QBUF of an imported dma-buf",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_DMABUF,
		.before = before_import, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 5, .floor = 11, .copies = 6,
	},
};

#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

/* The device takes less than a page in one piece: all is copied. */
static void test_copies(void)
{
	static const struct scenario sc = {
		.name = "QBUF of what is copied as a whole",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_userptr, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 3, .floor = 13, .copies = 6,
	};

	need(vivid_reload(VIVID_COPIES), "vivid loads");
	test_scenario(&sc);
	need(vivid_reload(""), "vivid loads again as it was");
}

/*
 * What a device's first buffer allocates, its later ones find: the device is told
 * to call back when it loses its driver. It copes without that.
 */
static void test_first(void)
{
	static const struct scenario sc = {
		.name = "QBUF for capture, a device's first",
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_USERPTR,
		.before = before_first, .call = call_qbuf,
		.may = { ENOMEM },
		.failed = 8, .floor = 30, .copies = 6,
	};

	test_scenario(&sc);
}

/* Each failure of REQBUFS once; returns how many there were. */
static unsigned int fail_reqbufs(struct setting *s, const struct scenario *sc)
{
	unsigned int nth = 0;
	bool hit;

	do {
		call_here(s, sc, ++nth, &hit);
		before_reqbufs(s);
	} while (hit && nth < NTH_MAX);
	return nth - 1;
}

/* Pages are in no list that a checker of the kernel's looks through. */
static void test_loss(void)
{
	static const struct scenario sc = {
		.instance = SINGLE, .kind = "vid-cap",
		.fourcc = V4L2_PIX_FMT_YUYV, .memory = V4L2_MEMORY_MMAP,
		.call = call_reqbufs,
	};
	unsigned int met = 0;
	struct setting s;
	long lost;

	setting_open(&s, &sc);
	queue_format(&s.q, sc.fourcc, 1920, 1080);
	fail_reqbufs(&s, &sc);
	lost = free_kib();
	for (unsigned int n = 0; n < ROUNDS; n++)
		met += fail_reqbufs(&s, &sc);
	lost -= free_kib();
	tap_diag("after %u failures, %ld KiB less are free", met, lost);
	tap_ok(lost < LOSS_KIB, "REQBUFS(MMAP) that fails leaves no memory taken");
	setting_close(&s, &sc);
}

static const int errnos[] = { ENOMEM, EFAULT, EINTR, EOPNOTSUPP, EIO };
#define ERRNOS (sizeof(errnos) / sizeof(*errnos))

static void test_errno(struct setting *s, const struct scenario *sc,
		       const char *function, int err)
{
	struct count c = { 0 };
	struct held ready;
	int ret;

	sc->before(s);
	ready = held_now();
	need(inject_function(function, err, 0), function);
	ret = sc->call(s);
	inject_function_end();
	tap_is(ret, -err, "%s tells what %s fails with", sc->name, function);
	leak_check(&c, &ready, "after the call that failed", 1);
	tap_is(c.leaked, 0, "%s leaves nothing behind when %s fails with %s",
	       sc->name, function, strerrorname_np(err));
	tap_ok(works(s, sc), "after %s failed with %s, frames equal the device's",
	       function, strerrorname_np(err));
}

/* Some of it is done when the rest fails: the second batch, or plane. */
static void test_half(struct setting *s, const struct scenario *sc,
		      const char *function)
{
	struct count c = { 0 };
	struct held ready;
	struct mem big;
	int ret;

	mem_need(&big, LONG_BYTES, 0);
	sc->before(s);
	if (s->q.planes == 1)
		queue_attach(&s->q, 0, 0, big.user, big.len);
	ready = held_now();
	need(inject_function(function, ENOMEM, 1), function);
	ret = sc->call(s);
	inject_function_end();
	tap_is(ret, -ENOMEM, "%s fails at the second %s", sc->name, function);
	leak_check(&c, &ready, "after the call that failed", 2);
	tap_is(c.leaked, 0, "%s leaves nothing of the first one behind",
	       sc->name);
	sc->before(s);
	mem_put(&big);
}

static void test_functions_of(const struct scenario *sc)
{
	static const char *const functions[] = { "vdu_pin_pages", "vdu_dma_map" };
	struct setting s;

	setting_open(&s, sc);
	for (unsigned int f = 0; f < 2; f++) {
		for (unsigned int n = 0; n < ERRNOS; n++)
			test_errno(&s, sc, functions[f], errnos[n]);
		/* One plane is mapped in one go, but pinned in several. */
		if (!f || s.q.planes > 1)
			test_half(&s, sc, functions[f]);
	}
	setting_close(&s, sc);
}

static void test_functions(void)
{
	const char *reason = inject_function_setup();

	if (reason) {
		tap_skip(reason, "each errno of pinning and mapping is told");
		return;
	}
	for (unsigned int n = 0; n < SCENARIOS; n++)
		if (scenarios[n].memory == V4L2_MEMORY_USERPTR &&
		    !scenarios[n].child)
			test_functions_of(&scenarios[n]);
}

int main(void)
{
	const char *reason;

	tap_init(495);
	reason = inject_setup();
	if (reason) {
		tap_skip(reason, "each step of each ioctl fails once");
		return tap_done();
	}
	/* A buffer that the driver refuses may stay idle: that is no leak. */
	if (stats_there())
		need(param_set(DMA_USER, "idle_mb", "0"), "idle_mb=0");
	for (unsigned int n = 0; n < SCENARIOS; n++)
		test_scenario(&scenarios[n]);
	test_first();
	test_loss();
	if (stats_there())
		test_copies();
	test_functions();
	return tap_done();
}
