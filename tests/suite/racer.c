// SPDX-License-Identifier: GPL-2.0
/*
 * usage: racer [-s SEED] [-t SECONDS]
 *
 * Threads that do everything a program can do to a queue and its memory, all
 * at once and at random. The kernel must not warn (the runner looks), hang,
 * keep a page, write anywhere but into queued buffers, or answer with an
 * errno that makes no sense. RACER_SECONDS and RACER_SEED are the defaults.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"
#include "racer.h"

#define LATE 3			/* times as long as asked for, at most */
#define SECONDS 20
#define WATCH_US 100000
/* Of one operation, on a slow machine, under everything else. */
#define HANG_SECONDS 60

#define OPS_MAX 64

/* Those that this kernel can do */
static struct op *ops[OPS_MAX];
static unsigned int op_count, weights;

static struct racer racers[RACERS];
static pthread_t threads[RACERS];
static atomic_bool stop;

/* splitmix64 */
__u32 any(struct racer *me)
{
	__u64 z = me->rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 16;
}

unsigned int pick(struct racer *me, unsigned int n)
{
	return any(me) % n;
}

bool one_in(struct racer *me, unsigned int n)
{
	return !pick(me, n);
}

static unsigned int any_op(struct racer *me)
{
	unsigned int left = pick(me, weights), n = 0;

	while (left >= ops[n]->weight)
		left -= ops[n++]->weight;
	return n;
}

/* False if the operation has no reason to fail like that. */
static bool count_failure(struct op *op, int err)
{
	for (unsigned int n = 0; op->may[n]; n++) {
		if (op->may[n] != err)
			continue;
		op->failed[n]++;
		return true;
	}
	return false;
}

static void race_once(struct racer *me, unsigned int n)
{
	struct op *op = ops[n];
	int none = 0, ret;

	me->doing = n;
	ret = op->run(me);
	if (ret == NOTHING)
		return;
	op->calls++;
	if (!ret)
		op->good++;
	else if (!count_failure(op, -ret))
		atomic_compare_exchange_strong(&op->strange, &none, -ret);
}

static void *race(void *arg)
{
	struct racer *me = arg;

	while (!stop)
		race_once(me, any_op(me));
	unmap_all(me);
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool all_succeeded(void)
{
	for (unsigned int n = 0; n < op_count; n++)
		if (!ops[n]->good && !ops[n]->rare)
			return false;
	return true;
}

/* A slow machine may take longer until each operation had its chance. */
static bool over(double end, double latest)
{
	return now() >= latest || (now() >= end && all_succeeded());
}

/* The device goes now and then, at times that the main thread keeps. */
static bool watch(struct racer *me, unsigned int seconds)
{
	/* Its weight is none: no thread does it, and it is the last. */
	unsigned int unbind = op_count - 1;
	double end = now() + seconds, next = now() + seconds / 5.0;
	double latest = now() + LATE * seconds;
	bool good = true;

	while (!over(end, latest) && good) {
		usleep(WATCH_US);
		good = guards_good();
		if (now() < next)
			continue;
		race_once(me, unbind);
		next = now() + 2 + pick(me, 5);
	}
	return good;
}

/* Where in the kernel each thread is, for whoever looks into it. */
static void show_stacks(void)
{
	DIR *dir = opendir("/proc/self/task");
	char path[320], stack[4096];
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/stack",
			 e->d_name);
		if (file_read(path, stack, sizeof(stack)) <= 0)
			continue;
		for (char *line = strtok(stack, "\n"); line;
		     line = strtok(NULL, "\n"))
			tap_diag("%s %s", e->d_name, line);
	}
	if (dir)
		closedir(dir);
}

static bool join_all(void)
{
	struct timespec end;
	bool good = true;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += HANG_SECONDS;
	for (unsigned int n = 0; n < RACERS; n++)
		if (pthread_timedjoin_np(threads[n], NULL, &end)) {
			tap_diag("thread %u hangs in %s", n,
				 ops[racers[n].doing]->name);
			good = false;
		}
	if (!good)
		show_stacks();
	return good;
}

