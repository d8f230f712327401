/* SPDX-License-Identifier: MIT */
/*
 * fracas new: a protocol outside the tree, begun from a template.
 *
 * A template is a folder.  Each of its files is copied, with @NAME@ replaced
 * by the protocol's name and @IDENT@ by the same as a C identifier, in what
 * it holds and in what it is called; a ".in" at the end of its name goes.
 * The file `.about`, one line for --list, is not copied.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/place.h"
#include "core/cli/cli.h"

#include <fracas/protocol.h>

#define FILE_MAX	(1u << 20)
#define ABOUT		".about"

static const char *template = "basic";
static bool list_wanted, json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "template", .value = "T", .to = &template,
	  .help = "what to begin with (basic)" },
	{ .kind = OPT_FLAG, .name = "list", .to = &list_wanted,
	  .help = "says which templates there are" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "with --list: one JSON object a line" },
	{ .kind = OPT_END },
};

/* ---- where templates are ------------------------------------------------ */

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *
templates_folder(void)
{
	char *dir = place_built(), *folder;

	if (dir == NULL)
		dir = place_installed("share/fracas", FRACAS_DATADIR);
	folder = mem_format("%s/templates", dir);
	free(dir);
	return folder;
}

struct template {
	char *name, *about;
};

struct templates {
	struct template *at;
	size_t count, room;
};

static char *
read_file(const char *path, size_t *size, mode_t *mode, struct fr_err *err)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;
	size_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(err, "%s", path);
		goto close_file;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)FILE_MAX) {
		err_set(err, "%s is not a small file", path);
		goto close_file;
	}
	text = mem_new((size_t)st.st_size + 1);
	while (got < (size_t)st.st_size &&
	       (n = read(fd, text + got, (size_t)st.st_size - got)) > 0)
		got += (size_t)n;
	if (n < 0) {
		err_sys(err, "read %s", path);
		free(text);
		text = NULL;
		goto close_file;
	}
	*size = got;
	*mode = st.st_mode & 0777;
close_file:
	if (fd >= 0)
		close(fd);
	return text;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct template *)a)->name,
		      ((const struct template *)b)->name);
}

static int
templates_read(const char *folder, struct templates *all, struct fr_err *err)
{
	struct dirent *entry;
	DIR *d = opendir(folder);
	char *path, *about;
	size_t size;
	mode_t mode;

	if (d == NULL)
		return err_sys(err, "the templates in %s", folder);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		path = mem_format("%s/%s", folder, entry->d_name);
		if (is_folder(path)) {
			mem_grow(&all->at, &all->room, all->count + 1,
				 sizeof *all->at);
			all->at[all->count].name = mem_string(entry->d_name);
			free(path);
			path = mem_format("%s/%s/" ABOUT, folder,
					  entry->d_name);
			about = read_file(path, &size, &mode, NULL);
			if (about == NULL)
				about = mem_string("");
			about[strcspn(about, "\n")] = '\0';
			all->at[all->count++].about = about;
		}
		free(path);
	}
	closedir(d);
	if (all->count > 0)
		qsort(all->at, all->count, sizeof *all->at, by_name);
	return 0;
}

static void
templates_free(struct templates *all)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		free(all->at[i].name);
		free(all->at[i].about);
	}
	free(all->at);
}

static void
templates_print(const struct templates *all)
{
	struct buf rows, out;
	size_t i;

	buf_init(&rows, 1 << 20);
	buf_init(&out, 1 << 20);
	for (i = 0; i < all->count; i++) {
		if (json_wanted) {
			struct json j = json_begin(&out);

			json_text(&j, "type", "template");
			json_text(&j, "name", all->at[i].name);
			json_text(&j, "summary", all->at[i].about);
			json_done(&j);
		} else {
			buf_printf(&rows, "%s\t", all->at[i].name);
			cli_cell(&rows, all->at[i].about);
			buf_char(&rows, '\n');
		}
	}
	if (rows.size > 0)
		cli_table(rows.data, &out);
	cli_print(&out);
	buf_free(&out);
	buf_free(&rows);
}

