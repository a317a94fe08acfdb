// SPDX-License-Identifier: GPL-2.0
/*
 * cachesan, the cache sanitizer: a QEMU TCG plugin
 *
 * It keeps a shadow of what the CPU's data cache may hold of the buffers that
 * the guest names, fed by the guest's own loads, stores and cache instructions
 * and by what the guest says of its devices (marker.h), and reports where the
 * hardware would have let the two see different memory (report.h).
 *
 * As long as the guest has not armed it only markers are looked for, which
 * costs next to nothing.
 */
#include <pthread.h>
#include <glib.h>
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu.h"
#include "hooks.h"
#include "memory.h"
#include "options.h"
#include "sanitizer.h"

#if QEMU_PLUGIN_VERSION != 4
#error "this is for plugin API 4, that of QEMU 10.0"
#endif

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct sanitizer sanitizer;

static struct options options;
static qemu_plugin_id_t plugin;
static bool a64;
static unsigned int cpus;
static struct mmu **mmus;

/* Ops that translated code refers to. They stay: there are not many. */
static hash_table *ops;

/* Over everything: QEMU has threads besides the CPU's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__printf(1, 2)
static void die(const char *format, ...)
{
	va_list args;

	fputs("cachesan: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(STATUS_INVALID);
}

struct mmu *sanitizer_mmu(unsigned int cpu)
{
	if (!mmus[cpu])
		mmus[cpu] = mmu_new(cpu_regime, &guest_memory);
	return mmus[cpu];
}

/* Conditional instructions call here also if they are not to run. */
static bool runs(const struct op *op)
{
	if (a64 || op->insn.cond >= COND_ALWAYS || !hook_on(HOOK_CONDITION))
		return true;
	if (cond_holds(op->insn.cond, cpu_cpsr()))
		return true;
	report_seen(SEEN_SKIPPED);
	return false;
}

static void on_op(unsigned int cpu, void *data)
{
	const struct op *op = data;

	pthread_mutex_lock(&lock);
	if (runs(op)) {
		if (op->insn.action == ACT_MARKER)
			marker(op);
		else if (sanitizer.armed)
			operation(cpu, op);
	}
	pthread_mutex_unlock(&lock);
}

/* QEMU's own record of the access may be gone by now. Then the tables tell. */
static bool find_access(unsigned int cpu, struct touch *t)
{
	struct mapping mapping;
	bool found;

	pthread_mutex_lock(&lock);
	found = mmu_find(sanitizer_mmu(cpu), t->va, &mapping) == WALK_OK;
	t->pa = mapping.pa;
	if (!found)
		report_blind("access", "nobody knows where %#lx is, at pc=%#lx",
			     t->va, t->pc);
	pthread_mutex_unlock(&lock);
	return found;
}

static bool crosses(const struct touch *t)
{
	return t->va % GUEST_PAGE + t->len > GUEST_PAGE;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, u64 va,
		      void *pc)
{
	struct qemu_plugin_hwaddr *hw = qemu_plugin_get_hwaddr(info, va);
	struct touch t = {
		.va = va,
		.len = 1ul << qemu_plugin_mem_size_shift(info),
		.pc = (u64)pc,
		.store = qemu_plugin_mem_is_store(info),
	};

	if (hw && qemu_plugin_hwaddr_is_io(hw))
		return;
	if (hw)
		t.pa = qemu_plugin_hwaddr_phys_addr(hw);
	else if (!find_access(cpu, &t))
		return;
	/* Most accesses are to other memory, and end here. */
	if (!shadow_watched(sanitizer.shadow, t.pa) && !crosses(&t))
		return;
	pthread_mutex_lock(&lock);
	if (sanitizer.armed)
		touch_memory(cpu, &t);
	pthread_mutex_unlock(&lock);
}

static guint hash_op(gconstpointer key)
{
	const struct op *op = key;

	return op->pc >> 1;
}

static gboolean same_op(gconstpointer a, gconstpointer b)
{
	return !memcmp(a, b, sizeof(struct op));
}

static struct op *keep_op(const struct insn *insn, u64 pc, bool is_a64)
{
	struct op *op = g_new0(struct op, 1);
	struct op *old;

	op->pc = pc;
	op->insn.action = insn->action;
	op->insn.scope = insn->scope;
	op->insn.rt = insn->rt;
	op->insn.rt2 = insn->rt2;
	op->insn.cond = insn->cond;
	op->a64 = is_a64;
	old = g_hash_table_lookup(ops, op);
	if (old) {
		g_free(op);
		return old;
	}
	g_hash_table_add(ops, op);
	return op;
}

