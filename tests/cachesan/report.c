// SPDX-License-Identifier: GPL-2.0
/*
 * The report: a line for each violation, and the summary
 */
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

static const char *const rule_names[RULE_COUNT] = {
	[RULE_DEV_READ_DIRTY] = "dev-read-dirty",
	[RULE_DEV_WRITE_DIRTY] = "dev-write-dirty",
	[RULE_CPU_READ_STALE] = "cpu-read-stale",
	[RULE_WRITEBACK_OVER_DEV] = "writeback-over-dev",
	[RULE_ALIAS_MISSED] = "alias-missed",
	[RULE_EDGE_SHARED] = "edge-shared",
	[RULE_ALIAS_STALE] = "alias-stale",
	[RULE_OP_FAULT] = "op-fault",
};

static const char *const seen_names[SEEN_COUNT] = {
	[SEEN_LOAD] = "load",
	[SEEN_STORE] = "store",
	[SEEN_UNCACHED] = "uncached",
	[SEEN_DEVICE_READ] = "device-read",
	[SEEN_DEVICE_WRITE] = "device-write",
	[SEEN_CLEAN] = "clean",
	[SEEN_INVALIDATE] = "invalidate",
	[SEEN_FLUSH] = "flush",
	[SEEN_WHOLE] = "whole",
	[SEEN_SET_WAY] = "set-way",
	[SEEN_SKIPPED] = "skipped",
	[SEEN_OP_FAULT] = "op-fault",
	[SEEN_OWN_DIRT] = "own-dirt",
	[SEEN_MARKER] = "marker",
	[SEEN_WALK] = "walk",
};

static struct {
	struct report_options	options;
	FILE			*out;
	u64			violations[RULE_COUNT];
	u64			canaries[RULE_COUNT];
	u64			seen[SEEN_COUNT];
	item_array		*blind;
} state;

/* The canary that is open, if its length is not 0 */
static struct {
	u64	pa;
	u64	len;
	u64	lines;
	u64	found;
	u64	passed;
} canary;

bool report_open(const struct report_options *options)
{
	memset(&state, 0, sizeof(state));
	memset(&canary, 0, sizeof(canary));
	state.options = *options;
	state.blind = g_array_new(FALSE, FALSE, sizeof(const char *));
	state.out = options->path ? fopen(options->path, "w") : stderr;
	return state.out;
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(state.out, format, args);
	va_end(args);
	fputc('\n', state.out);
}

static const char *mode(void)
{
	return state.options.mode ? state.options.mode() : "-";
}

static void write_finding(const char *what, const struct finding *f)
{
	fprintf(state.out,
		"%s rule=%s line=%#lx bytes=%#lx tag=%#lx off=%#lx writer_pc=%#lx",
		what, rule_names[f->rule], f->line, f->bytes, f->tag, f->offset,
		f->writer_pc);
	report_note(" writer_va=%#lx device_pc=%#lx pc=%#lx va=%#lx mode=%s",
		    f->writer_va, f->device_pc, f->pc, f->va,
		    mode());
}

void report_violation(const struct finding *f)
{
	bool planted = report_canary_holds(f->line);
	u64 *count = planted ? state.canaries : state.violations;

	if (count[f->rule]++ < state.options.lines)
		write_finding(planted ? "CANARY" : "VIOLATION", f);
	canary.found += planted;
	if (state.options.failfast && !planted) {
		report_note("STOP at the first violation");
		fflush(state.out);
		_exit(STATUS_VIOLATION);
	}
}

void report_seen(enum seen what)
{
	state.seen[what]++;
}

bool report_canary_holds(u64 pa)
{
	return canary.len && pa - canary.pa < canary.len;
}

bool report_canary_begin(u64 pa, u64 len, u64 lines)
{
	bool good = len && !canary.len;

	if (good) {
		canary.pa = pa;
		canary.len = len;
		canary.lines = lines;
		canary.found = 0;
	}
	return good;
}

bool report_canary_end(u64 pa, u64 len, u64 expected)
{
	bool good = canary.len && pa == canary.pa && len == canary.len;

	if (expected)
		good &= canary.found == expected;
	else
		good &= canary.found >= canary.lines;
	canary.len = 0;
	canary.passed += good;
	report_note("CANARY end found=%lu expected=%s%lu %s", canary.found,
		    expected ? "" : "at-least-", expected ?: canary.lines,
		    good ? "good" : "BAD");
	return good;
}

static bool blind_for(const char *reason)
{
	for (unsigned int i = 0; i < state.blind->len; i++)
		if (!strcmp(g_array_index(state.blind, const char *, i),
			    reason))
			return true;
	return false;
}

void report_blind(const char *reason, const char *format, ...)
{
	va_list args;

	if (blind_for(reason))
		return;
	g_array_append_val(state.blind, reason);
	fprintf(state.out, "BLIND %s: ", reason);
	va_start(args, format);
	vfprintf(state.out, format, args);
	va_end(args);
	fputc('\n', state.out);
}

u64 report_violations(enum rule rule)
{
	return state.violations[rule];
}

u64 report_canaries(enum rule rule)
{
	return state.canaries[rule];
}

u64 report_sightings(enum seen what)
{
	return state.seen[what];
}

/* Nothing to see is no proof that all was seen. */
static void look_for_blindness(void)
{
	if (!state.seen[SEEN_MARKER])
		report_blind("no-marker", "the guest said nothing");
	if (!canary.passed)
		report_blind("no-canary", "no planted violation was found");
	if (!state.seen[SEEN_DEVICE_READ] && !state.seen[SEEN_DEVICE_WRITE])
		report_blind("no-device", "no access of the device was seen");
	if (canary.len)
		report_blind("open-canary", "a canary was left open");
}

static u64 write_counts(const char *what, const char *const *names,
			const u64 *count, unsigned int n)
{
	u64 sum = 0;

	fprintf(state.out, "SUMMARY %s", what);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(state.out, " %s=%lu", names[i], count[i]);
		sum += count[i];
	}
	fputc('\n', state.out);
	return sum;
}

/* Writes the reasons, counts those that are not forgiven. */
static unsigned int write_blindness(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < state.blind->len; i++) {
		const char *reason = g_array_index(state.blind,
						   const char *, i);
		bool allowed = state.options.allow &&
			       !strcmp(state.options.allow, reason);

		report_note("SUMMARY blind %s%s", reason,
			    allowed ? " (allowed)" : "");
		count += !allowed;
	}
	return count;
}

int report_summary(void)
{
	u64 violations;
	int status;

	look_for_blindness();
	write_counts("seen", seen_names, state.seen, SEEN_COUNT);
	write_counts("canary", rule_names, state.canaries, RULE_COUNT);
	violations = write_counts("violations", rule_names, state.violations,
				  RULE_COUNT);
	status = violations ? STATUS_VIOLATION : 0;
	if (write_blindness())
		status = STATUS_INVALID;
	report_note("SUMMARY total=%lu verdict=%s", violations,
		    status == STATUS_INVALID ? "INVALID" :
		    status ? "VIOLATIONS" : "CLEAN");
	fflush(state.out);
	return status;
}
