// SPDX-License-Identifier: GPL-2.0
/*
 * counter: a QEMU TCG plugin that counts between marks (bench-mark.h)
 *
 * Instructions, those of them in loops over cache lines, and cache operations by
 * line. Each end of a part becomes a line of the file out=FILE:
 *
 *   CASE PART INSTRUCTIONS LOOP CLEANED INVALIDATED FLUSHED NANOSECONDS
 *
 * with the host's nanoseconds. For one CPU: a part's begin and end are told by
 * one counter. With profile=on lines at the end tell how often each translation
 * block ran in each part, for report/hotspots.py:
 *
 *   block CASE PART ADDRESS LENGTH LOOP RUNS
 *
 * with its length in instructions, and LOOP 1 for one that loops over lines.
 */
#include <glib.h>
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench-mark.h"
#include "decode.h"

#if QEMU_PLUGIN_VERSION != 4
#error "this is for plugin API 4, that of QEMU 10.0"
#endif

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/**
 * struct counts - what has run so far
 * @insns: instructions
 * @loop: those in translation blocks with an operation on a cache line: the
 *	loops over lines, which are so short that each is one block
 * @clean: lines written back
 * @invalidate: lines thrown away
 * @flush: lines written back and thrown away
 */
struct counts {
	u64	insns;
	u64	loop;
	u64	clean;
	u64	invalidate;
	u64	flush;
};

static struct qemu_plugin_scoreboard *board;
static struct counts begun[BENCH_PARTS];
static u64 begun_ns[BENCH_PARTS];
static unsigned long current_case;
static struct qemu_plugin_register *registers[3];
static bool a64;
static FILE *out;

/* At most so many cases can be profiled. */
#define CASES 64

/**
 * struct block - a translation block that is profiled
 * @pc: its address
 * @length: instructions in it
 * @loop: over cache lines, see struct counts
 * @runs: how often it ran in each part of each case, NULL: in none
 */
struct block {
	u64	pc;
	u64	length;
	bool	loop;
	u64	(*runs)[BENCH_PARTS];
};

static item_array *blocks;

__printf(1, 2)
static void die(const char *format, ...)
{
	va_list args;

	fputs("counter: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static u64 host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static u64 read_register(unsigned int n)
{
	static byte_array *bytes;
	u64 value = 0;

	if (!bytes)
		bytes = g_byte_array_new();
	g_byte_array_set_size(bytes, 0);
	if (qemu_plugin_read_register(registers[n], bytes) > (int)sizeof(value))
		die("a register is too wide");
	memcpy(&value, bytes->data, bytes->len);
	return value;
}

static void case_begins(u64 number)
{
	if (blocks && number >= CASES)
		die("more than %d cases", CASES);
	current_case = number;
}

static void part_begins(u64 part)
{
	begun[part] = *(struct counts *)qemu_plugin_scoreboard_find(board, 0);
	begun_ns[part] = host_ns();
}

static void part_ends(u64 part)
{
	const struct counts *now = qemu_plugin_scoreboard_find(board, 0);
	const struct counts *then = &begun[part];

	if (!begun_ns[part])
		die("part %lu ends that did not begin", (unsigned long)part);
	/* The mark itself is no part of it. */
	fprintf(out, "%lu %lu %lu %lu %lu %lu %lu %lu\n", current_case, part,
		now->insns - then->insns - 1, now->loop - then->loop,
		now->clean - then->clean, now->invalidate - then->invalidate,
		now->flush - then->flush, host_ns() - begun_ns[part]);
	begun_ns[part] = 0;
}

static void on_mark(unsigned int cpu, void *unused)
{
	u64 op = read_register(0), arg;

	(void)cpu;
	(void)unused;
	if ((op & 0xffff0000ul) != BENCH_MAGIC)
		return;
	arg = read_register(1);
	op &= 0xffff;
	if (op == BENCH_CASE)
		case_begins(arg);
	else if (arg >= BENCH_PARTS)
		die("mark %lu of part %lu", (unsigned long)op, (unsigned long)arg);
	else if (op == BENCH_BEGIN)
		part_begins(arg);
	else if (op == BENCH_END)
		part_ends(arg);
}

/* Conditional ones: QEMU calls here also if they are not to run. */
static void on_conditional(unsigned int cpu, void *data)
{
	const unsigned long *what = data;
	struct counts *now = qemu_plugin_scoreboard_find(board, cpu);

	if (cond_holds(what[0], read_register(2)))
		*(u64 *)((char *)now + what[1]) += 1;
}

static void on_block(unsigned int cpu, void *data)
{
	struct block *b = data;

	(void)cpu;
	for (unsigned int part = 0; part < BENCH_PARTS; part++) {
		if (!begun_ns[part])
			continue;
		if (!b->runs)
			b->runs = g_malloc0(CASES * sizeof(*b->runs));
		b->runs[current_case][part]++;
	}
}

static void profile(struct qemu_plugin_tb *tb, bool loop)
{
	struct block *b = g_new0(struct block, 1);

	b->pc = qemu_plugin_tb_vaddr(tb);
	b->length = qemu_plugin_tb_n_insns(tb);
	b->loop = loop;
	g_array_append_val(blocks, b);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
}

static void tell_block(const struct block *b)
{
	for (unsigned int c = 0; c < CASES; c++) {
		for (unsigned int part = 0; part < BENCH_PARTS; part++) {
			if (b->runs[c][part])
				fprintf(out, "block %u %u %#lx %lu %d %lu\n", c, part,
					b->pc, b->length, b->loop, b->runs[c][part]);
		}
	}
}

static void tell_profile(void)
{
	for (unsigned int i = 0; i < blocks->len; i++) {
		const struct block *b = g_array_index(blocks, struct block *, i);

		if (b->runs)
			tell_block(b);
	}
}

static void add(struct qemu_plugin_insn *insn, size_t offset)
{
	qemu_plugin_u64 counter = { board, offset };

	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							    counter, 1);
}

static bool on_line(const struct insn *i)
{
	return i->scope == SCOPE_LINE &&
	       (i->action == ACT_CLEAN || i->action == ACT_INVALIDATE ||
		i->action == ACT_FLUSH);
}

static size_t counter_of(enum action action)
{
	switch (action) {
	case ACT_CLEAN:
		return offsetof(struct counts, clean);
	case ACT_INVALIDATE:
		return offsetof(struct counts, invalidate);
	default:
		return offsetof(struct counts, flush);
	}
}

static void count_line(struct qemu_plugin_insn *insn, const struct insn *i)
{
	size_t offset = counter_of(i->action);
	unsigned long *what;

	if (a64 || i->cond >= COND_ALWAYS) {
		add(insn, offset);
		return;
	}
	/* Translated code refers to it: it stays. There are a handful. */
	what = g_new(unsigned long, 2);
	what[0] = i->cond;
	what[1] = offset;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_conditional,
					       QEMU_PLUGIN_CB_R_REGS, what);
}

