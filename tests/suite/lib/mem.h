/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of every kind, with guard bytes on both sides
 */
#ifndef SUITE_MEM_H
#define SUITE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

enum mem_kind {
	MEM_ANON,		/* mmap: private, anonymous */
	MEM_MALLOC,
	MEM_BSS,		/* static memory of the program */
	MEM_SHARED,		/* mmap: shared, anonymous */
	MEM_MEMFD,
	MEM_TMPFS,		/* shared mapping of a file on a tmpfs */
	MEM_PRIVATE_FILE,	/* private mapping of a file */
	MEM_MREMAP,		/* moved by mremap() after it was written */
	MEM_HUGETLB,
	MEM_THP,		/* transparent huge pages */
	MEM_SMALL,		/* anonymous, of scattered small pages */
	MEM_STACK,		/* made by the caller: mem_wrap() */
	MEM_KINDS
};

/**
 * struct mem - memory for one plane between two guards
 * @base:	start of the front guard, at the start of a page
 * @total:	bytes, guards included
 * @user:	what a buffer may use
 * @len:	bytes of @user
 * @kind:	of memory
 */
struct mem {
	__u8		*base;
	size_t		total;
	__u8		*user;
	size_t		len;
	enum mem_kind	kind;
	/* private: what to give back */
	void		*map;
	size_t		map_len;
};

const char *mem_name(enum mem_kind kind);
size_t page_size(void);

/* Bytes that mem_wrap() needs for @len bytes at @offset. */
size_t mem_total(size_t len, size_t offset);

/*
 * Memory of @len bytes that starts @offset bytes into its first page, guards
 * filled. Returns NULL, or the reason why this system has none of that kind.
 */
const char *mem_get(struct mem *m, enum mem_kind kind, size_t len,
		    size_t offset);
void mem_wrap(struct mem *m, void *base, size_t len, size_t offset);
void mem_put(struct mem *m);

/* Give untouched memory pages that don't follow one another. */
void mem_scatter(void *mem, size_t len);

/* As mem_get() of MEM_ANON; its lack ends the program. */
void mem_need(struct mem *m, size_t len, size_t offset);

/* False, and the first and last changed bytes printed, if a guard changed. */
bool mem_guards_good(const struct mem *m);

/* Something that differs for each @salt, and in each 64 bytes of it. */
void pattern_fill(void *mem, size_t len, unsigned int salt);

/* False, and where printed, if a byte of the pattern changed. */
bool pattern_good(const void *mem, size_t start, size_t end, unsigned int salt);

#endif
