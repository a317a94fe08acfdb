// SPDX-License-Identifier: GPL-2.0
/*
 * The racer's descriptors and processes, and the device's coming and going
 *
 * Each descriptor that more than one thread uses has a number of its own that
 * open() would never choose. So the number that a thread has just read cannot
 * become another kind of file under it; it can be closed, or be another open
 * of the same node.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/tap.h"
#include "racer.h"

#define FD_BASE 200
#define FDS 8
/* The first ones are one open file; the others an open of their own each. */
#define FDS_SAME 6
#define FD_DMABUF (FD_BASE + NODES * FDS)
#define DMABUFS 8
#define DRIVER "/sys/bus/platform/drivers/vivid/"
#define CHILD_SECONDS 20

static int fd_of(const struct node *node, unsigned int n)
{
	return FD_BASE + (int)(node - nodes) * FDS + n;
}

int any_fd(struct racer *me, const struct node *node)
{
	if (one_in(me, 100))
		return fd_of(node, pick(me, FDS));
	return fd_of(node, pick(me, FDS_SAME));
}

int any_dmabuf(struct racer *me)
{
	return FD_DMABUF + pick(me, DMABUFS);
}

static int move_fd(int fd, int to)
{
	int ret = dup3(fd, to, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	return ret;
}

int keep_dmabuf(struct racer *me, int fd)
{
	return move_fd(fd, any_dmabuf(me));
}

static int node_open(const struct node *node)
{
	char name[64], path[300];
	int fd, ret;

	snprintf(name, sizeof(name), "vivid-%03u-%s", node->instance,
		 node->kind);
	ret = node_find(path, sizeof(path), name);
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* All descriptors of the one file at once: the old file loses its last. */
static int reopen_same(struct node *node)
{
	int fd = node_open(node), ret = 0;

	if (fd < 0)
		return fd;
	for (unsigned int n = 0; n < FDS_SAME && !ret; n++)
		ret = dup3(fd, fd_of(node, n), O_CLOEXEC) < 0 ? -errno : 0;
	close(fd);
	/* It may be the first since the device came back with other formats. */
	if (!ret)
		ret = set_format(fd_of(node, 0), node);
	/* Another thread was quicker: to close it, or to have buffers. */
	return ret == -EBUSY || ret == -EBADF ? 0 : ret;
}

void files_open(void)
{
	for (unsigned int n = 0; n < NODES; n++) {
		int ret = reopen_same(&nodes[n]);

		if (ret)
			tap_fatal("set-up: vivid-%03u-%s can be opened (%s)",
				  nodes[n].instance, nodes[n].kind,
				  strerror(-ret));
	}
}

void files_close(void)
{
	for (int fd = FD_BASE; fd < FD_DMABUF + DMABUFS; fd++)
		close(fd);
}

static int op_reopen(struct racer *me)
{
	struct node *node = any_node(me);
	unsigned int n = FDS_SAME + pick(me, FDS - FDS_SAME);
	int fd;

	if (one_in(me, 2))
		return reopen_same(node);
	/* If that one has the buffers, nobody else gets any until it goes. */
	fd = node_open(node);
	return fd < 0 ? fd : move_fd(fd, fd_of(node, n));
}

static int op_close(struct racer *me)
{
	return close(any_fd(me, any_node(me))) ? -errno : 0;
}

static int op_dup(struct racer *me)
{
	struct node *node = any_node(me);
	int from = fd_of(node, pick(me, FDS_SAME));
	int to = fd_of(node, pick(me, FDS_SAME));

	if (from == to)
		return NOTHING;
	return dup3(from, to, O_CLOEXEC) < 0 ? -errno : 0;
}

static int op_close_dmabuf(struct racer *me)
{
	return close(any_dmabuf(me)) ? -errno : 0;
}

/*
 * A child of a program with threads: nothing here may take a lock of the C
 * library. It goes at once, or touches the memory, or queues what it has.
 */
static void child(struct racer *me, unsigned int what)
{
	if (what & 1)
		for (unsigned int n = 0; n < 4; n++)
			mem_ops[0].run(me);
	if (what & 2)
		for (unsigned int n = 0; n < 8; n++)
			qbuf_at(me, VIDIOC_QBUF);
	if (what & 4)
		usleep(pick(me, 20000));
	_exit(0);
}

static int child_end(pid_t pid)
{
	int status;

	for (unsigned int ms = 0; ms < CHILD_SECONDS * 1000; ms += 5) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return 0;
		usleep(5000);
	}
	/* Nothing that it does takes so long: a hang, told as such. */
	kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

static int op_fork(struct racer *me)
{
	unsigned int what = pick(me, 8);
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		child(me, what);
	if (one_in(me, 8))
		kill(pid, SIGKILL);
	return child_end(pid);
}

static atomic_flag binding = ATOMIC_FLAG_INIT;

/*
 * The device goes and comes back. One thread at a time, or the other's bind
 * would find it bound and that be no finding.
 */
static int op_unbind(struct racer *me)
{
	int ret;

	if (atomic_flag_test_and_set(&binding))
		return NOTHING;
	ret = file_write(DRIVER "unbind", "vivid.0");
	if (!ret) {
		usleep(pick(me, 50000));
		ret = file_write(DRIVER "bind", "vivid.0");
	}
	atomic_flag_clear(&binding);
	return ret;
}

struct op file_ops[] = {
	/* Between unbind and bind the node's name leads to nothing. */
	{ "open", 10, op_reopen, .may = { ENODEV, ENOENT, ENXIO } },
	{ "close", 1, op_close, .may = { EBADF } },
	{ "dup", 8, op_dup, .may = { EBADF } },
	{ "close of a dma-buf", 3, op_close_dmabuf, .may = { EBADF } },
	{ "fork", 3, op_fork, .may = { EAGAIN, ENOMEM } },
	/* By the main thread, at its own times. The last one. */
	{ "unbind and bind", 0, op_unbind, .may = { 0 } },
	{ .name = NULL }
};