/* The state of the CPU is that for which the block is translated. */
static struct decoder decoder_now(void)
{
	u32 cpsr = read_register(2);

	if (a64 && !(cpsr & BIT(4)))
		return (struct decoder){ .isa = ISA_A64 };
	return decoder_from_cpsr(cpsr);
}

static bool is_mark(struct qemu_plugin_insn *q)
{
	u32 word = 0;

	qemu_plugin_insn_data(q, &word, sizeof(word));
	return word == (a64 ? BENCH_INSN_A64 : BENCH_INSN_A32) ||
	       (!a64 && word == BENCH_INSN_T32);
}

static struct insn decode_next(struct decoder *d, struct qemu_plugin_insn *q)
{
	u8 bytes[4] = { };
	size_t len = qemu_plugin_insn_data(q, bytes, sizeof(bytes));

	return decode(d, bytes, len);
}

static bool has_line_op(struct qemu_plugin_tb *tb)
{
	struct decoder d = decoder_now();
	bool found = false;

	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb) && !found; i++) {
		struct insn insn = decode_next(&d, qemu_plugin_tb_get_insn(tb, i));

		found = on_line(&insn);
	}
	return found;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct decoder d = decoder_now();
	bool loop = has_line_op(tb);

	(void)id;
	if (blocks)
		profile(tb, loop);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(tb, i);
		struct insn insn = decode_next(&d, q);

		add(q, offsetof(struct counts, insns));
		if (loop)
			add(q, offsetof(struct counts, loop));
		if (on_line(&insn))
			count_line(q, &insn);
		else if (is_mark(q))
			qemu_plugin_register_vcpu_insn_exec_cb(q, on_mark,
							       QEMU_PLUGIN_CB_R_REGS, NULL);
	}
}

static void on_cpu(qemu_plugin_id_t id, unsigned int cpu)
{
	const char *const names[] = { a64 ? "x0" : "r0", a64 ? "x1" : "r1", "cpsr" };
	item_array *all = qemu_plugin_get_registers();

	(void)id;
	if (cpu)
		die("for one CPU only");
	for (unsigned int i = 0; i < all->len; i++) {
		qemu_plugin_reg_descriptor *r = &g_array_index(all, qemu_plugin_reg_descriptor, i);

		for (unsigned int n = 0; n < ARRAY_SIZE(names); n++)
			if (!strcmp(r->name, names[n]))
				registers[n] = r->handle;
	}
	for (unsigned int n = 0; n < ARRAY_SIZE(names); n++)
		if (!registers[n])
			die("QEMU shows no register %s", names[n]);
	g_array_free(all, TRUE);
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *unused)
{
	(void)id;
	(void)unused;
	if (blocks)
		tell_profile();
	if (fclose(out))
		die("out= can't be written");
}

static void option(const char *text)
{
	if (!strncmp(text, "out=", 4))
		out = fopen(text + 4, "w");
	else if (!strcmp(text, "profile=on"))
		blocks = g_array_new(FALSE, FALSE, sizeof(struct block *));
	else
		die("what is %s?", text);
}

static void options(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		option(argv[i]);
	if (!out)
		die("wants out=FILE");
}

QEMU_PLUGIN_EXPORT
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	a64 = !strcmp(info->target_name, "aarch64");
	if (!info->system_emulation || (!a64 && strcmp(info->target_name, "arm")))
		die("only for whole ARM machines");
	options(argc, argv);
	board = qemu_plugin_scoreboard_new(sizeof(struct counts));
	qemu_plugin_register_vcpu_init_cb(id, on_cpu);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