static int
template_check(const struct templates *all, struct fr_err *err)
{
	const char *near = NULL;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (strcmp(all->at[i].name, template) == 0)
			return 0;
	if (all->count > 0)
		near = nearest_word(template,
				    (const char *const *)&all->at->name,
				    all->count, sizeof *all->at);
	if (near != NULL)
		return err_usage(err, "there is no template '%s'; did you mean "
				 "'%s'?", template, near);
	return err_usage(err, "there is no template '%s'; 'fracas new --list' "
			 "says which there are", template);
}

/* ---- the name ----------------------------------------------------------- */

static int
name_check(const char *name, struct fr_err *err)
{
	static const char *const words[] = {
		"auto", "bool", "break", "case", "char", "const", "continue",
		"default", "do", "double", "else", "enum", "extern", "false",
		"float", "for", "goto", "if", "inline", "int", "long", "main",
		"register", "restrict", "return", "short", "signed", "sizeof",
		"static", "struct", "switch", "true", "typedef", "union",
		"unsigned", "void", "volatile", "while",
	};
	const char *p;
	size_t i;

	if (strlen(name) > FR_NAME_MAX)
		return err_usage(err, "'%s' is longer than %u characters",
				 name, FR_NAME_MAX);
	for (p = name; *p != '\0'; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') &&
		    *p != '-')
			break;
	if (*p != '\0' || !islower((unsigned char)*name) || p[-1] == '-')
		return err_usage(err, "'%s' is no name for a protocol: lower "
				 "case letters, digits and dashes between "
				 "them, such as my-raft", name);
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(name, words[i]) == 0)
			return err_usage(err, "'%s' is a word of the language "
					 "C: functions could not begin with "
					 "it", name);
	return 0;
}

/* ---- copying ------------------------------------------------------------ */

struct copy {
	const char *name;
	char *ident;
	struct buf made;		/* what was, for people                */
};

static void
replace(const struct copy *c, const char *text, size_t size, struct buf *out)
{
	static const char name[] = "@NAME@", ident[] = "@IDENT@";
	size_t i = 0;

	while (i < size) {
		if (size - i >= sizeof name - 1 &&
		    memcmp(text + i, name, sizeof name - 1) == 0) {
			buf_text(out, c->name);
			i += sizeof name - 1;
		} else if (size - i >= sizeof ident - 1 &&
			   memcmp(text + i, ident, sizeof ident - 1) == 0) {
			buf_text(out, c->ident);
			i += sizeof ident - 1;
		} else {
			buf_char(out, text[i++]);
		}
	}
}

static int
write_file(const char *path, const struct buf *text, mode_t mode,
	   struct fr_err *err)
{
	size_t done = 0;
	ssize_t n = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      mode | S_IRUSR | S_IWUSR);

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (done < text->size &&
	       (n = write(fd, text->data + done, text->size - done)) >= 0)
		done += (size_t)n;
	if (n < 0 || close(fd) < 0) {
		err_sys(err, "write %s", path);
		if (n < 0)
			close(fd);
		return -1;
	}
	return 0;
}

static int
copy_file(struct copy *c, const char *from, const char *to,
	  const char *file, struct fr_err *err)
{
	struct buf name, text;
	char *path, *target, *data;
	mode_t mode;
	size_t size;
	int result = -1;

	buf_init(&name, 4096);
	buf_init(&text, 4 * FILE_MAX);
	replace(c, file, strlen(file), &name);
	if (name.size > 3 && strcmp(name.data + name.size - 3, ".in") == 0)
		name.data[name.size -= 3] = '\0';
	path = mem_format("%s/%s", from, file);
	target = mem_format("%s/%s", to, name.data);
	data = read_file(path, &size, &mode, err);
	if (data != NULL) {
		replace(c, data, size, &text);
		result = write_file(target, &text, mode, err);
		if (result == 0)
			buf_printf(&c->made, " %s", name.data);
	}
	free(data);
	free(target);
	free(path);
	buf_free(&text);
	buf_free(&name);
	return result;
}

