// SPDX-License-Identifier: GPL-2.0
/*
 * Modules, devices and programs that come and go while buffers are in use
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/module.h"
#include "lib/pins.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define RELOADS 5
#define DRIVER "/sys/bus/platform/drivers/vivid/"
#define END_SECONDS 20

static void setup(struct queue *q, struct userbufs *u, const char *kind)
{
	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(u, q, BUFS);
}

static void stream_start(struct queue *q)
{
	int ret = 0;

	dmalog_reset(q->device);
	for (unsigned int i = 0; i < BUFS && !ret; i++)
		ret = queue_qbuf(q, i);
	if (!ret)
		ret = queue_on(q);
	if (ret)
		tap_fatal("set-up: %s streams (%s)", q->kind, strerror(-ret));
}

static void sleep_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
			      .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static bool frames_come(struct queue *q)
{
	struct frame frame;
	int ret;

	for (unsigned int n = 0; n < 2 * BUFS; n++) {
		ret = queue_dqbuf(q, &frame);
		if (!ret && frames_good(q, &frame, 1) != 1)
			return false;
		if (!ret)
			ret = queue_qbuf(q, frame.index);
		if (ret) {
			tap_diag("frame %u: %s", n, strerror(-ret));
			return false;
		}
	}
	return true;
}

static void test_remove_refused(void)
{
	struct userbufs u;
	struct queue q;

	setup(&q, &u, "vid-cap");
	tap_is(module_remove("vivid"), -EWOULDBLOCK,
	       "vivid can't be unloaded while a node is open");
	stream_start(&q);
	tap_is(module_remove("vivid"), -EWOULDBLOCK,
	       "vivid can't be unloaded while it streams");
	tap_is(module_remove(vivid_allocator_module()), -EWOULDBLOCK,
	       "%s can't be unloaded while vivid uses it",
	       vivid_allocator_module());
	tap_ok(frames_come(&q), "streaming goes on after the refusals");
	queue_close(&q);
	userbufs_put(&u);
}

static void test_reload(void)
{
	struct frame frames[4];
	struct userbufs u;
	struct queue q;
	int ret;

	for (unsigned int n = 1; n <= RELOADS; n++) {
		ret = module_remove("vivid");
		if (!ret)
			ret = module_remove(vivid_allocator_module());
		tap_is(ret, 0, "vivid and %s unload, %u of %d",
		       vivid_allocator_module(), n, RELOADS);
		if (vivid_load(""))
			tap_fatal("set-up: vivid loads again");
		setup(&q, &u, "vid-cap");
		tap_ok(stream_good(&q, frames, 4, NULL),
		       "after reload %u of %d frames equal the device's", n,
		       RELOADS);
		queue_close(&q);
		userbufs_put(&u);
	}
}

/* In a child: stream until something ends it. Writes a byte once it streams. */
static void child_stream(const char *kind, int ready, bool endless)
{
	struct frame frame;
	struct userbufs u;
	struct queue q;
	int ret = 0;

	setup(&q, &u, kind);
	stream_start(&q);
	if (write(ready, "", 1) != 1)
		_exit(99);
	/* Without requeueing, the queue runs dry and the child sleeps in DQBUF. */
	if (!endless && fcntl(q.fd, F_SETFL, 0))
		_exit(98);
	while (!ret || ret == -ETIMEDOUT) {
		ret = queue_dqbuf(&q, &frame);
		if (!ret && endless)
			ret = queue_qbuf(&q, frame.index);
	}
	/* The loop ends by what a waiting program is told; this is what is left. */
	ret = queue_qbuf(&q, 0);
	_exit(ret == -ENODEV ? 0 : 1);
}

static pid_t child_start(const char *kind, bool endless)
{
	int pipes[2];
	char byte;
	pid_t pid;

	fflush(stdout);
	if (pipe2(pipes, O_CLOEXEC))
		tap_fatal("set-up: a pipe");
	pid = fork();
	if (!pid) {
		alarm(END_SECONDS * 2);
		child_stream(kind, pipes[1], endless);
	}
	close(pipes[1]);
	if (pid < 0 || read(pipes[0], &byte, 1) != 1)
		tap_fatal("set-up: a child that streams");
	close(pipes[0]);
	return pid;
}

