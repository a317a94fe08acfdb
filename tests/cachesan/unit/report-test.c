// SPDX-License-Identifier: GPL-2.0
/*
 * The report: canaries and verdicts
 */
#include "tap.h"
#include "watched.h"

static void plant(u64 lines)
{
	touch(lines);
	device_read();
}

static void test_canary(void)
{
	set_up(CACHE_PIPT);
	ok(report_canary_begin(BUFFER, 4 * LINE, 4), "canary: begins");
	ok(!report_canary_begin(BUFFER, LINE, 1), "canary: one at a time");
	plant(6);
	ok(report_canaries(RULE_DEV_READ_DIRTY) == 4 &&
	   report_violations(RULE_DEV_READ_DIRTY) == 2,
	   "canary: only what is in its range");
	ok(report_canary_end(BUFFER, 4 * LINE, 0), "canary: found");
	report_canary_begin(BUFFER, 4 * LINE, 4);
	plant(3);
	ok(!report_canary_end(BUFFER, 4 * LINE, 0), "canary: a line missing");
	report_canary_begin(BUFFER, 4 * LINE, 4);
	plant(4);
	ok(!report_canary_end(BUFFER, 4 * LINE, 5), "canary: not as many");
	ok(!report_canary_end(BUFFER, 4 * LINE, 0), "canary: not open");
	shadow_free(shadow);
}

/* A run in which all was seen, as far as the report can tell */
static void all_seen(bool device, bool with_canary)
{
	set_up(CACHE_PIPT);
	report_seen(SEEN_MARKER);
	if (with_canary) {
		report_canary_begin(BUFFER, LINE, 1);
		plant(1);
		report_canary_end(BUFFER, LINE, 1);
	}
	if (device)
		device_read();
	shadow_free(shadow);
}

static void verdicts(void)
{
	all_seen(true, true);
	ok(report_summary() == 0, "verdict: clean");
	all_seen(true, true);
	report_seen(SEEN_MARKER);
	report_violation(&(struct finding){ .rule = RULE_CPU_READ_STALE });
	ok(report_summary() == STATUS_VIOLATION, "verdict: a violation");
	all_seen(true, false);
	ok(report_summary() == STATUS_INVALID, "verdict: no canary");
	all_seen(false, false);
	report_canary_begin(BUFFER, LINE, 1);
	report_violation(&(struct finding){ .line = BUFFER });
	report_canary_end(BUFFER, LINE, 1);
	ok(report_summary() == STATUS_INVALID, "verdict: no device");
	all_seen(true, true);
	report_canary_begin(BUFFER, LINE, 1);
	ok(report_summary() == STATUS_INVALID, "verdict: canary left open");
	all_seen(true, true);
	report_blind("register", "none");
	ok(report_summary() == STATUS_INVALID, "verdict: a reason given");
	report_open(&(struct report_options){ .path = "/dev/null" });
	ok(report_summary() == STATUS_INVALID, "verdict: nothing at all");
}

int main(void)
{
	test_canary();
	verdicts();
	return tap_done();
}
