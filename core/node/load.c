/* SPDX-License-Identifier: MIT */
/*
 * Loading a plugin.  The dynamic linker believes what a file says of itself,
 * and is killed by one that is shorter than it says (SIGBUS): so the file's
 * heads are compared with its size first.
 */
#include "core/node/load.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/node/interpose.h"
#include "core/node/wire.h"

/* This program's own head: what a plugin has to be built for. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

#define HEADS_MAX 512u		/* program headers; a plugin has about ten */

static bool
within(uint64_t offset, uint64_t size, uint64_t end)
{
	return offset <= end && size <= end - offset;
}

static int
truncated(uint64_t size, struct fr_err *err)
{
	return err_usage(err, "truncated: it has %llu bytes, and says of "
			 "itself that it has more",
			 (unsigned long long)size);
}

static int
kind_check(const ElfW(Ehdr) *head, struct fr_err *err)
{
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return err_usage(err, "not a shared object");
	if (memcmp(head->e_ident, __ehdr_start.e_ident, EI_VERSION) != 0 ||
	    head->e_machine != __ehdr_start.e_machine)
		return err_usage(err, "a shared object for another kind of "
				 "machine");
	if (head->e_type == ET_REL)
		return err_usage(err, "not a shared object but an object "
				 "file: link it with -shared");
	if (head->e_type != ET_DYN)
		return err_usage(err, "not a shared object but %s",
				 head->e_type == ET_EXEC ? "a program" :
				 head->e_type == ET_CORE ? "a core dump" :
				 "another kind of file");
	return 0;
}

static int
heads_check(int fd, const ElfW(Ehdr) *head, uint64_t size, struct fr_err *err)
{
	ElfW(Phdr) part;
	unsigned i;

	if (head->e_phentsize != sizeof part || head->e_phnum > HEADS_MAX)
		return err_usage(err, "not a sound shared object: its program "
				 "headers make no sense");
	if (!within(head->e_phoff, (uint64_t)head->e_phnum * sizeof part,
		    size) ||
	    !within(head->e_shoff,
		    (uint64_t)head->e_shnum * head->e_shentsize, size))
		return truncated(size, err);
	for (i = 0; i < head->e_phnum; i++) {
		if (pread(fd, &part, sizeof part,
			  (off_t)(head->e_phoff + i * sizeof part)) !=
		    (ssize_t)sizeof part)
			return err_sys(err, "read it");
		if (part.p_type == PT_LOAD &&
		    !within(part.p_offset, part.p_filesz, size))
			return truncated(size, err);
	}
	return 0;
}

static int
file_check(const char *path, struct fr_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ElfW(Ehdr) head;
	struct stat st;
	ssize_t got;
	int sane;

	if (fd < 0)
		return err_usage(err, "%s", strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_usage(err, "not a regular file");
	}
	got = pread(fd, &head, sizeof head, 0);
	if (got < (ssize_t)sizeof head)
		sane = got >= SELFMAG &&
		       memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 ?
		       truncated((uint64_t)got, err) :
		       err_usage(err, "not a shared object");
	else if ((sane = kind_check(&head, err)) == 0)
		sane = heads_check(fd, &head, (uint64_t)st.st_size, err);
	close(fd);
	return sane;
}

/* What the dynamic linker says, without the name of our copy. */
static int
link_failed(const char *path, struct fr_err *err)
{
	const char *words = dlerror();
	size_t size = strlen(path);

	if (words == NULL)
		words = "the dynamic linker does not say why";
	if (strncmp(words, path, size) == 0 && words[size] == ':') {
		words += size + 1;
		words += strspn(words, " ");
	}
	if (strstr(words, "undefined symbol: ") == words)
		return err_usage(err, "unresolved symbol `%s`: nothing it is "
				 "linked with defines that",
				 words + strlen("undefined symbol: "));
	return err_usage(err, "cannot be loaded: %s", words);
}

/* There is no table of this version: is there another? */
static int
no_table(void *object, struct fr_err *err)
{
	char name[64];
	unsigned v;

	for (v = 0; v < 10; v++) {
		if (v == FR_MAJOR)
			continue;
		snprintf(name, sizeof name, "fracas_protocol_v%u", v);
		if (dlsym(object, name) != NULL)
			return err_usage(err, "made for version %u of "
					 "fracas/protocol.h, and this fracas "
					 "has version %u: build it anew with "
					 "this fracas's headers", v, FR_MAJOR);
	}
	if (dlsym(object, "fracas_workload_v1") != NULL)
		return err_usage(err, "a workload, not a protocol: it exports "
				 "fracas_workload_v1");
	return err_usage(err, "not a protocol: it does not export "
			 "fracas_protocol_v%u, which FR_PROTOCOL = { ... } "
			 "of fracas/protocol.h defines", FR_MAJOR);
}

/* The table lies within the symbol, as far as the object tells its size. */
static int
table_check(const struct fr_protocol *p, struct fr_err *err)
{
	const ElfW(Sym) *symbol = NULL;
	void *extra = NULL;
	Dl_info info;

	if (dladdr1(p, &info, &extra, RTLD_DL_SYMENT) != 0 && extra != NULL) {
		symbol = extra;
		if (symbol->st_size > 0 &&
		    (symbol->st_size < sizeof p->size ||
		     symbol->st_size < p->size))
			return err_usage(err, "its fracas_protocol_v%u has "
					 "%llu bytes, fewer than it says",
					 FR_MAJOR, (unsigned long long)
					 symbol->st_size);
	}
	return descriptor_check(p, err);
}

int
load_protocol(const char *path, const struct fr_protocol **out,
	      struct fr_err *err)
{
	const struct fr_protocol *p;
	char name[64];
	void *object;

	if (file_check(path, err) < 0)
		return -1;
	/* Constructors run here: plugin code. */
	interpose_plugin = true;
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	interpose_plugin = false;
	if (object == NULL)
		return link_failed(path, err);
	snprintf(name, sizeof name, "fracas_protocol_v%d", FR_MAJOR);
	p = dlsym(object, name);
	if (p == NULL)
		return no_table(object, err);
	if (table_check(p, err) < 0)
		return -1;
	*out = p;
	return 0;
}
