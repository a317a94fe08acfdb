// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "module.h"
#include "stats.h"
#include "tap.h"

#define STATS "/sys/kernel/debug/vb2-dma-user/stats"
#define SELF "/proc/self/status"
#define SETTLE_MS 3000
#define STEP_MS 20

bool stats_there(void)
{
	/* It is loaded with vivid, whoever allocates. */
	return !strcmp(vivid_allocator_module(), "videobuf2_dma_user");
}

/* The number behind @name, which starts a line. */
static long long number_in(const char *path, const char *name)
{
	size_t len = strlen(name);
	char buf[4096], *line;

	if (file_read(path, buf, sizeof(buf)) < 0)
		tap_fatal("set-up: %s can be read", path);
	for (line = buf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && strchr(" \t:", line[len]))
			return strtoll(line + len + strspn(line + len, " \t:"),
				       NULL, 10);
	}
	tap_fatal("set-up: %s tells %s", path, name);
}

long long stat_of(const char *name)
{
	return number_in(STATS, name);
}

long long stat_repins(void)
{
	return stat_of("repins_unmap") + stat_of("repins_clear") +
	       stat_of("repins_other") + stat_of("repins_unwatched");
}

static long long settle_in(const char *path, const char *name, long long want)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	long long got = number_in(path, name);

	for (int ms = 0; got != want && ms < SETTLE_MS; ms += STEP_MS) {
		nanosleep(&step, NULL);
		got = number_in(path, name);
	}
	return got;
}

long long stat_settle(const char *name, long long want)
{
	return settle_in(STATS, name, want);
}

long pinned_kib(void)
{
	return number_in(SELF, "VmPin");
}

long pinned_kib_settle(long want)
{
	return settle_in(SELF, "VmPin", want);
}
