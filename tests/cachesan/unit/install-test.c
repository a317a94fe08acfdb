// SPDX-License-Identifier: GPL-2.0
/*
 * What the plugin refuses when QEMU loads it. Here this program plays QEMU: the
 * plugin finds its functions in it.
 */
#include <dlfcn.h>
#include <glib.h>
#include <qemu-plugin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../report.h"
#include "tap.h"

typeof(qemu_plugin_install) *install;

/* What the CPU has, by name; each register reads as its value. */
struct fake_register {
	const char	*name;
	u32		value;
	int		size;
};

static const struct fake_register *registers;
static size_t register_count;
static void (*on_cpu)(qemu_plugin_id_t id, unsigned int cpu);
static void (*on_translate)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
static void (*on_exit_of_qemu)(qemu_plugin_id_t id, void *data);

#define EXPORT __attribute__((visibility("default")))

EXPORT void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id,
					      qemu_plugin_vcpu_simple_cb_t cb)
{
	(void)id;
	on_cpu = cb;
}

EXPORT void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
						  qemu_plugin_vcpu_tb_trans_cb_t cb)
{
	(void)id;
	on_translate = cb;
}

/* A block without instructions */
EXPORT size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	(void)tb;
	return 0;
}

/* The first CPU is made, reset, and runs. */
static void run_first_block(void)
{
	on_cpu(1, 0);
	on_translate(1, NULL);
}

EXPORT void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
					   qemu_plugin_udata_cb_t cb, void *data)
{
	(void)id;
	(void)data;
	on_exit_of_qemu = cb;
}

EXPORT item_array *qemu_plugin_get_registers(void)
{
	item_array *all = g_array_new(FALSE, FALSE,
				      sizeof(qemu_plugin_reg_descriptor));

	for (size_t i = 0; i < register_count; i++) {
		qemu_plugin_reg_descriptor d = {
			(void *)&registers[i], registers[i].name, "",
		};

		g_array_append_val(all, d);
	}
	return all;
}

EXPORT int qemu_plugin_read_register(struct qemu_plugin_register *handle,
				     byte_array *bytes)
{
	const struct fake_register *r = (void *)handle;

	g_byte_array_append(bytes, (const void *)&r->value, r->size);
	return r->size;
}

#define GENERAL(n) { "r" #n, 0, 4 }

static struct fake_register a15[] = {
	GENERAL(0), GENERAL(1), GENERAL(2), GENERAL(3), GENERAL(4), GENERAL(5),
	GENERAL(6), GENERAL(7), GENERAL(8), GENERAL(9), GENERAL(10),
	GENERAL(11), GENERAL(12), { "sp", 0, 4 }, { "lr", 0, 4 },
	{ "cpsr", 0x1d3, 4 }, { "TTBCR", 0, 4 }, { "TTBR0_EL1", 0, 4 },
	{ "TTBR1_EL1", 0, 4 }, { "CTR", 0x8444c004, 4 },
	{ "ID_MMFR0", 0x10201105, 4 }, { "MIDR", 0x414fc0f0, 4 },
	/* Last, so that it can be left out */
	{ "SCTLR", 0, 4 },
};

static const struct fake_register renamed[] = { { "SCTLR_EL1", 0, 4 } };

static qemu_info_t info(void)
{
	qemu_info_t i = {
		.target_name = "arm", .version = { 2, 4 },
		.system_emulation = true, .system = { 1, 1 },
	};

	return i;
}

/* The status with which this process would have ended; 0 if it lives on. */
static int status_of(const qemu_info_t *i, const char *option, bool start)
{
	int status;
	pid_t child = fork();

	if (!child) {
		char out[] = "out=/dev/null", given[64];
		char *argv[2];

		argv[0] = out;
		argv[1] = given;
		snprintf(given, sizeof(given), "%s", option ?: "");
		freopen("/dev/null", "w", stderr);
		install(1, i, option ? 2 : 1, argv);
		if (start)
			run_first_block();
		if (start)
			on_exit_of_qemu(1, NULL);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void versions(void)
{
	qemu_info_t i = info();

	ok(status_of(&i, NULL, false) == 0, "API 4");
	i.version.cur = 3;
	ok(status_of(&i, NULL, false) == STATUS_INVALID, "API 3");
	i.version.cur = 5;
	ok(status_of(&i, NULL, false) == STATUS_INVALID, "API 5");
	i = info();
	i.target_name = "x86_64";
	ok(status_of(&i, NULL, false) == STATUS_INVALID, "another CPU");
	i = info();
	i.system_emulation = false;
	ok(status_of(&i, NULL, false) == STATUS_INVALID, "a single program");
}

static void bad_options(void)
{
	static const char *const bad[] = {
		"nonsense=1", "failfast", "failfast=maybe", "class=x",
		"line=128", "line=0", "spec=2", "zva=48", "ram=0x0",
		"ram=0:/nonexistent", "ram=0:/dev/null", "lin=1:2", "lin=1:2:x",
		"disable=nothing", "out=/nonexistent/x",
	};
	static const char *const good[] = {
		"failfast=on", "failfast=off", "class=vivt", "line=32",
		"spec=off", "zva=64", "lines=7", "allow=no-device",
		"lin=0xc0000000:0x40000000:0x10000000", "disable=clean",
	};
	qemu_info_t i = info();

	for (size_t n = 0; n < ARRAY_SIZE(bad); n++)
		ok(status_of(&i, bad[n], false) == STATUS_INVALID, "bad: %s",
		   bad[n]);
	for (size_t n = 0; n < ARRAY_SIZE(good); n++)
		ok(status_of(&i, good[n], false) == 0, "good: %s", good[n]);
}

static void cpus(void)
{
	qemu_info_t i = info();

	registers = a15;
	register_count = ARRAY_SIZE(a15);
	ok(status_of(&i, "allow=no-device", true) == STATUS_INVALID,
	   "nothing seen");
	ok(status_of(&i, "class=vivt", true) == STATUS_INVALID, "VIVT");
	register_count--;
	ok(status_of(&i, NULL, true) == STATUS_INVALID, "no SCTLR");
	registers = renamed;
	register_count = 1;
	ok(status_of(&i, NULL, true) == STATUS_INVALID, "another name");
}

/* These end before anything is seen, so they are told from it by a marker. */
static bool starts(const char *option, int smp)
{
	qemu_info_t i = info();
	int status;
	pid_t child;

	i.system.max_vcpus = smp;
	child = fork();
	if (!child) {
		char given[64];
		char *argv = given;

		snprintf(given, sizeof(given), "%s", option);
		freopen("/dev/null", "w", stderr);
		install(1, &i, 1, &argv);
		run_first_block();
		_exit(7);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void caches(void)
{
	registers = a15;
	register_count = ARRAY_SIZE(a15);
	ok(starts("lines=1", 1), "a cortex-a15");
	ok(!starts("lines=1", 2), "two of them");
	ok(starts("class=vipt", 1), "a cache with aliases");
	a15[ARRAY_SIZE(a15) - 2].value = 0;
	ok(!starts("lines=1", 1), "a CPU that does not say what it is");
	a15[ARRAY_SIZE(a15) - 2].value = 0x414fc0f0;
	registers++;
	register_count--;
	ok(!starts("lines=1", 1), "no r0");
}

int main(int argc, char **argv)
{
	void *so = dlopen(argc > 1 ? argv[1] : "", RTLD_LAZY);

	install = so ? dlsym(so, "qemu_plugin_install") : NULL;
	if (!install) {
		printf("Bail out! %s\n", dlerror());
		return 1;
	}
	versions();
	bad_options();
	cpus();
	caches();
	return tap_done();
}
