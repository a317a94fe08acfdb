// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "pins.h"
#include "tap.h"

#define SETTLE_MS 3000
#define STEP_MS 20

/*
 * The counters are kept per CPU and folded once a second; reading stat_refresh
 * folds them now. A kernel for one CPU has no such file.
 */
static void refresh(void)
{
	static const char path[] = "/proc/sys/vm/stat_refresh";
	char buf[16];

	if (!access(path, F_OK) && file_read(path, buf, sizeof(buf)) < 0)
		tap_fatal("set-up: %s can be read", path);
}

long pins_held(void)
{
	long held = 0, value;
	unsigned int seen = 0;
	char line[128];
	FILE *f;

	refresh();
	f = fopen("/proc/vmstat", "r");
	if (!f)
		tap_fatal("set-up: /proc/vmstat can be read");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "nr_foll_pin_acquired %ld", &value) == 1)
			held += value;
		else if (sscanf(line, "nr_foll_pin_released %ld", &value) == 1)
			held -= value;
		else
			continue;
		seen++;
	}
	fclose(f);
	if (seen != 2)
		tap_fatal("set-up: /proc/vmstat counts pinned pages");
	return held;
}

long pins_settle(long want)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	long held = pins_held();

	for (int ms = 0; held != want && ms < SETTLE_MS; ms += STEP_MS) {
		nanosleep(&step, NULL);
		held = pins_held();
	}
	return held;
}

long pins_before(void)
{
	static long start = -1;

	if (start < 0)
		start = pins_held();
	/* What never comes back is not waited for again. */
	start = pins_settle(start);
	return start;
}