static void start_all(__u64 seed)
{
	for (unsigned int n = 0; n < RACERS; n++) {
		racers[n].rng = seed * RACERS + n;
		if (pthread_create(&threads[n], NULL, race, &racers[n]))
			tap_fatal("set-up: threads");
	}
}

static void collect(struct op *group, bool thp)
{
	for (struct op *op = group; op->name; op++) {
		if (op->thp && !thp) {
			tap_diag("%s: this kernel has no huge pages", op->name);
			continue;
		}
		if (op_count == OPS_MAX)
			tap_fatal("set-up: the table holds all operations");
		ops[op_count++] = op;
		weights += op->weight;
	}
}

static void collect_all(void)
{
	bool thp = !access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK);

	collect(queue_ops, thp);
	collect(mem_ops, thp);
	collect(file_ops, thp);
}

static void show_counts(const struct op *op)
{
	char text[256] = "";
	size_t len = 0;

	for (unsigned int n = 0; op->may[n]; n++)
		if (op->failed[n])
			len += snprintf(text + len, sizeof(text) - len,
					", %lu %s", op->failed[n],
					strerrorname_np(op->may[n]));
	tap_diag("%lu calls, %lu good%s", op->calls, op->good, text);
}

/* One point for each: what it failed with must make sense. */
static void judge_ops(void)
{
	unsigned int idle = 0;

	for (unsigned int n = 0; n < op_count; n++) {
		const struct op *op = ops[n];

		tap_is(-op->strange, 0, "%s fails as it may, if it fails",
		       op->name);
		show_counts(op);
		if (!op->good && !op->rare) {
			tap_diag("%s never succeeded", op->name);
			idle++;
		}
	}
	tap_is(idle, 0, "each operation succeeded at least once");
}

static void test_works(unsigned int instance, const char *kind, __u32 fourcc)
{
	struct frame frames[8];
	struct userbufs u;
	struct queue q;

	queue_open(&q, instance, kind);
	queue_format(&q, fourcc, 320, 180);
	userbufs_setup(&u, &q, 3);
	tap_ok(stream_good(&q, frames, 8, NULL),
	       "after the race, frames of %s %s equal the device's", q.device,
	       kind);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_race(__u64 seed, unsigned int seconds)
{
	struct racer me = { .rng = ~seed };
	long before = pins_held();
	bool guards;

	areas_map();
	files_open();
	start_all(seed);
	guards = watch(&me, seconds);
	stop = true;
	if (!tap_ok(join_all(), "every operation ends in time")) {
		tap_done();
		_exit(1);
	}
	files_close();
	tap_ok(guards && guards_good(),
	       "no byte in front of or behind a buffer changed");
	tap_is(corrupted, 0, "no byte of memory changed that was never queued");
	areas_unmap();
	judge_ops();
	tap_is(pins_settle(before), before, "nothing stays pinned");
}

static unsigned long long number(const char *text, const char *name,
				 unsigned long long otherwise)
{
	const char *env = getenv(name);

	if (!text)
		text = env && *env ? env : NULL;
	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const char *seed_text = NULL, *time_text = NULL;
	unsigned int seconds;
	__u64 seed;
	int opt;

	while ((opt = getopt(argc, argv, "s:t:")) != -1) {
		if (opt == 's')
			seed_text = optarg;
		else if (opt == 't')
			time_text = optarg;
		else
			return 2;
	}
	seconds = number(time_text, "RACER_SECONDS", SECONDS);
	seed = number(seed_text, "RACER_SEED", time(NULL) ^ (getpid() << 16));
	tap_init(LATE * seconds + 4 * HANG_SECONDS);
	tap_diag("seed %llu, %u seconds", (unsigned long long)seed, seconds);
	collect_all();
	test_race(seed, seconds);
	test_works(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	test_works(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV);
	test_works(MULTI, "vid-cap", V4L2_PIX_FMT_NV16M);
	return tap_done();
}
