// SPDX-License-Identifier: GPL-2.0
/* What the kernel keeps for each buffer that it knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "file.h"
#include "prepare.h"
#include "round.h"
#include "tap.h"

/* The sum of the numbers that stand behind @name in a file of /proc. */
static long sum_of(const char *path, const char *name)
{
	size_t len = strlen(name);
	char line[256];
	long sum = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		tap_fatal("set-up: %s", path);
	while (fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, " ");

		if (!strncmp(at, name, len))
			sum += atol(at + len);
	}
	fclose(f);
	return sum;
}

/* Free pages, those that processors keep at hand included, in KiB. */
static long mem_free(void)
{
	sync();
	file_write("/proc/sys/vm/drop_caches", "3");
	usleep(300000);
	return sum_of("/proc/meminfo", "MemFree:") +
	       sum_of("/proc/zoneinfo", "count:") * (long)(page_size() / 1024);
}

/* What the kernel keeps for registered memory. */
static void run_memory(const struct target *t, enum mem_kind kind)
{
	size_t bytes = frame_bytes(MIB32);
	struct mem m[SLOTS];
	struct queue q;
	long before;

	if (!has_memory(t, "memory", kind))
		return;
	setup(&q, t->single, "vid-cap", MIB32);
	begin_nothing();
	for (unsigned int i = 0; i < SLOTS; i++) {
		need(&m[i], kind, bytes, 0);
		memset(m[i].user, 1, bytes);
		queue_attach(&q, i, 0, m[i].user, bytes);
	}
	/* The kernel keeps some pages here and there: so several times. */
	for (unsigned int r = 0; r < 5; r++) {
		before = mem_free();
		for (unsigned int i = 0; i < SLOTS; i++)
			round_qbuf(&q, i);
		printf("value what=memory alloc=%u mem=%s mib=%zu kib=%ld\n",
		       t->allocator, kind_name(kind), SLOTS * bytes >> 20,
		       before - mem_free());
		round_cancel(&q);
		round_release(&q);
		if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, SLOTS))
			tap_fatal("set-up: buffers of %s", q.device);
	}
	queue_close(&q);
	for (unsigned int i = 0; i < SLOTS; i++)
		mem_put(&m[i]);
}

void case_memory(const struct target *t)
{
	run_memory(t, MEM_SMALL);
	run_memory(t, MEM_THP);
}
