/* SPDX-License-Identifier: MIT */
/*
 * Families of faults that are plugins: found, looked at, and loaded into this
 * process, which trusts them as it does workloads.
 */
#include "core/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/elf.h"
#include "nemesis/nemesis.h"

int
nemesis_load(const char *path, const struct family **out, struct fr_err *err)
{
	struct elf elf;

	/* A file that is none kills who maps it: so look before. */
	if (elf_read(path, &elf, err) < 0)
		return err_wrap(err, "load nemesis '%s'", path);
	elf_free(&elf);
	return guest_load(path, out, err);
}

/* What is installed and does not load is told by `fracas list faults`; here
 * it is a family that is not there. */
static int
load_one(void *arg, const char *name, const char *path)
{
	const struct family *f;

	(void)arg;
	(void)name;
	(void)nemesis_load(path, &f, NULL);
	return 0;
}

static bool
is_path(const char *entry)
{
	const char *colon = strstr(entry, ".so:");
	const size_t size = colon != NULL ? (size_t)(colon + 3 - entry) :
			    strlen(entry);

	return memchr(entry, '/', size) != NULL ||
	       (size > 3 && memcmp(entry + size - 3, ".so", 3) == 0);
}

/* "./mine.so:variant" to "mine:variant", loaded. */
static int
load_path(const char *entry, struct buf *out, struct fr_err *err)
{
	const char *so = strstr(entry, ".so:");
	const struct family *f;
	char *name, *path;
	int status;

	name = so == NULL ? mem_string(entry) :
	       mem_format("%.*s", (int)(so + 3 - entry), entry);
	status = plugin_find(PLUGIN_NEMESIS, name, &path, err);
	free(name);
	if (status < 0)
		return -1;
	status = nemesis_load(path, &f, err);
	free(path);
	if (status < 0)
		return -1;
	buf_text(out, f->name);
	if (so != NULL)
		buf_text(out, so + 3);
	return 0;
}

int
nemeses_load(const char *list, char **names, struct fr_err *err)
{
	static bool loaded;
	struct buf made;
	const char *end;
	char *entry;
	int status = 0;

	if (!loaded)
		plugin_each(PLUGIN_NEMESIS, load_one, NULL);
	loaded = true;
	if (list == NULL)
		return 0;
	buf_init(&made, 1 << 20);
	for (;; list = end + 1) {
		end = strchrnul(list, ',');
		entry = mem_format("%.*s", (int)(end - list), list);
		if (is_path(entry))
			status = load_path(entry, &made, err);
		else
			buf_text(&made, entry);
		free(entry);
		if (status < 0 || *end == '\0')
			break;
		buf_char(&made, ',');
	}
	if (status == 0)
		*names = mem_string(made.size > 0 ? made.data : "");
	buf_free(&made);
	return status;
}
