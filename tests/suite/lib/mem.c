// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "hugepage.h"
#include "mem.h"
#include "tap.h"

#define BSS_BYTES (2u << 20)
#define GUARD_SALT 0xbadu

static __u8 bss[BSS_BYTES];
static bool bss_taken;

static const char *const names[MEM_KINDS] = {
	[MEM_ANON] = "private anonymous memory",
	[MEM_MALLOC] = "malloc'ed memory",
	[MEM_BSS] = "static memory",
	[MEM_SHARED] = "shared anonymous memory",
	[MEM_MEMFD] = "a memfd",
	[MEM_TMPFS] = "a file on a tmpfs",
	[MEM_PRIVATE_FILE] = "a private mapping of a file",
	[MEM_MREMAP] = "mremap'ed memory",
	[MEM_HUGETLB] = "hugetlb memory",
	[MEM_THP] = "transparent huge pages",
	[MEM_SMALL] = "memory of small pages",
	[MEM_STACK] = "the stack",
};

const char *mem_name(enum mem_kind kind)
{
	return names[kind];
}

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

size_t mem_total(size_t len, size_t offset)
{
	size_t page = page_size();

	/* One more page, so that a base of any alignment will do. */
	return (offset + len + page - 1) / page * page + 3 * page;
}

static const char *map(struct mem *m, int prot, int flags, int fd)
{
	static char reason[96];

	m->map = mmap(NULL, m->map_len, prot, flags, fd, 0);
	if (m->map != MAP_FAILED)
		return NULL;

	snprintf(reason, sizeof(reason), "no %s here (%s)", names[m->kind],
		 strerror(errno));
	m->map = NULL;
	return reason;
}

static const char *map_anon(struct mem *m, int flags)
{
	return map(m, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1);
}

static const char *map_fd(struct mem *m, int flags, int fd)
{
	const char *reason = "no such file can be made";

	if (fd < 0)
		return reason;
	if (!ftruncate(fd, m->map_len))
		reason = map(m, PROT_READ | PROT_WRITE, flags, fd);
	close(fd);
	return reason;
}

static int file_in(const char *dir)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/suite-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static const char *map_tmpfs(struct mem *m)
{
	static const char *const dirs[] = { "/dev/shm", "/tmp", "/run" };
	struct statfs fs;

	for (unsigned int i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (!statfs(dirs[i], &fs) && fs.f_type == TMPFS_MAGIC)
			return map_fd(m, MAP_SHARED, file_in(dirs[i]));
	return "no tmpfs is mounted";
}

static const char *map_malloc(struct mem *m)
{
	m->map = malloc(m->map_len);
	return m->map ? NULL : "no memory left";
}

static const char *map_bss(struct mem *m)
{
	if (bss_taken || m->map_len > sizeof(bss))
		return "static memory is too small";
	bss_taken = true;
	m->map = bss;
	return NULL;
}

/* The pages exist before they move: their address is all that changes. */
static const char *map_mremap(struct mem *m)
{
	const char *reason = map_anon(m, MAP_PRIVATE);
	void *hole, *moved;

	if (reason)
		return reason;

	memset(m->map, 0x55, m->map_len);
	hole = mmap(NULL, m->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (hole == MAP_FAILED)
		return "no address space left";
	moved = mremap(m->map, m->map_len, m->map_len,
		       MREMAP_MAYMOVE | MREMAP_FIXED, hole);
	if (moved == MAP_FAILED)
		return "mremap failed";
	m->map = moved;
	return NULL;
}

/* Neighbours are touched at different times: so they are none in memory. */
void mem_scatter(void *mem, size_t len)
{
	for (size_t first = 0; first < 2; first++)
		for (size_t at = first * page_size(); at < len;
		     at += 2 * page_size())
			((__u8 *)mem)[at] = 1;
}

static const char *map_small(struct mem *m)
{
	const char *reason = map_anon(m, MAP_PRIVATE);

	/* A kernel without huge pages refuses the advice: just as well. */
	if (!reason && madvise(m->map, m->map_len, MADV_NOHUGEPAGE) &&
	    errno != EINVAL)
		reason = "huge pages can't be forbidden";
	if (!reason)
		mem_scatter(m->map, m->map_len);
	return reason;
}

static const char *map_kind(struct mem *m)
{
	switch (m->kind) {
	case MEM_MALLOC:
		return map_malloc(m);
	case MEM_BSS:
		return map_bss(m);
	case MEM_SHARED:
		return map_anon(m, MAP_SHARED);
	case MEM_MEMFD:
		return map_fd(m, MAP_SHARED, memfd_create("suite", MFD_CLOEXEC));
	case MEM_TMPFS:
		return map_tmpfs(m);
	case MEM_PRIVATE_FILE:
		return map_fd(m, MAP_PRIVATE, file_in("/var/tmp"));
	case MEM_MREMAP:
		return map_mremap(m);
	case MEM_HUGETLB:
		return hugetlb_map(&m->map, &m->map_len);
	case MEM_THP:
		return thp_map(&m->map, &m->map_len);
	case MEM_SMALL:
		return map_small(m);
	default:
		return map_anon(m, MAP_PRIVATE);
	}
}

static void layout(struct mem *m, size_t len, size_t offset)
{
	size_t page = page_size();
	uintptr_t start = (uintptr_t)m->map;

	m->base = (__u8 *)((start + page - 1) / page * page);
	m->total = m->map_len - (m->base - (__u8 *)m->map);
	/* What is behind the last guard page is nobody's. */
	if (m->total > mem_total(len, offset) - page)
		m->total = mem_total(len, offset) - page;
	m->user = m->base + page + offset;
	m->len = len;
	pattern_fill(m->base, page + offset, GUARD_SALT);
	pattern_fill(m->user + len, m->base + m->total - (m->user + len),
		     GUARD_SALT);
}

const char *mem_get(struct mem *m, enum mem_kind kind, size_t len,
		    size_t offset)
{
	const char *reason;

	memset(m, 0, sizeof(*m));
	m->kind = kind;
	m->map_len = mem_total(len, offset);
	reason = map_kind(m);
	if (reason)
		mem_put(m);
	else
		layout(m, len, offset);
	return reason;
}

void mem_need(struct mem *m, size_t len, size_t offset)
{
	const char *reason = mem_get(m, MEM_ANON, len, offset);

	if (reason)
		tap_fatal("set-up: memory for a buffer: %s", reason);
}

void mem_wrap(struct mem *m, void *base, size_t len, size_t offset)
{
	memset(m, 0, sizeof(*m));
	m->kind = MEM_STACK;
	m->map = base;
	m->map_len = mem_total(len, offset);
	layout(m, len, offset);
}

void mem_put(struct mem *m)
{
	if (m->kind == MEM_BSS)
		bss_taken = bss_taken && !m->map;
	else if (m->kind == MEM_MALLOC)
		free(m->map);
	else if (m->kind != MEM_STACK && m->map)
		munmap(m->map, m->map_len);
	memset(m, 0, sizeof(*m));
}

bool mem_guards_good(const struct mem *m)
{
	const __u8 *behind = m->user + m->len;
	bool front, back;

	front = pattern_good(m->base, 0, m->user - m->base, GUARD_SALT);
	if (!front)
		tap_diag("(in front of the buffer, which starts at %zu)",
			 (size_t)(m->user - m->base));
	back = pattern_good(behind, 0, m->base + m->total - behind, GUARD_SALT);
	if (!back)
		tap_diag("(behind the buffer, from its end)");
	return front && back;
}
