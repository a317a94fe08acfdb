// SPDX-License-Identifier: GPL-2.0
/*
 * What the guest says
 */
#include "cpu.h"
#include "device.h"
#include "hooks.h"
#include "marker.h"
#include "report.h"
#include "rules.h"
#include "sanitizer.h"

/* A marker's arguments */
struct message {
	u64	op;
	u64	addr;
	u64	len;
	u64	tag;
	u64	pc;
};

static struct access access_of(const struct message *m)
{
	struct access a = { .pa = m->addr, .len = m->len, .pc = m->pc };

	return a;
}

static bool arm(const struct message *m)
{
	(void)m;
	if (!sanitizer.armed++)
		sanitizer.rearm();
	return true;
}

static bool disarm(const struct message *m)
{
	(void)m;
	if (!sanitizer.armed)
		return false;
	if (!--sanitizer.armed) {
		shadow_reset(sanitizer.shadow);
		sanitizer.rearm();
	}
	return true;
}

static bool device_code(const struct message *m)
{
	return !hook_on(HOOK_DEVICE_CODE) || device_code_add(m->addr, m->len);
}

static bool forget_code(const struct message *m)
{
	return !hook_on(HOOK_DEVICE_CODE) ||
	       device_code_remove(m->addr, m->len);
}

static bool watch(const struct message *m)
{
	return sanitizer.armed &&
	       shadow_watch(sanitizer.shadow, m->addr, m->len, m->tag);
}

static bool watch_dirty(const struct message *m)
{
	struct access a = access_of(m);

	if (!watch(m))
		return false;
	if (shadow_geometry(sanitizer.shadow)->class == CACHE_PIPT &&
	    hook_on(HOOK_WATCH_DIRTY))
		rules_assume_dirty(sanitizer.shadow, &a);
	return true;
}

static bool unwatch(const struct message *m)
{
	return !hook_on(HOOK_UNWATCH) ||
	       shadow_unwatch(sanitizer.shadow, m->addr, m->len, m->tag);
}

static bool device_read(const struct message *m)
{
	struct access a = access_of(m);

	if (hook_on(HOOK_DEVICE_READ))
		rules_device_read(sanitizer.shadow, &a);
	return true;
}

static bool device_write(const struct message *m)
{
	struct access a = access_of(m);

	if (hook_on(HOOK_DEVICE_WRITE))
		rules_device_write(sanitizer.shadow, &a);
	return true;
}

static bool own(const struct message *m)
{
	if (hook_on(HOOK_OWN))
		shadow_own(sanitizer.shadow, m->addr, m->len, true);
	return true;
}

static bool disown(const struct message *m)
{
	shadow_own(sanitizer.shadow, m->addr, m->len, false);
	return true;
}

/* Lines that (addr, len) touches */
static u64 lines_of(const struct message *m)
{
	u64 size = shadow_geometry(sanitizer.shadow)->line;

	return (m->addr + m->len - 1) / size - m->addr / size + 1;
}

static bool canary_begin(const struct message *m)
{
	return report_canary_begin(m->addr, m->len, lines_of(m));
}

static bool canary_end(const struct message *m)
{
	if (!report_canary_end(m->addr, m->len, m->tag))
		report_blind("canary", "a planted violation was not found");
	return true;
}

static bool (*const handlers[])(const struct message *m) = {
	[CACHESAN_ARM] = arm,
	[CACHESAN_DISARM] = disarm,
	[CACHESAN_DEVICE_CODE] = device_code,
	[CACHESAN_FORGET_CODE] = forget_code,
	[CACHESAN_WATCH] = watch,
	[CACHESAN_WATCH_DIRTY] = watch_dirty,
	[CACHESAN_UNWATCH] = unwatch,
	[CACHESAN_DEVICE_READ] = device_read,
	[CACHESAN_DEVICE_WRITE] = device_write,
	[CACHESAN_OWN] = own,
	[CACHESAN_DISOWN] = disown,
	[CACHESAN_CANARY_BEGIN] = canary_begin,
	[CACHESAN_CANARY_END] = canary_end,
};

static bool handle(const struct message *m)
{
	if (m->op >= ARRAY_SIZE(handlers) || !handlers[m->op])
		return false;
	return handlers[m->op](m);
}

void marker(const struct op *op)
{
	struct message m = {
		.op = cpu_general(0) ^ CACHESAN_MAGIC,
		.addr = cpu_general(1),
		.len = cpu_general(2),
		.tag = cpu_general(3),
		.pc = op->pc,
	};

	/* A user's program may contain what it likes. */
	if (!cpu_is_privileged())
		return;
	report_seen(SEEN_MARKER);
	if (!handle(&m))
		report_blind("marker", "op=%#lx addr=%#lx len=%#lx tag=%#lx pc=%#lx makes no sense",
			     m.op, m.addr, m.len, m.tag, m.pc);
}
