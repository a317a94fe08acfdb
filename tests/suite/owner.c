// SPDX-License-Identifier: GPL-2.0
/*
 * Whose memory is it: queues that are shared with children, programs that end
 * with buffers in flight
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define FRAMES 6

static void queue_of(struct queue *q, const char *kind)
{
	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
}

static void refill(struct userbufs *u)
{
	for (unsigned int i = 0; i < BUFS; i++)
		pattern_fill(u->mem[i][0].user, u->mem[i][0].len, i);
}

/* Memory of the calling program for a queue that has slots. */
static void own_memory(struct queue *q, struct userbufs *u)
{
	if (userbufs_get(u, q, BUFS, MEM_ANON, 0, 0))
		tap_fatal("set-up: memory for the buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(u, q, i, i);
	refill(u);
}

static void setup(struct queue *q, struct userbufs *u, const char *kind)
{
	queue_of(q, kind);
	userbufs_setup(u, q, BUFS);
	refill(u);
}

static bool untouched(const struct userbufs *u)
{
	bool good = true;

	for (unsigned int i = 0; i < BUFS; i++)
		good &= pattern_good(u->mem[i][0].user, 0, u->mem[i][0].len, i);
	return good;
}

/* The child's exit status, -1 if it did not end by itself. */
static int in_child(int (*run)(struct queue *q, struct userbufs *u),
		    struct queue *q, struct userbufs *u)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(60);
		_exit(run(q, u));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_fatal("set-up: a child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void rewrite(struct queue *q, unsigned int index, unsigned int nth)
{
	if (q->output)
		pattern_fill(q->buf[index][0].mem, q->size[0], 100 + nth);
}

static int run_stream(struct queue *q, struct userbufs *u)
{
	struct frame frames[FRAMES];

	(void)u;
	return stream_good(q, frames, FRAMES, rewrite) ? 0 : 1;
}

/* The child queues the addresses that its parent queued before. */
static void test_child(const char *kind)
{
	long before = pins_before();
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	setup(&q, &u, kind);
	tap_ok(stream_good(&q, frames, FRAMES, rewrite),
	       "%s: the parent's frames are right", kind);
	refill(&u);
	tap_is(in_child(run_stream, &q, &u), 0,
	       "%s: a child's at the same addresses are in the child's memory",
	       kind);
	tap_ok(untouched(&u), "%s: and the parent's memory is not touched",
	       kind);
	tap_ok(stream_good(&q, frames, FRAMES, rewrite),
	       "%s: the parent goes on, its frames are right", kind);
	queue_close(&q);
	tap_is(pins_settle(before), before, "%s: nothing stays pinned", kind);
	userbufs_put(&u);
}

/* One that never was the queue's: it got the descriptor sent. */
static void send_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(socket, &m, 0) != 1)
		tap_fatal("set-up: a descriptor is sent (%s)", strerror(errno));
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		_exit(90);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

/* The program at the other end: it has other memory at the same addresses. */
static int run_receiver(struct queue *q, int socket)
{
	struct userbufs u;

	close(q->fd);
	q->fd = receive_fd(socket);
	own_memory(q, &u);
	return run_stream(q, &u);
}

static void test_sent(void)
{
	struct userbufs u;
	struct queue q;
	int pair[2], status;
	pid_t pid;

	queue_of(&q, "vid-cap");
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, BUFS) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		tap_fatal("set-up: a queue and a socket (%s)", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(60);
		_exit(run_receiver(&q, pair[1]));
	}
	own_memory(&q, &u);
	run_stream(&q, &u);
	refill(&u);
	send_fd(pair[0], q.fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_fatal("set-up: another program");
	close(pair[0]);
	close(pair[1]);
	tap_ok(WIFEXITED(status) && !WEXITSTATUS(status),
	       "frames of a program that the queue was sent to are in its memory");
	tap_ok(untouched(&u), "and the sender's memory is not touched");
	queue_close(&q);
	userbufs_put(&u);
}

static int run_queue(struct queue *q, struct userbufs *u)
{
	(void)u;
	for (unsigned int i = 0; i < BUFS; i++)
		if (queue_qbuf(q, i))
			return 1;
	return 0;
}

/* The child is gone, its buffers are still with the device. */
static void test_dead(bool streaming)
{
	const char *how = streaming ? "while it streams" :
				      "before it streams";
	long before = pins_before();
	struct userbufs u;
	struct queue q;

	setup(&q, &u, "vid-cap");
	if (streaming && queue_on(&q))
		tap_fatal("set-up: STREAMON");
	tap_is(in_child(run_queue, &q, &u), 0, "a child queues buffers %s",
	       how);
	if (!streaming) {
		tap_ok(pins_held() > before, "dead, its pages stay the device's");
		tap_is(queue_off(&q), 0, "STREAMOFF by the parent");
	}
	tap_is(pins_settle(before), before,
	       "%s: when the device is done, nothing of it is pinned", how);
	tap_ok(untouched(&u), "%s: the parent's memory is not touched", how);
	queue_off(&q);
	tap_is(run_stream(&q, &u), 0, "%s: the parent's frames are right", how);
	queue_close(&q);
	userbufs_put(&u);
}

static int run_nothing(struct queue *q, struct userbufs *u)
{
	(void)q;
	/* What the parent has queued is no business of the child's. */
	return untouched(u) ? 0 : 1;
}

static void test_fork_queued(void)
{
	struct frame frame;
	struct userbufs u;
	struct queue q;
	unsigned int good = 0;
	int ret = 0;

	setup(&q, &u, "vid-cap");
	dmalog_reset(q.device);
	for (unsigned int i = 0; i < BUFS; i++)
		ret |= queue_qbuf(&q, i);
	if (ret)
		tap_fatal("set-up: buffers are queued");
	tap_is(in_child(run_nothing, &q, &u), 0,
	       "fork with queued buffers: the child has its own memory");
	if (queue_on(&q))
		tap_fatal("set-up: STREAMON");
	for (unsigned int i = 0; i < BUFS && !ret; i++) {
		ret = queue_dqbuf(&q, &frame);
		good += !ret && frames_good(&q, &frame, 1) == 1;
	}
	tap_is(good, BUFS, "fork with queued buffers: the parent gets its frames");
	queue_close(&q);
	userbufs_put(&u);
}

/* Whose memory is gone, while the parent's at the same address is there. */
static int run_without_memory(struct queue *q, struct userbufs *u)
{
	struct frame frame;

	if (munmap(u->mem[0][0].map, u->mem[0][0].map_len))
		return 90;
	if (queue_qbuf(q, 0))
		return 91;
	if (mmap(u->mem[0][0].map, u->mem[0][0].map_len, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return 92;
	if (queue_dqbuf(q, &frame))
		return 93;
	return frame.flags & V4L2_BUF_FLAG_ERROR ? 0 : 1;
}

static void test_without_memory(void)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	setup(&q, &u, "vid-cap");
	vivid_param_set("dma_check", "0");
	stream_run(&q, frames, FRAMES, NULL);
	refill(&u);
	if (queue_on(&q))
		tap_fatal("set-up: STREAMON");
	tap_is(in_child(run_without_memory, &q, &u), 0,
	       "a child without memory at the parent's address: its frame has the error flag");
	tap_ok(untouched(&u), "and the parent's memory is not touched");
	queue_off(&q);
	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "the parent goes on, its frames are right");
	vivid_param_set("dma_check", "1");
	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	tap_init(180);
	test_child("vid-cap");
	test_child("vid-out");
	test_sent();
	test_fork_queued();
	if (stats_there())
		test_without_memory();
	else
		tap_skip("this allocator checks nothing",
			 "a child without memory");
	test_dead(false);
	test_dead(true);
	return tap_done();
}
