/* SPDX-License-Identifier: MIT */
/*
 * Finding plugins: by path, in FRACAS_PLUGIN_PATH, in the build tree when run
 * from it, in the installed place; the first one of a name wins.
 */
#include "core/run/run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/place.h"

static const char *const kind_words[] = { "protocol", "workload",
					  "nemesis" };
static const char *const kind_folders[] = { "protocols", "workloads",
					    "nemeses" };

struct found {
	char *name, *path;
};

struct finds {
	struct found *at;
	size_t count, room;
};

static void
finds_free(struct finds *all)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		free(all->at[i].name);
		free(all->at[i].path);
	}
	free(all->at);
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * Whether the file names the symbol of such a plugin, of any version.  Enough
 * to tell plugins of several kinds that lie in one folder apart; whether it
 * really is one is found out by whoever loads it.
 */
static bool
mentions(const char *path, enum plugin_kind kind)
{
	static const char *const symbols[] = { "fracas_protocol_v",
					       "fracas_workload_v",
					       "fracas_nemesis_v" };
	const char *symbol = symbols[kind];
	size_t size = strlen(symbol), kept = 0, got;
	FILE *file = fopen(path, "re");
	bool found = false;
	char part[65536];

	if (file == NULL)
		return false;
	while (!found && (got = fread(part + kept, 1, sizeof part - kept,
				      file)) > 0) {
		got += kept;
		found = memmem(part, got, symbol, size) != NULL;
		/* It may lie across two parts. */
		kept = got < size - 1 ? got : size - 1;
		memmove(part, part + got - kept, kept);
	}
	fclose(file);
	return found;
}

/* Takes `path`.  A name that is there already stays what it is. */
static void
add_find(struct finds *all, const char *name, size_t size, char *path)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (strlen(all->at[i].name) == size &&
		    memcmp(all->at[i].name, name, size) == 0)
			break;
	}
	if (i < all->count || !is_file(path)) {
		free(path);
		return;
	}
	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	all->at[all->count].name = mem_format("%.*s", (int)size, name);
	all->at[all->count++].path = path;
}

/* DIR/NAME.so, and DIR/NAME/NAME.so.  `mixed`: all kinds may lie there. */
static void
look_in(struct finds *all, const char *dir, enum plugin_kind kind, bool mixed)
{
	struct dirent **entries;
	const char *name;
	size_t size;
	int count, i;
	char *path;

	count = scandir(dir, &entries, NULL, alphasort);
	for (i = 0; i < count; i++) {
		name = entries[i]->d_name;
		size = strlen(name);
		if (size > 3 && strcmp(name + size - 3, ".so") == 0) {
			path = mem_format("%s/%s", dir, name);
			size -= 3;
		} else {
			path = mem_format("%s/%s/%s.so", dir, name, name);
		}
		if (name[0] == '.' || (mixed && !mentions(path, kind)))
			free(path);
		else
			add_find(all, name, size, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void
look_below(struct finds *all, const char *dir, enum plugin_kind kind)
{
	char *path = mem_format("%s/%s", dir, kind_folders[kind]);

	look_in(all, path, kind, false);
	free(path);
}

static void
find_all(enum plugin_kind kind, struct finds *all)
{
	const char *list = getenv("FRACAS_PLUGIN_PATH"), *end;
	char *dir, *built;

	for (; list != NULL; list = *end == '\0' ? NULL : end + 1) {
		end = strchrnul(list, ':');
		if (end == list)
			continue;
		dir = mem_format("%.*s", (int)(end - list), list);
		look_below(all, dir, kind);
		look_in(all, dir, kind, true);
		free(dir);
	}
	dir = place_built();
	if (dir != NULL) {
		built = mem_format("%s/plugins", dir);
		look_below(all, built, kind);
		free(built);
		free(dir);
	}
	dir = place_installed("lib/fracas", FRACAS_PLUGINDIR);
	look_below(all, dir, kind);
	free(dir);
}

static int
compare_finds(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
plugin_each(enum plugin_kind kind, int (*each)(void *arg, const char *name,
	    const char *path), void *arg)
{
	struct finds all = { 0 };
	int stop = 0;
	size_t i;

	find_all(kind, &all);
	if (all.count > 0)
		qsort(all.at, all.count, sizeof *all.at, compare_finds);
	for (i = 0; i < all.count && stop == 0; i++)
		stop = each(arg, all.at[i].name, all.at[i].path);
	finds_free(&all);
	return stop;
}

static int
find_path(enum plugin_kind kind, const char *name, char **path,
	  struct fr_err *err)
{
	struct stat st;
	char *real;

	if (stat(name, &st) == 0 && !S_ISREG(st.st_mode))
		return err_usage(err, "%s '%s' is not a file: give the .so "
				 "itself", kind_words[kind], name);
	real = realpath(name, NULL);
	if (real == NULL) {
		err_sys(err, "%s '%s'", kind_words[kind], name);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return -1;
	}
	*path = real;
	return 0;
}

int
plugin_find(enum plugin_kind kind, const char *name, char **path,
	    struct fr_err *err)
{
	struct finds all = { 0 };
	const char *near = NULL;
	size_t size = strlen(name), i;
	char *real = NULL;

	if (strchr(name, '/') != NULL ||
	    (size > 3 && strcmp(name + size - 3, ".so") == 0))
		return find_path(kind, name, path, err);
	find_all(kind, &all);
	for (i = 0; i < all.count; i++) {
		if (strcmp(all.at[i].name, name) == 0)
			break;
	}
	if (i < all.count) {
		real = realpath(all.at[i].path, NULL);
		if (real == NULL)
			err_sys(err, "%s '%s'", kind_words[kind],
				all.at[i].path);
	} else {
		/* struct found begins with the name. */
		if (all.count > 0)
			near = nearest_word(name,
					    (const char *const *)
					    (const void *)all.at, all.count,
					    sizeof *all.at);
		if (near != NULL)
			err_usage(err, "there is no %s '%s'; did you mean "
				  "'%s'?", kind_words[kind], name, near);
		else if (kind == PLUGIN_PROTOCOL && is_file(name))
			err_usage(err, "there is no protocol '%s'; for the "
				  "file of that name write ./%s", name, name);
		else
			err_usage(err, "there is no %s '%s': `fracas list %s` "
				  "shows what there is, and a path needs a '/'",
				  kind_words[kind], name, kind ==
				  PLUGIN_NEMESIS ? "faults" :
				  kind_folders[kind]);
	}
	finds_free(&all);
	if (real == NULL)
		return -1;
	*path = real;
	return 0;
}