static void translate(struct decoder *d, struct qemu_plugin_insn *q)
{
	u64 pc = qemu_plugin_insn_vaddr(q);
	u8 bytes[4] = { };
	size_t len = qemu_plugin_insn_data(q, bytes, sizeof(bytes));
	struct insn insn;

	if (d->isa == ISA_T32 && !hook_on(HOOK_IT))
		d->it = 0;
	insn = decode(d, bytes, len);
	if (insn.action == ACT_MARKER ||
	    (sanitizer.armed && insn.action != ACT_NONE))
		qemu_plugin_register_vcpu_insn_exec_cb(q, on_op,
						       QEMU_PLUGIN_CB_R_REGS,
						       keep_op(&insn, pc,
							       d->isa ==
							       ISA_A64));
	if (sanitizer.armed)
		qemu_plugin_register_vcpu_mem_cb(q, on_access,
						 QEMU_PLUGIN_CB_R_REGS,
						 QEMU_PLUGIN_MEM_RW,
						 (void *)pc);
}

/*
 * Code is translated when it is about to run, so the CPU's state is the one
 * for which it is translated: instruction set and IT block.
 */
static struct decoder decoder_now(void)
{
	u32 cpsr = cpu_cpsr();

	if (a64 && !(cpsr & BIT(4)))
		return (struct decoder){ .isa = ISA_A64 };
	return decoder_from_cpsr(cpsr);
}

/* Not when the CPU is made: it has yet to be reset then. */
static void start_shadow(void)
{
	struct geometry g;
	struct cache_ids ids;

	cpu_cache_ids(&ids);
	if (!ids.ctr || (!a64 && !ids.midr))
		die("the CPU does not tell what its cache is");
	geometry_detect(&g, &ids);
	if (!options_apply(&options, &g))
		die("no such cache: class=%s line=%u spec=%d",
		    geometry_class_name(g.class), g.line, g.spec);
	/* The shadow knows one cache, and callbacks come in no order but a CPU's own. */
	if (cpus > 1)
		die("%u CPUs: it can follow one only", cpus);
	report_note("CACHE class=%s line=%u spec=%s zva=%u ctr=%#x midr=%#x cpus=%u",
		    geometry_class_name(g.class), g.line,
		    g.spec ? "on" : "off", g.zva, ids.ctr, ids.midr, cpus);
	sanitizer.shadow = shadow_new(&g);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct decoder d;

	(void)id;
	pthread_mutex_lock(&lock);
	if (!sanitizer.shadow)
		start_shadow();
	d = decoder_now();
	for (size_t i = 0; i < n; i++)
		translate(&d, qemu_plugin_tb_get_insn(tb, i));
	pthread_mutex_unlock(&lock);
}

static void on_cpu(qemu_plugin_id_t id, unsigned int cpu)
{
	const char *missing;

	(void)id;
	(void)cpu;
	pthread_mutex_lock(&lock);
	missing = cpu_find_registers(a64);
	if (missing)
		die("QEMU shows no register %s", missing);
	pthread_mutex_unlock(&lock);
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
	int status;

	(void)id;
	(void)data;
	/* Nobody runs now whose mode could be asked for. */
	pthread_mutex_lock(&lock);
	status = report_summary();
	pthread_mutex_unlock(&lock);
	if (!status)
		return;
	fflush(NULL);
	_exit(status);
}

static void register_callbacks(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_init_cb(id, on_cpu);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
}

/* Drops all translated code. Takes effect when the CPU leaves its block. */
static void rearm(void)
{
	qemu_plugin_reset(plugin, register_callbacks);
}

static void check_qemu(const qemu_info_t *info)
{
	if (info->version.cur != QEMU_PLUGIN_VERSION)
		die("this QEMU has plugin API %d; built for %d, that of QEMU 10.0",
		    info->version.cur, QEMU_PLUGIN_VERSION);
	a64 = !strcmp(info->target_name, "aarch64");
	if (!info->system_emulation ||
	    (!a64 && strcmp(info->target_name, "arm")))
		die("only for whole ARM machines");
}

QEMU_PLUGIN_EXPORT
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	const char *error;

	check_qemu(info);
	error = options_parse(&options, argc, argv);
	if (error)
		die("%s", error);
	options.report.mode = cpu_mode;
	if (!report_open(&options.report))
		die("out=: the file can't be written");
	plugin = id;
	cpus = info->system.max_vcpus;
	mmus = g_new0(struct mmu *, cpus);
	ops = g_hash_table_new(hash_op, same_op);
	sanitizer.rearm = rearm;
	register_callbacks(id);
	return 0;
}
