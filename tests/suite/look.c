// SPDX-License-Identifier: GPL-2.0
/*
 * What the module shows: the list of registrations, and trace events
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 2
#define FRAMES 6
#define LIST "/sys/kernel/debug/vb2-dma-user/registrations"
#define TRACING "/sys/kernel/tracing/"
#define EVENTS TRACING "events/vb2_dma_user/"
#define TEXT_BYTES (1024 * 1024)

static char *text;

static void setup(struct queue *q, struct userbufs *u)
{
	queue_open(q, SINGLE, "vid-cap");
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(u, q, BUFS);
}

/**
 * struct row - a line of the list
 * @pid:	owner
 * @address:	of the range
 * @bytes:	of it
 * @segments:	for the device
 * @device:	which
 * @direction:	of the transfers, enum dma_data_direction
 * @state:	busy, held or idle, and whether something happened to the range
 * @hits:	times that it saved a pin
 * @name:	of the owner
 */
struct row {
	int		pid;
	unsigned long	address;
	unsigned long	bytes;
	unsigned int	segments;
	char		device[32];
	int		direction;
	char		state[32];
	unsigned long	hits;
	char		name[32];
};

static bool row_parse(const char *line, struct row *r)
{
	return sscanf(line, "%d %lx %lu %u %31s %d %31s %lu %31s", &r->pid,
		      &r->address, &r->bytes, &r->segments, r->device,
		      &r->direction, r->state, &r->hits, r->name) == 9;
}

/* The row of that buffer; its lack is a failed test. */
static bool row_of(const struct queue *q, unsigned int index, struct row *r)
{
	unsigned long mem = (unsigned long)q->buf[index][0].mem;

	memset(r, 0, sizeof(*r));
	if (file_read(LIST, text, TEXT_BYTES) < 0)
		tap_fatal("set-up: %s can be read", LIST);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (row_parse(line, r) && r->address == mem)
			return true;
	return tap_ok(false, "the list has the buffer at 0x%lx", mem);
}

static void state_is(const struct queue *q, unsigned int index,
		     const char *want, const char *when)
{
	struct row r;

	if (!row_of(q, index, &r))
		return;
	if (!tap_ok(!strcmp(r.state, want), "%s, a registration is %s", when,
		    want))
		tap_diag("it is %s", r.state);
}

static void test_list(void)
{
	struct frame frames[FRAMES];
	struct userbufs u, other;
	struct queue q;
	struct row r;

	setup(&q, &u);
	tap_is(queue_qbuf(&q, 0), 0, "QBUF");
	state_is(&q, 0, "busy", "queued");
	queue_off(&q);
	tap_ok(stream_good(&q, frames, FRAMES, NULL), "frames are right");
	state_is(&q, 0, "held", "dequeued");
	if (row_of(&q, 0, &r)) {
		tap_is(r.pid, getpid(), "the list tells whose it is");
		tap_ok(!strcmp(r.name, "look"), "and the program's name");
		tap_is(r.bytes, q.size[0], "its bytes");
		tap_ok(r.segments, "its segments");
		tap_ok(!strncmp(r.device, "vivid", 5), "its device");
		tap_is(r.direction, 2, "its direction: from the device");
		tap_ok(r.hits >= FRAMES / BUFS, "and how often it was found");
	}
	if (madvise(u.mem[0][0].base, u.mem[0][0].total, MADV_DONTNEED))
		tap_fatal("set-up: MADV_DONTNEED (%s)", strerror(errno));
	state_is(&q, 0, "held,suspect", "with its pages taken away");
	if (userbufs_get(&other, &q, 1, MEM_ANON, 0, 0))
		tap_fatal("set-up: memory for another buffer");
	userbufs_attach(&other, &q, 1, 0);
	tap_is(queue_qbuf(&q, 1), 0, "QBUF of other memory in its slot");
	userbufs_attach(&u, &q, 1, 1);
	state_is(&q, 1, "idle", "in no slot");
	queue_close(&q);
	userbufs_put(&u);
	userbufs_put(&other);
}

/* Opening it to be overwritten is what empties it. */
static void trace_clear(void)
{
	int fd = open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		tap_fatal("set-up: the trace can be emptied (%s)", strerror(errno));
	close(fd);
}

/* The first line of the trace that has both texts, or NULL. */
static const char *trace_line(const char *event, const char *what)
{
	char *line;

	if (file_read(TRACING "trace", text, TEXT_BYTES) < 0)
		tap_fatal("set-up: the trace can be read");
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, event) && strstr(line, what))
			break;
	return line;
}

static void event_is(const char *name, const char *what, const char *when)
{
	char want[64];

	snprintf(want, sizeof(want), " %s: vivid", name);
	tap_ok(trace_line(want, what), "%s: event %s tells %s", when, name, what);
}

