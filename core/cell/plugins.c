/* SPDX-License-Identifier: MIT */
/*
 * Protocols in a process that holds all nodes.
 *
 *  1. A protocol without globals that can change is loaded once, for all its
 *     nodes.  Of any other each node has a copy of its own: a file in memory,
 *     opened as a shared object of its own.
 *  2. A crash forgets globals, too: what they were when the copy was loaded
 *     comes back at each boot.
 */
#include "core/cell/cell.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/elf.h"
#include "core/base/mem.h"
#include "core/node/load.h"
#include "core/node/nursery.h"

struct loaded {
	char *path;
	const struct fr_protocol *protocol;
};

static struct loaded *all;
static size_t count, room;

/* ---- loading ------------------------------------------------------------------------- */

static int
describe(const struct fr_protocol *p, struct descriptor *out,
	 struct fr_err *err)
{
	void *body = mem_new(FRAME_BODY_MAX);
	struct fr_writer w = fr_writer(body, FRAME_BODY_MAX);
	int status;

	wire_put_descriptor(&w, p);
	status = w.failed ? err_usage(err, "what it says of itself is more "
				      "than %u bytes", FRAME_BODY_MAX) :
		 wire_get_descriptor(body, w.size, out, err);
	free(body);
	return status;
}

/*
 * Here setup.c asks what a plugin is: the supervisor has had it probed in a
 * process apart, and in this one it has to be loaded anyway.
 */
int
probe_protocol(const char *path, struct descriptor *out, struct fr_err *err)
{
	const struct fr_protocol *p;

	if (load_protocol(path, &p, err) < 0 || describe(p, out, err) < 0)
		return err_wrap(err, "%s", path);
	mem_grow(&all, &room, count + 1, sizeof *all);
	all[count++] = (struct loaded){ mem_string(path), p };
	return 0;
}

static const struct fr_protocol *
loaded(const char *path)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(all[i].path, path) == 0)
			return all[i].protocol;
	return NULL;
}

/* ---- globals ------------------------------------------------------------------------- */

struct part {
	void *at;
	void *was;
	size_t size;
};

struct globals {
	struct part *parts;
	size_t count, room;
	uintptr_t base;			/* of the object                       */
};

/*
 * Between a sanitizer's globals lie zones that nobody may touch but who, as
 * here, takes all of it as it is.
 */
#if defined __has_feature		/* clang's way of saying it */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
__attribute__((no_sanitize("address")))
static void
copy_raw(void *to, const void *from, size_t size)
{
	volatile unsigned char *t = to;
	const volatile unsigned char *f = from;

	while (size-- > 0)
		*t++ = *f++;
}
#else
static void
copy_raw(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
}
#endif

static void
add_part(struct globals *g, void *at, size_t size)
{
	if (size == 0)
		return;
	mem_grow(&g->parts, &g->room, g->count + 1, sizeof *g->parts);
	g->parts[g->count] = (struct part){ at, mem_new(size), size };
	copy_raw(g->parts[g->count++].was, at, size);
}

/* Writable segments, without what the linker made read-only afterwards. */
static int
add_parts(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct globals *g = arg;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to, fixed = 0;
	const ElfW(Phdr) *p;
	int i;

	(void)size;
	if (info->dlpi_addr != g->base)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		p = &info->dlpi_phdr[i];
		if (p->p_type == PT_GNU_RELRO)
			fixed = (info->dlpi_addr + p->p_vaddr + p->p_memsz) &
				~(page - 1);
	}
	for (i = 0; i < info->dlpi_phnum; i++) {
		p = &info->dlpi_phdr[i];
		if (p->p_type == PT_TLS && info->dlpi_tls_data != NULL)
			add_part(g, info->dlpi_tls_data, p->p_memsz);
		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) == 0)
			continue;
		from = info->dlpi_addr + p->p_vaddr;
		to = from + p->p_memsz;
		if (from < fixed)
			from = fixed;
		if (from < to)
			add_part(g, (void *)from, to - from);
	}
	return 1;
}

