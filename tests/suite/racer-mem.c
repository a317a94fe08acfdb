// SPDX-License-Identifier: GPL-2.0
/*
 * The racer's memory, and all that a program can do to it
 *
 * Each area is the buffer's pages between two guards, in a piece of address
 * space that a huge page can cover, guards included. Only the buffer's pages
 * are ever given away, moved, or taken; the guards must keep their pattern.
 * The program itself touches the buffers by read() and write(), which tell of
 * a hole in them by EFAULT.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/tap.h"
#include "racer.h"

/*
 * Far below where the kernel puts mappings on its own and above the heap: a
 * hole that munmap() leaves here is not filled by some thread's stack, which
 * would then be queued as a buffer.
 */
#define ARENA ((__u8 *)0x60000000)
#define SLOT (2u << 20)
#define SALT 0x9a4du
#define CHURN_BYTES (128u << 10)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

atomic_uint corrupted;

static int memfd[AREAS];
static int source = -1, sink = -1;
static __u8 guard_want[GUARD_BYTES];

static __u8 *area(unsigned int n)
{
	return ARENA + (size_t)n * SLOT + GUARD_BYTES;
}

static __u8 *any_area(struct racer *me)
{
	return area(pick(me, AREAS));
}

/* A run of whole pages of an area. */
static __u8 *any_pages(struct racer *me, size_t *len)
{
	unsigned int page = page_size(), all = AREA_BYTES / page;
	unsigned int first = pick(me, all);
	__u8 *start = any_area(me);

	if (one_in(me, 3)) {
		*len = AREA_BYTES;
		return start;
	}
	*len = (size_t)(1 + pick(me, all - first)) * page;
	return start + (size_t)first * page;
}

void *any_memory(struct racer *me, size_t len)
{
	size_t spare = len < AREA_BYTES ? AREA_BYTES - len : 0;

	/* The first page mostly, so that addresses repeat; rarely anywhere. */
	if (one_in(me, 8))
		return any_area(me) + pick(me, spare + 1);
	return any_area(me) + 0x123 * pick(me, 3);
}

static int file_of(size_t len)
{
	int fd = memfd_create("racer", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, len))
		tap_fatal("set-up: a memfd (%s)", strerror(errno));
	return fd;
}

void areas_map(void)
{
	static __u8 bytes[AREA_BYTES];

	pattern_fill(guard_want, GUARD_BYTES, SALT);
	if (mmap(ARENA, AREAS * SLOT, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != ARENA)
		tap_fatal("set-up: memory at %p (%s)", (void *)ARENA,
			  strerror(errno));
	for (unsigned int n = 0; n < AREAS; n++) {
		memfd[n] = file_of(AREA_BYTES);
		memcpy(area(n) - GUARD_BYTES, guard_want, GUARD_BYTES);
		memcpy(area(n) + AREA_BYTES, guard_want, GUARD_BYTES);
	}
	sink = file_of(AREA_BYTES);
	source = file_of(AREA_BYTES);
	pattern_fill(bytes, sizeof(bytes), 1);
	if (pwrite(source, bytes, sizeof(bytes), 0) != sizeof(bytes))
		tap_fatal("set-up: a memfd can be filled");
}

void areas_unmap(void)
{
	munmap(ARENA, AREAS * SLOT);
	for (unsigned int n = 0; n < AREAS; n++)
		close(memfd[n]);
	close(source);
	close(sink);
}

static bool guard_good(const __u8 *guard, unsigned int n, const char *where)
{
	if (!memcmp(guard, guard_want, GUARD_BYTES))
		return true;
	tap_diag("the guard %s area %u changed:", where, n);
	return pattern_good(guard, 0, GUARD_BYTES, SALT);
}

bool guards_good(void)
{
	bool good = true;

	for (unsigned int n = 0; n < AREAS; n++) {
		good &= guard_good(area(n) - GUARD_BYTES, n, "in front of");
		good &= guard_good(area(n) + AREA_BYTES, n, "behind");
	}
	return good;
}

static int done(bool failed)
{
	return failed ? -errno : 0;
}

/* Only as far as there is no hole: the length says whether it went anywhere. */
static int op_write(struct racer *me)
{
	size_t len;
	__u8 *mem = any_pages(me, &len);

	return done(pread(source, mem, len, 0) <= 0);
}

static int op_read(struct racer *me)
{
	size_t len;
	__u8 *mem = any_pages(me, &len);

	return done(pwrite(sink, mem, len, 0) <= 0);
}

static int op_munmap(struct racer *me)
{
	size_t len;
	__u8 *mem = any_pages(me, &len);

	return done(munmap(mem, len));
}

/* New memory, of any kind, mostly over all of an area. */
static int op_mmap(struct racer *me)
{
	static const struct {
		int prot, flags;
	} kinds[] = {
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
		{ PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS },
		{ PROT_READ | PROT_WRITE, MAP_SHARED },
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE },
		{ PROT_READ, MAP_SHARED },
	};
	unsigned int n = pick(me, AREAS), k = pick(me, 6);
	int fd = kinds[k].flags & MAP_ANONYMOUS ? -1 : memfd[n];
	size_t len = one_in(me, 4) ? AREA_BYTES / 4 : AREA_BYTES;
	int flags = kinds[k].flags | (one_in(me, 4) ? MAP_POPULATE : 0);

	return done(mmap(area(n), len, kinds[k].prot, flags | MAP_FIXED, fd,
			 0) == MAP_FAILED);
}