static void test_trace(void)
{
	long long synced = stat_of("bytes_synced");
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	if (access(EVENTS "enable", F_OK)) {
		tap_skip("this kernel has no trace events",
			 "each event is told");
		return;
	}
	trace_clear();
	if (file_write(EVENTS "enable", "1"))
		tap_fatal("set-up: events can be enabled");
	setup(&q, &u);
	stream_run(&q, frames, FRAMES, NULL);
	event_is("vdu_register", "segments=", "a first QBUF");
	event_is("vdu_hit", "dir=from-device", "a later QBUF");
	if (stat_of("bytes_synced") > synced)
		event_is("vdu_sync", "for=cpu", "a frame");
	else
		tap_skip("CPU and device agree about everything here",
			 "a frame: event vdu_sync");
	if (madvise(u.mem[0][0].base, u.mem[0][0].total, MADV_DONTNEED))
		tap_fatal("set-up: MADV_DONTNEED (%s)", strerror(errno));
	event_is("vdu_suspect", "event=clear", "pages taken away");
	tap_is(queue_qbuf(&q, 0), 0, "QBUF of what is there instead");
	event_is("vdu_repin", "result=-", "pages that are others");
	event_is("vdu_evict", "why=stale", "pages that are others");
	queue_close(&q);
	event_is("vdu_evict", "why=queue", "close");
	file_write(EVENTS "enable", "0");
	userbufs_put(&u);
}

/* Makes more idle than there may be, so that the longest unused goes. */
static void evict_others(void)
{
	struct userbufs u;
	struct queue q;

	queue_open(&q, SINGLE, "vid-out");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 1280, 720);
	userbufs_setup(&u, &q, BUFS);
	for (unsigned int i = 0; i < BUFS; i++) {
		userbufs_attach(&u, &q, 0, i);
		if (queue_qbuf(&q, 0))
			_exit(1);
		queue_off(&q);
	}
	queue_close(&q);
	_exit(0);
}

/* A program's memory may take long to let go of: that is nobody else's wait. */
static void test_release(void)
{
	const char *name = "memory that another program makes go is released by a worker";
	struct userbufs u;
	const char *line;
	char owner[32];
	struct queue q;
	int status;
	pid_t pid;

	if (access(EVENTS "enable", F_OK)) {
		tap_skip("this kernel has no trace events", "%s", name);
		return;
	}
	setup(&q, &u);
	for (unsigned int i = 0; i < BUFS; i++) {
		userbufs_attach(&u, &q, 0, i);
		tap_is(queue_qbuf(&q, 0), 0, "QBUF of buffer %u in one slot", i);
		queue_off(&q);
	}
	param_set(DMA_USER, "idle_mb", "1");
	trace_clear();
	file_write(EVENTS "vdu_release/enable", "1");
	fflush(NULL);
	pid = fork();
	if (!pid)
		evict_others();
	tap_ok(pid > 0 && waitpid(pid, &status, 0) == pid && !status,
	       "another program has other buffers");
	/* A worker may be late. */
	usleep(500000);
	snprintf(owner, sizeof(owner), " owner=%d ", getpid());
	line = trace_line(" vdu_release:", owner);
	if (!tap_ok(line && strstr(line, "kworker/"), "%s", name))
		tap_diag("%s", line ?: "it is not released");
	queue_close(&q);
	file_write(EVENTS "vdu_release/enable", "0");
	param_set(DMA_USER, "idle_mb", "256");
	userbufs_put(&u);
}

static void test_bounce_event(void)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	if (access(EVENTS "enable", F_OK)) {
		tap_skip("this kernel has no trace events",
			 "copies: event vdu_bounce");
		return;
	}
	param_set(DMA_USER, "edge_align", "64");
	queue_open(&q, SINGLE, "vid-out");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 1) ||
	    userbufs_get(&u, &q, 1, MEM_ANON, 24, 0))
		tap_fatal("set-up: memory for a buffer");
	userbufs_attach(&u, &q, 0, 0);
	trace_clear();
	file_write(EVENTS "vdu_bounce/enable", "1");
	stream_run(&q, frames, 1, NULL);
	event_is("vdu_bounce", "to=device", "edges of an output");
	queue_close(&q);
	file_write(EVENTS "vdu_bounce/enable", "0");
	userbufs_put(&u);
	param_set(DMA_USER, "edge_align", "1");
}

int main(void)
{
	tap_init(120);
	if (!stats_there()) {
		tap_skip("this allocator shows nothing", "what the module shows");
		return tap_done();
	}
	text = malloc(TEXT_BYTES);
	if (!text)
		tap_fatal("set-up: memory");
	test_list();
	test_trace();
	test_release();
	test_bounce_event();
	free(text);
	return tap_done();
}
