/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was found, what was seen, and whether that was enough for a verdict
 */
#ifndef CACHESAN_REPORT_H
#define CACHESAN_REPORT_H

#include "types.h"

/**
 * enum rule - what must not happen
 * @RULE_DEV_READ_DIRTY: the device reads what the CPU wrote and nobody cleaned
 * @RULE_DEV_WRITE_DIRTY: the device writes memory under a dirty line, whose
 *	eviction would destroy it
 * @RULE_CPU_READ_STALE: the CPU reads what was cached before the device wrote
 * @RULE_WRITEBACK_OVER_DEV: a line goes back to memory over what the device
 *	wrote there since
 * @RULE_ALIAS_MISSED: one of the first three, where a clean or invalidate did
 *	run, but at an address with which it did not reach the line
 * @RULE_EDGE_SHARED: a line of which only a part is the buffer's is written by
 *	the CPU while the device writes the buffer, or is thrown away with it
 * @RULE_ALIAS_STALE: the CPU reads, or writes back, what it changed meanwhile
 *	through another alias or past the cache
 * @RULE_OP_FAULT: the kernel cleans or invalidates at an address that is not
 *	mapped: a real CPU with a physically tagged cache takes a data abort there
 */
enum rule {
	RULE_DEV_READ_DIRTY,
	RULE_DEV_WRITE_DIRTY,
	RULE_CPU_READ_STALE,
	RULE_WRITEBACK_OVER_DEV,
	RULE_ALIAS_MISSED,
	RULE_EDGE_SHARED,
	RULE_ALIAS_STALE,
	RULE_OP_FAULT,
	RULE_COUNT,
};

/**
 * enum seen - what is only counted
 * @SEEN_LOAD: the CPU's loads from cached lines of buffers, a line each
 * @SEEN_STORE: its stores likewise
 * @SEEN_UNCACHED: its accesses past the cache
 * @SEEN_DEVICE_READ: the device's reads, outside the canary
 * @SEEN_DEVICE_WRITE: the device's writes likewise
 * @SEEN_CLEAN: cleans that reached a line of a buffer
 * @SEEN_INVALIDATE: invalidates likewise
 * @SEEN_FLUSH: cleans with invalidate likewise
 * @SEEN_WHOLE: operations on the whole cache
 * @SEEN_SET_WAY: operations by set and way, which are not heeded: they say
 *	nothing of one address, and on v7 and later they are no way to make a
 *	buffer coherent
 * @SEEN_SKIPPED: operations whose condition was false
 * @SEEN_OP_FAULT: a program's operations at an address that is not mapped: a page
 *	fault, after which they come again
 * @SEEN_OWN_DIRT: lines invalidated that held only the buffer's own dirt
 * @SEEN_MARKER: markers
 * @SEEN_WALK: walks of page tables
 */
enum seen {
	SEEN_LOAD,
	SEEN_STORE,
	SEEN_UNCACHED,
	SEEN_DEVICE_READ,
	SEEN_DEVICE_WRITE,
	SEEN_CLEAN,
	SEEN_INVALIDATE,
	SEEN_FLUSH,
	SEEN_WHOLE,
	SEEN_SET_WAY,
	SEEN_SKIPPED,
	SEEN_OP_FAULT,
	SEEN_OWN_DIRT,
	SEEN_MARKER,
	SEEN_WALK,
	SEEN_COUNT,
};

/* Exit statuses */
#define STATUS_VIOLATION	99
#define STATUS_INVALID		98

/**
 * struct finding - one violation
 * @rule: which
 * @line: physical address of the line; 0, like all down to @device_pc, for
 *	RULE_OP_FAULT
 * @bytes: a bit for each byte of the line that makes it one
 * @tag: the buffer
 * @offset: of the line's first byte that is the buffer's
 * @writer_pc: who wrote the line last, 0 if nobody was seen to
 * @writer_va: and through which address
 * @device_pc: who was the device that wrote it last
 * @pc: who is at it now
 * @va: and with which address, 0 for a device
 */
struct finding {
	enum rule	rule;
	u64		line;
	u64		bytes;
	u64		tag;
	u64		offset;
	u64		writer_pc;
	u64		writer_va;
	u64		device_pc;
	u64		pc;
	u64		va;
};

/**
 * struct report_options - how to report
 * @path: file to write, NULL for standard error
 * @lines: how many violations of each rule to write out; all are counted
 * @failfast: exit at the first one
 * @allow: a reason for blindness that is to be forgiven, or NULL
 * @mode: names the mode of the CPU that runs now
 */
struct report_options {
	const char	*path;
	unsigned long	lines;
	bool		failfast;
	const char	*allow;
	const char	*(*mode)(void);
};

/* False if the file can't be written. */
bool report_open(const struct report_options *options);
__printf(1, 2)
void report_note(const char *format, ...);
void report_violation(const struct finding *finding);
void report_seen(enum seen what);

/* What is found in (pa, len) until the end was planted. */
bool report_canary_begin(u64 pa, u64 len, u64 lines);
/* @expected findings, or 0: at least one a line. False if it was not so. */
bool report_canary_end(u64 pa, u64 len, u64 expected);
bool report_canary_holds(u64 pa);

/* A reason to trust no verdict; of each kind only the first is written. */
__printf(2, 3)
void report_blind(const char *reason, const char *format, ...);

u64 report_violations(enum rule rule);
u64 report_canaries(enum rule rule);
u64 report_sightings(enum seen what);

/* Write the summary; the exit status, or 0 if all is well. */
int report_summary(void);

#endif