static int op_mremap(struct racer *me)
{
	unsigned int page = page_size();
	__u8 *from = any_area(me), *to = any_area(me);
	size_t len = AREA_BYTES / (1 + pick(me, 4)) / page * page;

	if (one_in(me, 4))
		return done(mremap(from, AREA_BYTES, len, 0) == MAP_FAILED);
	if (from == to)
		return NOTHING;
	return done(mremap(from, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to) == MAP_FAILED);
}

static int advise(struct racer *me, int advice)
{
	size_t len;
	__u8 *mem = any_pages(me, &len);

	return done(madvise(mem, len, advice));
}

static int op_dontneed(struct racer *me)
{
	return advise(me, MADV_DONTNEED);
}

static int op_free(struct racer *me)
{
	return advise(me, MADV_FREE);
}

static int op_pageout(struct racer *me)
{
	return advise(me, MADV_PAGEOUT);
}

/* These two change no byte: the guards in the same huge page as well. */
static int op_hugepage(struct racer *me)
{
	return done(madvise(ARENA + (size_t)pick(me, AREAS) * SLOT, SLOT,
			    one_in(me, 4) ? MADV_NOHUGEPAGE : MADV_HUGEPAGE));
}

static int op_collapse(struct racer *me)
{
	return done(madvise(ARENA + (size_t)pick(me, AREAS) * SLOT, SLOT,
			    MADV_COLLAPSE));
}

static int op_mprotect(struct racer *me)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE,
	};
	size_t len;
	__u8 *mem = any_pages(me, &len);

	return done(mprotect(mem, len, prots[pick(me, 4)]));
}

/* Short now, and sometimes whole again at once. */
static int op_truncate(struct racer *me)
{
	int fd = memfd[pick(me, AREAS)];

	if (ftruncate(fd, pick(me, AREA_BYTES)))
		return -errno;
	return done(one_in(me, 2) && ftruncate(fd, AREA_BYTES));
}

static int op_punch(struct racer *me)
{
	return done(fallocate(memfd[pick(me, AREAS)],
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      pick(me, AREA_BYTES), 1 + pick(me, AREA_BYTES)));
}

/* All that the kernel can spare, idle registrations included. */
static int op_pressure(struct racer *me)
{
	(void)me;
	return file_write("/proc/sys/vm/drop_caches", "2");
}

/*
 * Fresh pages, likely some that a buffer just lost: a transfer that still goes
 * to them shows.
 */
static int op_churn(struct racer *me)
{
	__u8 *mem = mmap(NULL, CHURN_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u8 fill = any(me);

	if (mem == MAP_FAILED)
		return -errno;

	memset(mem, fill, CHURN_BYTES);
	usleep(pick(me, 3000));
	/* All bytes are as the one before, and the first is right. */
	if (mem[0] != fill || memcmp(mem, mem + 1, CHURN_BYTES - 1))
		corrupted++;
	return done(munmap(mem, CHURN_BYTES));
}

struct op mem_ops[] = {
	{ "write", 20, op_write, .may = { EFAULT } },
	{ "read", 10, op_read, .may = { EFAULT } },
	{ "munmap", 3, op_munmap, .may = { ENOMEM } },
	{ "mmap", 20, op_mmap, .may = { ENOMEM } },
	{ "mremap", 3, op_mremap, .may = { EFAULT, EINVAL, ENOMEM } },
	{ "madvise(DONTNEED)", 4, op_dontneed, .may = { ENOMEM } },
	{ "madvise(FREE)", 4, op_free, .may = { EINVAL, ENOMEM } },
	{ "madvise(PAGEOUT)", 3, op_pageout, .may = { EINVAL, ENOMEM } },
	{ "madvise(HUGEPAGE)", 4, op_hugepage, .thp = true,
	  .may = { EINVAL, ENOMEM } },
	{ "madvise(COLLAPSE)", 2, op_collapse, .thp = true, .rare = true,
	  .may = { EINVAL, ENOMEM, EAGAIN, EBUSY } },
	{ "mprotect", 3, op_mprotect, .may = { EACCES, ENOMEM } },
	{ "ftruncate", 4, op_truncate, .may = { 0 } },
	{ "fallocate(PUNCH_HOLE)", 3, op_punch, .may = { 0 } },
	{ "fresh memory", 6, op_churn, .may = { ENOMEM } },
	{ "memory pressure", 1, op_pressure, .may = { 0 } },
	{ .name = NULL }
};
