/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A buffer that is watched, and what CPU and device do to it
 */
#ifndef CACHESAN_WATCHED_H
#define CACHESAN_WATCHED_H

#include <glib.h>

#include "../report.h"
#include "../rules.h"

#define BUFFER	0x40100000ul
#define SIZE	8192ul
#define LINE	64u
#define TAG	7
#define VA	0x00a01000ul

static struct shadow *shadow;

static void set_up(enum cache_class class)
{
	struct geometry g = { class, LINE, 64, false };

	report_open(&(struct report_options){ .path = "/dev/null" });
	shadow = shadow_new(&g);
	shadow_watch(shadow, BUFFER, SIZE, TAG);
}

/* The CPU writes a word of each line. */
static void touch(u64 lines)
{
	for (u64 at = 0; at < lines * LINE; at += LINE) {
		struct access a = { BUFFER + at, VA + at, 4, 0x1000 };

		rules_store(shadow, &a, MEM_BACK);
	}
}

static void device_read(void)
{
	struct access a = { BUFFER, 0, SIZE, 0x2000 };

	rules_device_read(shadow, &a);
}

#endif
