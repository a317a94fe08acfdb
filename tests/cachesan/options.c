// SPDX-License-Identifier: GPL-2.0
/*
 * The plugin's options
 */
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "memory.h"
#include "options.h"

static bool parse_bool(const char *value, bool *to)
{
	*to = !strcmp(value, "on");
	return *to || !strcmp(value, "off");
}

static const char *set_out(struct options *o, const char *value)
{
	o->report.path = value;
	return NULL;
}

static const char *set_lines(struct options *o, const char *value)
{
	o->report.lines = strtoul(value, NULL, 0);
	return NULL;
}

static const char *set_failfast(struct options *o, const char *value)
{
	return parse_bool(value, &o->report.failfast) ? NULL :
							"failfast=on|off";
}

static const char *set_allow(struct options *o, const char *value)
{
	o->report.allow = value;
	return NULL;
}

static const char *set_class(struct options *o, const char *value)
{
	o->has_class = true;
	return geometry_class_parse(&o->class, value) ? NULL :
							"class=pipt|vipt|vivt";
}

/* A power of two that a u64 has bits for */
static const char *set_line(struct options *o, const char *value)
{
	o->line = strtoul(value, NULL, 0);
	return o->line == 32 || o->line == 64 ? NULL : "line=32|64";
}

static const char *set_zva(struct options *o, const char *value)
{
	o->zva = strtoul(value, NULL, 0);
	return o->zva >= 16 && !(o->zva & (o->zva - 1)) ? NULL : "zva=BYTES";
}

static const char *set_spec(struct options *o, const char *value)
{
	o->has_spec = true;
	return parse_bool(value, &o->spec) ? NULL : "spec=on|off";
}

static const char *set_ram(struct options *o, const char *value)
{
	(void)o;
	return memory_add_ram(value);
}

static const char *set_lin(struct options *o, const char *value)
{
	(void)o;
	return memory_add_linear(value);
}

static const char *set_disable(struct options *o, const char *value)
{
	(void)o;
	return hook_disable(value) ? NULL : "disable=: no such hook";
}

static const struct {
	const char	*name;
	const char	*(*set)(struct options *o, const char *value);
} all[] = {
	{ "out", set_out },		/* FILE for the report */
	{ "lines", set_lines },		/* so many of each rule written out */
	{ "failfast", set_failfast },	/* exit 99 at the first violation */
	{ "allow", set_allow },		/* forgive this reason for blindness */
	{ "class", set_class },		/* overrules what the CPU says */
	{ "line", set_line },		/* the same */
	{ "zva", set_zva },		/* the same */
	{ "spec", set_spec },		/* the same */
	{ "ram", set_ram },		/* memory.h */
	{ "lin", set_lin },		/* memory.h */
	{ "disable", set_disable },	/* hooks.h, for tests only */
};

static const char *parse_one(struct options *o, char *argument)
{
	char *value = strchr(argument, '=');

	if (!value)
		return "an option without a value";
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].name, argument))
			return all[i].set(o, value);
	return "no such option";
}

const char *options_parse(struct options *o, int argc, char **argv)
{
	const char *error = NULL;

	o->report.lines = 100;
	for (int i = 0; i < argc && !error; i++)
		error = parse_one(o, argv[i]);
	return error;
}

bool options_apply(const struct options *o, struct geometry *g)
{
	if (o->has_class) {
		g->class = o->class;
		g->spec = o->class == CACHE_PIPT;
	}
	if (o->line)
		g->line = o->line;
	if (o->zva)
		g->zva = o->zva;
	if (o->has_spec)
		g->spec = o->spec;
	/* No VIVT core fetches early, and which alias would it be? */
	return g->line <= 64 && !(g->class == CACHE_VIVT && g->spec);
}
