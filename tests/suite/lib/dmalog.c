// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dmalog.h"
#include "file.h"
#include "tap.h"

static void path_of(char *path, size_t size, const char *device)
{
	snprintf(path, size, "/sys/kernel/debug/vivid/%s/dma_log", device);
}

void dmalog_reset(const char *device)
{
	char path[96];
	int ret;

	path_of(path, sizeof(path), device);
	ret = file_write(path, "0");
	if (ret)
		tap_fatal("set-up: %s can be emptied (%s)", path,
			  strerror(-ret));
}

static void parse(struct transfer *t, const char *line, const char *path)
{
	char tail[16] = "";

	if (sscanf(line,
		   "%15s seq=%u idx=%u plane=%u off=%u bytes=%u segs=%u crc=%x %15s",
		   t->queue, &t->seq, &t->index, &t->plane, &t->off, &t->bytes,
		   &t->segs, &t->crc, tail) < 8)
		tap_fatal("set-up: %s has lines of the known form: %s", path,
			  line);
	t->error = !strcmp(tail, "error");
}

void dmalog_read(struct dmalog *log, const char *device)
{
	char path[96], line[160];
	FILE *f;

	log->count = 0;
	log->transfer = calloc(DMALOG_MAX, sizeof(*log->transfer));
	path_of(path, sizeof(path), device);
	f = fopen(path, "r");
	if (!f || !log->transfer)
		tap_fatal("set-up: %s can be read", path);
	while (log->count < DMALOG_MAX && fgets(line, sizeof(line), f))
		parse(&log->transfer[log->count++], line, path);
	fclose(f);
}

void dmalog_free(struct dmalog *log)
{
	free(log->transfer);
	log->transfer = NULL;
	log->count = 0;
}

const struct transfer *dmalog_find(const struct dmalog *log, const char *queue,
				   unsigned int seq, unsigned int plane)
{
	for (unsigned int i = log->count; i--;) {
		const struct transfer *t = &log->transfer[i];

		if (t->seq == seq && t->plane == plane &&
		    !strcmp(t->queue, queue))
			return t;
	}
	return NULL;
}
