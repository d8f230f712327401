/* SPDX-License-Identifier: MIT */
/*
 * Families that come as plugins, loaded: a table of another minor version is
 * completed with zeroes, and what makes no sense is refused in words.  What is
 * loaded stays.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "nemesis/guest.h"
#include "nemesis/param.h"

#define STATE_BYTES_MAX	(1u << 30)
#define VARIANTS_MAX	64u

struct loaded {
	struct family family;		/* comes first                         */
	struct fr_nemesis table;	/* completed with zeroes               */
	char *path;
	struct loaded *next;
};

static struct loaded *all_loaded;

static bool
good_name(const char *name)
{
	size_t size = name == NULL ? 0 :
		      strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return size > 0 && size <= FR_NAME_MAX && name[size] == '\0';
}

static int
take_variants(struct loaded *made, struct fr_err *err)
{
	const struct fr_variants *from = &made->table.variants;
	struct variant *to;
	struct fr_variant v;
	uint64_t weight = 0;
	uint32_t i;

	if (from->count > VARIANTS_MAX || (from->count > 0 &&
	    (from->at == NULL || from->stride < 2 * sizeof(char *))))
		return err_usage(err, "its table of variants makes no sense");
	to = mem_array(from->count + 2, sizeof *to);
	made->family.variants = to;
	if (from->count == 0) {
		to[0] = (struct variant){ .name = "plain", .weight = 1,
					  .help = made->table.summary };
		return 0;
	}
	for (i = 0; i < from->count; i++) {
		memset(&v, 0, sizeof v);
		memcpy(&v, (const char *)from->at + (size_t)i * from->stride,
		       from->stride < sizeof v ? from->stride : sizeof v);
		if (!good_name(v.name))
			return err_usage(err, "variant %u has no good name",
					 i);
		if (v.cost > FR_COST_BYZANTINE)
			return err_usage(err, "variant '%s' has a cost (%u) "
					 "that this version does not know",
					 v.name, v.cost);
		to[i] = (struct variant){
			.name = v.name,
			.help = v.help == NULL ? "" : v.help,
			.needs = v.needs,
			.cost = (enum cost)v.cost,
			.weight = v.weight,
		};
		weight += v.weight;
	}
	if (weight == 0)
		return err_usage(err, "none of its variants has a weight: the "
				 "bare name could draw none");
	return 0;
}

static int
take_params(struct loaded *made, struct fr_err *err)
{
	const struct fr_params *from = &made->table.params;
	struct fault_value v;
	struct fr_param *to;
	uint32_t i;

	if (from->count > FR_TABLE_MAX || (from->count > 0 &&
	    (from->at == NULL || from->stride < sizeof(char *))))
		return err_usage(err, "its table of parameters makes no "
				 "sense");
	to = mem_array(from->count + 1, sizeof *to);
	made->family.params = to;
	for (i = 0; i < from->count; i++) {
		memcpy(&to[i], (const char *)from->at +
		       (size_t)i * from->stride, from->stride < sizeof *to ?
		       from->stride : sizeof *to);
		if (!good_name(to[i].name))
			return err_usage(err, "parameter %u has no good name",
					 i);
		if (to[i].help == NULL)
			to[i].help = "";
		memset(&v, 0, sizeof v);
		if (param_value(&to[i], to[i].fallback, &v, err) < 0)
			return err_wrap(err, "the default of parameter '%s'",
					to[i].name);
		free(v.text);
	}
	return 0;
}

static int
take_table(struct loaded *made, struct fr_err *err)
{
	const struct fr_nemesis *t = &made->table;

	if (!good_name(t->name))
		return err_usage(err, "its name is missing, or not made of "
				 "a-z, 0-9, '-' and '_'");
	if (t->start == NULL)
		return err_usage(err, "it has no `start`: it does nothing");
	if (t->state_size > STATE_BYTES_MAX)
		return err_usage(err, "its state_size of %zu bytes is more "
				 "than 1G", t->state_size);
	if (take_variants(made, err) < 0 || take_params(made, err) < 0)
		return -1;
	made->family.name = t->name;
	made->family.summary = t->summary == NULL ? "" : t->summary;
	made->family.aims = (t->aims & FR_AIM_GROUPS) ? AIM_GROUPS :
			    (t->aims & FR_AIM_NODES) ? AIM_NODES : AIM_ALL;
	made->family.guest = t;
	return family_add(&made->family, err);
}

static void
forget(struct loaded *made)
{
	free((void *)(uintptr_t)made->family.variants);
	free((void *)(uintptr_t)made->family.params);
	free(made->path);
	free(made);
}

int
guest_load(const char *path, const struct family **out, struct fr_err *err)
{
	const struct fr_nemesis *found;
	struct loaded *made;
	void *handle;

	for (made = all_loaded; made != NULL; made = made->next) {
		if (strcmp(made->path, path) == 0) {
			*out = &made->family;
			return 0;
		}
	}
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return err_usage(err, "load nemesis: %s", dlerror());
	found = dlsym(handle, "fracas_nemesis_v1");
	if (found == NULL)
		return err_usage(err, "load nemesis '%s': it does not export "
				 "fracas_nemesis_v1, which this version of "
				 "fracas wants", path);
	if (found->size < offsetof(struct fr_nemesis, step))
		return err_usage(err, "load nemesis '%s': its table says that "
				 "it has %u bytes; write FR_NEMESIS_HEAD "
				 "first", path, found->size);
	made = mem_new(sizeof *made);
	made->family = guest_family;
	made->path = mem_string(path);
	memcpy(&made->table, found, found->size < sizeof made->table ?
	       found->size : sizeof made->table);
	if (take_table(made, err) < 0) {
		forget(made);
		return err_wrap(err, "load nemesis '%s'", path);
	}
	made->next = all_loaded;
	all_loaded = made;
	*out = &made->family;
	return 0;
}