/* The child's wait status, or -1 if it does not end in time. */
static int child_end(pid_t pid)
{
	int status;

	for (unsigned int ms = 0; ms < END_SECONDS * 1000; ms += 20) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		sleep_ms(20);
	}
	kill(pid, SIGKILL);
	return -1;
}

static void device_bind(bool bind)
{
	int ret = file_write(bind ? DRIVER "bind" : DRIVER "unbind", "vivid.0");

	tap_is(ret, 0, "the device %s", bind ? "comes back by bind" :
					      "goes by unbind");
}

static void test_unbind(const char *kind, bool endless)
{
	const char *how = endless ? "streams" : "waits for a buffer";
	long before = pins_before();
	pid_t pid = child_start(kind, endless);
	int status;

	sleep_ms(200);
	device_bind(false);
	status = child_end(pid);
	tap_ok(status >= 0 && WIFEXITED(status),
	       "%s: a program that %s does not hang when the device goes", kind,
	       how);
	tap_is(status >= 0 ? WEXITSTATUS(status) : -ETIMEDOUT, 0,
	       "%s: it gets ENODEV from then on", kind);
	tap_is(pins_settle(before), before, "%s: nothing of it stays pinned",
	       kind);
	device_bind(true);
}

/* The queue is let go of when the device goes, not when the program closes. */
static void test_unbind_open(void)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;

	setup(&q, &u, "vid-cap");
	stream_start(&q);
	device_bind(false);
	tap_is(pins_settle(before), before,
	       "nothing stays pinned though the program keeps the node open");
	tap_is(queue_qbuf(&q, 0), -ENODEV, "QBUF on the open node");
	tap_is(queue_off(&q), -ENODEV, "STREAMOFF on the open node");
	queue_close(&q);
	userbufs_put(&u);
	device_bind(true);

	setup(&q, &u, "vid-cap");
	stream_start(&q);
	tap_ok(frames_come(&q), "the device that came back streams");
	queue_close(&q);
	userbufs_put(&u);
}

static void test_killed(const char *kind)
{
	long before = pins_before();
	pid_t pid = child_start(kind, true);
	int status;

	sleep_ms(100);
	tap_ok(pins_held() > before, "%s: a program that streams has pages pinned",
	       kind);
	kill(pid, SIGKILL);
	status = child_end(pid);
	tap_ok(status >= 0 && WIFSIGNALED(status),
	       "%s: a program that streams can be killed", kind);
	tap_is(pins_settle(before), before, "%s: nothing of it stays pinned",
	       kind);
}

static void test_close_streaming(const char *kind)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;

	setup(&q, &u, kind);
	stream_start(&q);
	queue_close(&q);
	tap_is(pins_settle(before), before,
	       "%s: close without STREAMOFF lets go of every page", kind);
	userbufs_put(&u);
}

static void test_reqbufs(const char *kind)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;

	setup(&q, &u, kind);
	stream_start(&q);
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), -EBUSY,
	       "%s: REQBUFS(0) while streaming is refused", kind);
	tap_is(queue_off(&q), 0, "%s: STREAMOFF with buffers queued", kind);
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), 0,
	       "%s: REQBUFS(0) after it", kind);
	tap_is(pins_settle(before), before, "%s: lets go of every page", kind);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_dup(void)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;
	int fd;

	setup(&q, &u, "vid-cap");
	stream_start(&q);
	fd = dup(q.fd);
	close(q.fd);
	q.fd = fd;
	tap_ok(frames_come(&q),
	       "streaming goes on through a dup of a closed descriptor");
	tap_ok(pins_held() > before, "its buffers stay pinned");
	queue_close(&q);
	tap_is(pins_settle(before), before,
	       "close of the last descriptor lets go of every page");
	userbufs_put(&u);
}

int main(void)
{
	tap_init(240);
	test_remove_refused();
	test_reload();
	test_close_streaming("vid-cap");
	test_close_streaming("vid-out");
	test_reqbufs("vid-cap");
	test_reqbufs("vid-out");
	test_dup();
	test_killed("vid-cap");
	test_killed("vid-out");
	test_unbind("vid-cap", true);
	test_unbind("vid-cap", false);
	test_unbind("vid-out", false);
	test_unbind_open();
	return tap_done();
}
