// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "inject.h"
#include "tap.h"

#define DEBUGFS "/sys/kernel/debug/"
#define RSEQ_LEN 32

static int nth_fd = -1;

/* verbose=0: or each one puts a call trace into the log. */
static const struct setting {
	const char	*path;
	const char	*value;
	bool		must;
} nth_settings[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N", true },
	{ DEBUGFS "failslab/verbose", "0", true },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N", true },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N", true },
	{ DEBUGFS "fail_page_alloc/min-order", "0", true },
	{ DEBUGFS "fail_page_alloc/verbose", "0", true },
	{ DEBUGFS "fail_usercopy/verbose", "0", false },
	{ DEBUGFS "fail_futex/verbose", "0", false },
	{ NULL, NULL, false }
}, function_settings[] = {
	{ DEBUGFS "fail_function/probability", "100", true },
	{ DEBUGFS "fail_function/interval", "1", true },
	{ DEBUGFS "fail_function/times", "-1", true },
	{ DEBUGFS "fail_function/verbose", "0", true },
	{ DEBUGFS "fail_function/task-filter", "Y", true },
	{ "/proc/self/make-it-fail", "1", true },
	{ NULL, NULL, false }
};

static void set_all(const struct setting *s)
{
	for (; s->path; s++) {
		int ret = file_write(s->path, s->value);

		/* Half of it is a lane made wrong, and nothing to skip for. */
		if (ret && (s->must || ret != -ENOENT))
			tap_fatal("set-up: %s can be set (%s)", s->path,
				  strerror(-ret));
	}
}

static void open_nth(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		tap_fatal("set-up: fail-nth can be opened (%s)",
			  strerror(errno));
}

/*
 * The C library has the kernel note in the program's memory which processor it
 * runs on. If that is the copy that fails, at any preemption, the program dies
 * (kernel/rseq.c, __rseq_handle_notify_resume()).
 */
static void rseq_end(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	/* At least of the first version's length, of which less may be in use. */
	if (__rseq_size &&
	    syscall(SYS_rseq, area,
		    __rseq_size < RSEQ_LEN ? RSEQ_LEN : __rseq_size,
		    RSEQ_FLAG_UNREGISTER, RSEQ_SIG))
		tap_fatal("set-up: an end of rseq (%s)", strerror(errno));
}

const char *inject_setup(void)
{
	if (access("/proc/self/fail-nth", F_OK))
		return "this kernel was built without fault injection";

	rseq_end();
	set_all(nth_settings);
	open_nth();
	return NULL;
}

void inject_child(void)
{
	close(nth_fd);
	open_nth();
}

const char *inject_function_setup(void)
{
#ifdef __arm__
	if (access(DEBUGFS "fail_function", F_OK))
		return "32-bit ARM can't make functions of the kernel fail";
#endif
	set_all(function_settings);
	atexit(inject_function_end);
	return NULL;
}

void inject_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	/* The copy of these digits may be what fails, and ends it as well. */
	while (pwrite(nth_fd, text, len, 0) != len)
		if (errno != EFAULT)
			tap_fatal("set-up: fail-nth can be set to %u (%s)",
				  nth, strerror(errno));
}

bool inject_hit(void)
{
	char text[16] = "";
	bool hit = false;

	if (pread(nth_fd, text, sizeof(text) - 1, 0) > 0)
		hit = !strtoul(text, NULL, 10);
	else if (errno != EFAULT)
		tap_fatal("set-up: fail-nth can be read (%s)", strerror(errno));
	inject_nth(0);
	return hit;
}

static void set_number(const char *path, long long value)
{
	char text[32];
	int ret;

	/* The files take an errno only as the unsigned number that it is. */
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
	ret = file_write(path, text);
	if (ret)
		tap_fatal("set-up: %s can be set to %s (%s)", path, text,
			  strerror(-ret));
}

int inject_function(const char *function, int err, unsigned int pass)
{
	char path[128];
	int ret;

	ret = file_write(DEBUGFS "fail_function/inject", function);
	if (ret)
		return ret;

	snprintf(path, sizeof(path), DEBUGFS "fail_function/%s/retval",
		 function);
	set_number(path, -err);
	/* Each call costs 1 and the last one is not free. */
	set_number(DEBUGFS "fail_function/space", pass ? pass + 1 : 0);
	return 0;
}

void inject_function_end(void)
{
	/* An empty line: a write of nothing would not arrive. */
	if (file_write(DEBUGFS "fail_function/inject", "\n"))
		fprintf(stderr, "can't end the injection of errors\n");
}
