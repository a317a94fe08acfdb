// SPDX-License-Identifier: GPL-2.0
/*
 * usage: framecheck [-rx] [-n FRAMES] -s SIZE DEVICE QUEUE FILE
 *
 * Compares frames that another program left in FILE, SIZE bytes each, with
 * what the device's log tells of its transfers, in their order. DEVICE is
 * vivid-000, QUEUE vid-cap. -x: bytes are swapped in pairs (YUYV saved as
 * UYVY). -r: a frame may be transferred again (v4l2sink shows its first one
 * when it is paused and when it plays). Prints one line of results; exit
 * status 0 if all frames are right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/dmalog.h"

struct options {
	bool		repeat;
	bool		swap;
	unsigned int	frames;
	size_t		size;
	const char	*device;
	const char	*queue;
	const char	*file;
};

struct result {
	unsigned int		frames;
	unsigned int		verified;
	unsigned int		segs;
	unsigned long long	bytes;
};

static void explain_usage(void)
{
	fputs("usage: framecheck [-rx] [-n FRAMES] -s SIZE DEVICE QUEUE FILE\n",
	      stderr);
	exit(2);
}

static struct options parse(int argc, char **argv)
{
	struct options o = { 0 };
	int c;

	while ((c = getopt(argc, argv, "rxn:s:")) != -1) {
		if (c == 'x')
			o.swap = true;
		else if (c == 'r')
			o.repeat = true;
		else if (c == 'n')
			o.frames = atoi(optarg);
		else if (c == 's')
			o.size = strtoul(optarg, NULL, 0);
		else
			explain_usage();
	}
	if (!o.size || argc - optind != 3)
		explain_usage();
	o.device = argv[optind];
	o.queue = argv[optind + 1];
	o.file = argv[optind + 2];
	return o;
}

static void swap_pairs(unsigned char *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned char first = p[i];

		p[i] = p[i + 1];
		p[i + 1] = first;
	}
}

/* The next transfer of the queue from *i on, or NULL. */
static const struct transfer *next(const struct dmalog *log, const char *queue,
				   unsigned int *i)
{
	while (*i < log->count) {
		const struct transfer *t = &log->transfer[(*i)++];

		if (!strcmp(t->queue, queue))
			return t;
	}
	return NULL;
}

/* The same, without the transfers that only repeat the frame before. */
static const struct transfer *next_new(const struct dmalog *log,
				       const char *queue, unsigned int *i,
				       const struct transfer *before)
{
	const struct transfer *t = next(log, queue, i);

	while (t && before && t->crc == before->crc)
		t = next(log, queue, i);
	return t;
}

static bool right(const struct options *o, const struct transfer *t,
		  const unsigned char *frame, unsigned int n)
{
	__u32 crc = crc32(frame, o->size);

	if (t && !t->off && t->bytes == o->size && t->crc == crc && !t->error)
		return true;
	fprintf(stderr, "frame %u: crc %08x", n, crc);
	if (t)
		fprintf(stderr, ", device: seq=%u off=%u bytes=%u crc=%08x%s\n",
			t->seq, t->off, t->bytes, t->crc,
			t->error ? " error" : "");
	else
		fputs(" is not in the device's log\n", stderr);
	return false;
}

static struct result compare(const struct options *o, FILE *f)
{
	unsigned char *frame = malloc(o->size);
	const struct transfer *t = NULL;
	struct result r = { 0 };
	unsigned int i = 0;
	struct dmalog log;

	dmalog_read(&log, o->device);
	while (frame && fread(frame, o->size, 1, f) == 1) {
		t = next_new(&log, o->queue, &i, o->repeat ? t : NULL);
		if (o->swap)
			swap_pairs(frame, o->size);
		r.verified += right(o, t, frame, r.frames++);
		r.segs = t ? t->segs : r.segs;
		r.bytes += t ? t->bytes : 0;
	}
	dmalog_free(&log);
	free(frame);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	FILE *f = fopen(o.file, "r");
	struct result r;

	if (!f) {
		perror(o.file);
		return 2;
	}
	r = compare(&o, f);
	fclose(f);
	printf("frames=%u verified=%u bytes=%llu segs=%u\n", r.frames,
	       r.verified, r.bytes, r.segs);
	return !r.frames || r.verified != r.frames ||
	       (o.frames && r.frames != o.frames);
}
