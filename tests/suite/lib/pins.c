// SPDX-License-Identifier: GPL-2.0
#include <time.h>

#include "pins.h"
#include "vmstat.h"

#define SETTLE_MS 3000
#define STEP_MS 20

long pins_held(void)
{
	struct vmstat v[] = {
		{ .name = "nr_foll_pin_acquired" },
		{ .name = "nr_foll_pin_released" },
	};

	vmstat_read(v, 2);
	return v[0].value - v[1].value;
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