static int
copy_folder(struct copy *c, const char *from, const char *to,
	    struct fr_err *err)
{
	struct dirent **entries;
	int count, i, result = 0;

	count = scandir(from, &entries, NULL, alphasort);
	if (count < 0)
		return err_sys(err, "%s", from);
	for (i = 0; i < count; i++) {
		const char *file = entries[i]->d_name;

		if (result == 0 && strcmp(file, ".") != 0 &&
		    strcmp(file, "..") != 0 && strcmp(file, ABOUT) != 0)
			result = copy_file(c, from, to, file, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* After a failure: what was made, goes. */
static void
remove_folder(const char *path)
{
	struct dirent *entry;
	DIR *d = opendir(path);
	char *file;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		file = mem_format("%s/%s", path, entry->d_name);
		unlink(file);
		free(file);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}

/*
 * Where this program is not installed, its headers and it itself are told to
 * make: those of the sources that the build tree's templates belong to.
 */
static void
next_steps(const char *folder, const char *name)
{
	char *path = mem_format("%s/../../core/include", folder);
	char *built = place_built(), *headers = realpath(path, NULL);
	char *settings;

	if (built != NULL && headers != NULL)
		settings = mem_format(" INCLUDE=-I%s FRACAS=%s/fracas",
				      headers, built);
	else
		settings = mem_string("");
	printf("\nnext:\n"
	       "  cd %s\n"
	       "  make%s\n"
	       "  make run%s\n", name, settings, settings);
	free(settings);
	free(headers);
	free(built);
	free(path);
}

static int
make(const char *folder, const char *name, struct fr_err *err)
{
	struct copy c = { .name = name, .ident = mem_string(name) };
	char *from = mem_format("%s/%s", folder, template), *p;
	int result = -1;

	buf_init(&c.made, 1 << 16);
	for (p = c.ident; *p != '\0'; p++)
		*p = *p == '-' ? '_' : *p;
	if (mkdir(name, 0777) < 0) {
		if (errno == EEXIST)
			err_usage(err, "'%s' is there already: nothing was "
				  "changed", name);
		else
			err_sys(err, "make the folder '%s'", name);
	} else if (copy_folder(&c, from, name, err) < 0) {
		remove_folder(name);
	} else {
		result = 0;
		printf("made %s/:%s\n", name,
		       c.made.size > 0 ? c.made.data : "");
		next_steps(folder, name);
	}
	buf_free(&c.made);
	free(from);
	free(c.ident);
	return result;
}

static int
new_run(int argc, char **argv)
{
	struct templates all = { .count = 0 };
	struct fr_err err = { 0 };
	char *folder = templates_folder();
	int result = -1;

	if (argc == 0 && !list_wanted) {
		err_usage(&err, "NAME is missing; 'fracas new --help' says "
			  "more");
		goto free_folder;
	}
	if (templates_read(folder, &all, &err) < 0)
		goto free_folder;
	if (list_wanted) {
		templates_print(&all);
		result = 0;
		goto free_folder;
	}
	if (name_check(argv[0], &err) == 0 && template_check(&all, &err) == 0)
		result = make(folder, argv[0], &err);
free_folder:
	templates_free(&all);
	free(folder);
	if (result == 0)
		return EXIT_VALID;
	err_wrap(&err, "new");
	return cli_fail(&err);
}

const struct command command_new = {
	.name = "new",
	.arguments = "NAME",
	.summary = "begin a protocol of your own",
	.text = "Makes a folder NAME with a source that works, a Makefile and "
		"a README: `make && make run` there builds and tries it. What "
		"is there already is never touched.\n",
	.examples = "fracas new mine && cd mine && make && make run\n"
		    "fracas new --list",
	.options = options,
	.most = 1,
	.run = new_run,
};