static struct globals *
globals_of(const struct fr_protocol *p, struct fr_err *err)
{
	struct globals *g = mem_new(sizeof *g);
	struct link_map *map = NULL;
	Dl_info info;

	if (dladdr1(p, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 ||
	    map == NULL) {
		err_set(err, "the plugin's globals cannot be found");
		free(g);
		return NULL;
	}
	g->base = map->l_addr;
	(void)dl_iterate_phdr(add_parts, g);
	return g;
}

static void
reset(void *arg)
{
	const struct globals *g = arg;
	size_t i;

	for (i = 0; i < g->count; i++)
		copy_raw(g->parts[i].at, g->parts[i].was, g->parts[i].size);
}

static void
save(void *arg, void *image)
{
	const struct globals *g = arg;
	unsigned char *at = image;
	size_t i;

	for (i = 0; i < g->count; at += g->parts[i++].size)
		copy_raw(at, g->parts[i].at, g->parts[i].size);
}

static void
load(void *arg, const void *image)
{
	const struct globals *g = arg;
	const unsigned char *at = image;
	size_t i;

	for (i = 0; i < g->count; at += g->parts[i++].size)
		copy_raw(g->parts[i].at, at, g->parts[i].size);
}

static size_t
image_size(const struct globals *g)
{
	size_t size = 0, i;

	for (i = 0; i < g->count; i++)
		size += g->parts[i].size;
	return size;
}

/* A copy of the file in memory (or in `file`, where that is not NULL), as a
 * name to open; it stays open, so that no two copies have one name. */
static int
copy(const char *path, const char *file, char *name, size_t max,
     struct fr_err *err)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to;
	struct stat st;
	off_t at = 0;

	if (from < 0)
		return err_sys(err, "open %s", path);
	to = file == NULL ? memfd_create("fracas-plugin", MFD_CLOEXEC) :
	     open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (to < 0 || fstat(from, &st) < 0) {
		err_sys(err, "a copy of %s in memory", path);
		goto fail;
	}
	while (at < st.st_size) {
		ssize_t n = sendfile(to, from, &at, (size_t)(st.st_size - at));

		if (n <= 0 && errno != EINTR) {
			err_sys(err, "copy %s", path);
			goto fail;
		}
	}
	close(from);
	if (file == NULL)
		snprintf(name, max, "/proc/self/fd/%d", to);
	else
		snprintf(name, max, "%s", file);
	return 0;
fail:
	close(from);
	if (to >= 0)
		close(to);
	return -1;
}

/* ---- what each node is made of ------------------------------------------------------- */

static int
make_own(const struct cell *c, uint32_t node, struct sim_plugin *p,
	 const char *path, struct fr_err *err)
{
	char name[4096], file[4096];

	if (c->folder != NULL)
		snprintf(file, sizeof file, "%s/node-%u.so", c->folder, node);
	if (copy(path, c->folder == NULL ? NULL : file, name, sizeof name,
		 err) < 0)
		return -1;
	if (load_protocol(name, &p->protocol, err) < 0)
		return err_wrap(err, "a copy of %s", path);
	p->arg = globals_of(p->protocol, err);
	if (p->arg == NULL)
		return -1;
	p->reset = reset;
	p->save = save;
	p->load = load;
	p->image_size = image_size(p->arg);
	return 0;
}

static int
has_globals(const char *path, bool *has, struct fr_err *err)
{
	struct elf e;

	if (elf_read(path, &e, err) < 0)
		return -1;
	*has = e.globals || e.thread_local_size > 0;
	elf_free(&e);
	return 0;
}

/* Every copy holds a descriptor. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
plugins_make(struct cell *c, struct fr_err *err)
{
	struct setup *s = &c->setup;
	struct sim_plugin *shared = mem_array(s->plugin_count, sizeof *shared);
	bool *own = mem_array(s->plugin_count, sizeof *own);
	const uint32_t nodes = c->config.nodes;
	struct sim_plugin *p;
	uint32_t i, k;
	int status = 0;

	raise_limit();
	for (k = 0; k < s->plugin_count && status == 0; k++) {
		shared[k].protocol = loaded(s->plugins[k].path);
		shared[k].descriptor = &s->plugins[k].descriptor;
		FR_ASSERT(shared[k].protocol != NULL);
		status = has_globals(s->plugins[k].path, &own[k], err);
	}
	c->plugins = mem_array(nodes, sizeof *c->plugins);
	c->others = mem_array((size_t)s->upgrade_count * nodes,
			      sizeof *c->others);
	for (i = 0; i < nodes * (1 + s->upgrade_count) && status == 0; i++) {
		k = i < nodes ? s->plugin_of[i] : s->upgrades[i / nodes - 1];
		p = &shared[k];
		if (own[k]) {
			p = mem_new(sizeof *p);
			p->descriptor = shared[k].descriptor;
			status = make_own(c, i % nodes, p,
					  s->plugins[k].path, err);
		}
		if (i < nodes)
			c->plugins[i] = p;
		else
			c->others[i - nodes] = p;
	}
	free(own);
	return status;
}
