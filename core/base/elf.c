/* SPDX-License-Identifier: MIT */
/*
 * Reading a shared object's tables.
 *
 *  1. The file is read, not mapped: one that shrinks meanwhile gives a short
 *     read, not a signal.
 *  2. Every offset and size is checked against the file before it is used, in
 *     one place: part().
 *  3. Nothing is used in place but bytes: headers are copied out, for nobody
 *     promised that they are aligned.
 */
#include "core/base/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX	(512u << 20)
#define SECTIONS_MAX	4096u
#define SEGMENTS_MAX	256u

#if defined __x86_64__
#define MACHINE EM_X86_64
#elif defined __aarch64__
#define MACHINE EM_AARCH64
#elif defined __riscv
#define MACHINE EM_RISCV
#elif defined __powerpc64__
#define MACHINE EM_PPC64
#elif defined __s390x__
#define MACHINE EM_S390
#else
#define MACHINE EM_NONE		/* any: this machine is not known here */
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ENCODING ELFDATA2LSB
#else
#define ENCODING ELFDATA2MSB
#endif

struct file {
	const char *path;
	unsigned char *data;
	size_t size;
	Elf64_Ehdr head;
	Elf64_Shdr *sections;
	Elf64_Phdr *segments;
};

static int
slurp(struct file *f, struct fr_err *err)
{
	struct stat st;
	ssize_t n = 0;
	int fd, result = -1;

	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(err, "%s", f->path);
		goto close_file;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, "%s is not a file", f->path);
		goto close_file;
	}
	if ((uint64_t)st.st_size > FILE_MAX) {
		err_set(err, "%s is larger than any plugin (%lld bytes)",
			f->path, (long long)st.st_size);
		goto close_file;
	}
	f->data = mem_new((size_t)st.st_size + 1);
	while (f->size < (size_t)st.st_size &&
	       (n = read(fd, f->data + f->size,
			 (size_t)st.st_size - f->size)) > 0)
		f->size += (size_t)n;
	if (n < 0)
		err_sys(err, "read %s", f->path);
	else
		result = 0;
close_file:
	if (fd >= 0)
		close(fd);
	if (result < 0 && err != NULL)
		err->status = EXIT_USAGE;
	return result;
}

/* Bytes offset .. offset + size of the file, or NULL where it ends before. */
static const void *
part(const struct file *f, uint64_t offset, uint64_t size)
{
	if (offset > f->size || size > f->size - offset)
		return NULL;
	return f->data + offset;
}

static int
truncated(const struct file *f, const char *what, struct fr_err *err)
{
	return err_usage(err, "%s is damaged: its %s lie beyond the end of "
			 "the file (%zu bytes)", f->path, what, f->size);
}

static int
read_head(struct file *f, struct fr_err *err)
{
	const unsigned char *id = f->data;

	if (f->size < EI_NIDENT || memcmp(id, ELFMAG, SELFMAG) != 0)
		return err_usage(err, "%s is not a shared object: %s", f->path,
				 f->size == 0 ? "it is empty" :
				 "it does not begin as ELF files do");
	if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ENCODING)
		return err_usage(err, "%s is for another kind of machine: "
				 "%s bits, %s first", f->path,
				 id[EI_CLASS] == ELFCLASS64 ? "64" : "32",
				 id[EI_DATA] == ELFDATA2LSB ? "low bytes" :
				 "high bytes");
	if (f->size < sizeof f->head)
		return truncated(f, "headers", err);
	memcpy(&f->head, f->data, sizeof f->head);
	if (MACHINE != EM_NONE && f->head.e_machine != MACHINE)
		return err_usage(err, "%s is for another machine (ELF number "
				 "%u, this is %u)", f->path, f->head.e_machine,
				 (unsigned)MACHINE);
	if (f->head.e_type != ET_DYN)
		return err_usage(err, "%s is not a shared object but %s",
				 f->path, f->head.e_type == ET_REL ?
				 "an object file: link it with -shared" :
				 f->head.e_type == ET_EXEC ?
				 "a program: link it with -shared" :
				 "another kind of ELF file");
	return 0;
}

static int
read_tables(struct file *f, struct fr_err *err)
{
	const Elf64_Ehdr *h = &f->head;
	const void *p;
	size_t size, i;

	if (h->e_phentsize != sizeof *f->segments ||
	    h->e_phnum > SEGMENTS_MAX || h->e_phnum == 0)
		return err_usage(err, "%s is damaged: its table of segments "
				 "makes no sense", f->path);
	size = h->e_phnum * sizeof *f->segments;
	if ((p = part(f, h->e_phoff, size)) == NULL)
		return truncated(f, "segments", err);
	f->segments = mem_copy(p, size);
	for (i = 0; i < h->e_phnum; i++)
		if (f->segments[i].p_type == PT_LOAD &&
		    part(f, f->segments[i].p_offset,
			 f->segments[i].p_filesz) == NULL)
			return truncated(f, "segments", err);
	if (h->e_shnum == 0)
		return err_usage(err, "%s has no section headers: what it "
				 "needs and gives cannot be seen", f->path);
	if (h->e_shentsize != sizeof *f->sections ||
	    h->e_shnum > SECTIONS_MAX)
		return err_usage(err, "%s is damaged: its table of sections "
				 "makes no sense", f->path);
	size = h->e_shnum * sizeof *f->sections;
	if ((p = part(f, h->e_shoff, size)) == NULL)
		return truncated(f, "section headers", err);
	f->sections = mem_copy(p, size);
	return 0;
}

/* Without what the linker makes read-only once the object is loaded. */
static bool
in_relro(const struct file *f, const Elf64_Shdr *s)
{
	const Elf64_Phdr *p;
	size_t i;

	for (i = 0; i < f->head.e_phnum; i++) {
		p = &f->segments[i];
		if (p->p_type == PT_GNU_RELRO && s->sh_addr >= p->p_vaddr &&
		    s->sh_addr - p->p_vaddr < p->p_memsz)
			return true;
	}
	return false;
}

/* What start-up files and compilers bring along into any object. */
static bool
brought_along(const char *name)
{
	static const char *const names[] = {
		"completed.0", "__dso_handle", "__TMC_END__", "_edata", "_end",
		"__bss_start", "_GLOBAL_OFFSET_TABLE_", "dtor_idx.0",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Whether this symbol is a variable that can change. */
static bool
is_global(const struct file *f, const Elf64_Sym *s, const char *names,
	  size_t size)
{
	const Elf64_Shdr *section;

	if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT ||
	    s->st_shndx >= f->head.e_shnum || s->st_name >= size ||
	    memchr(names + s->st_name, '\0', size - s->st_name) == NULL)
		return false;
	section = &f->sections[s->st_shndx];
	return (section->sh_flags & SHF_WRITE) != 0 &&
	       !in_relro(f, section) && !brought_along(names + s->st_name);
}

/* By the table of all symbols; an object that was stripped of it is taken to
 * have some if there is any room for them. */
static bool
find_globals(const struct file *f, struct elf *e)
{
	const Elf64_Shdr *table = NULL, *texts;
	const unsigned char *symbols;
	const char *names;
	Elf64_Sym s;
	size_t i;

	for (i = 0; i < f->head.e_shnum; i++)
		if (f->sections[i].sh_type == SHT_SYMTAB)
			table = &f->sections[i];
	if (table == NULL || table->sh_entsize != sizeof s ||
	    table->sh_link >= f->head.e_shnum)
		return e->writable > 0;
	texts = &f->sections[table->sh_link];
	symbols = part(f, table->sh_offset, table->sh_size);
	names = part(f, texts->sh_offset, texts->sh_size);
	if (symbols == NULL || names == NULL)
		return e->writable > 0;
	e->variables = arena_new(&e->arena, table->sh_size / sizeof s *
					    sizeof *e->variables);
	for (i = 0; i < table->sh_size / sizeof s; i++) {
		memcpy(&s, symbols + i * sizeof s, sizeof s);
		if (is_global(f, &s, names, (size_t)texts->sh_size))
			e->variables[e->variable_count++] =
				arena_string(&e->arena, names + s.st_name);
	}
	return e->variable_count > 0;
}

static void
measure(const struct file *f, struct elf *out)
{
	const Elf64_Shdr *s;
	size_t i;

	for (i = 0; i < f->head.e_shnum; i++) {
		s = &f->sections[i];
		if ((s->sh_flags & SHF_ALLOC) == 0 ||
		    (s->sh_flags & SHF_WRITE) == 0)
			continue;
		if (s->sh_flags & SHF_TLS)
			out->thread_local_size += s->sh_size;
		else if (!in_relro(f, s))
			out->writable += s->sh_size;
	}
}

/* One symbol, put where it belongs: 0, or -1 when its name is nowhere. */
static int
add_symbol(struct elf *out, const Elf64_Sym *s, const char *names, size_t size)
{
	unsigned binding = ELF64_ST_BIND(s->st_info);
	unsigned type = ELF64_ST_TYPE(s->st_info);
	unsigned seen = ELF64_ST_VISIBILITY(s->st_other);
	const char *name;

	if (s->st_name == 0 || binding == STB_LOCAL || type == STT_SECTION)
		return 0;
	if (s->st_name >= size ||
	    memchr(names + s->st_name, '\0', size - s->st_name) == NULL)
		return -1;
	name = arena_string(&out->arena, names + s->st_name);
	if (s->st_shndx == SHN_UNDEF)
		out->imports[out->import_count++] = name;
	else if (seen == STV_DEFAULT || seen == STV_PROTECTED)
		out->exports[out->export_count++] = name;
	return 0;
}

static int
read_symbols(const struct file *f, const Elf64_Shdr *table, struct elf *out,
	     struct fr_err *err)
{
	const Elf64_Shdr *texts;
	const unsigned char *symbols;
	const char *names;
	Elf64_Sym s;
	size_t count, i;

	if (table->sh_entsize != sizeof s ||
	    table->sh_link >= f->head.e_shnum)
		return err_usage(err, "%s is damaged: its symbol table makes "
				 "no sense", f->path);
	texts = &f->sections[table->sh_link];
	symbols = part(f, table->sh_offset, table->sh_size);
	names = part(f, texts->sh_offset, texts->sh_size);
	if (symbols == NULL || names == NULL || texts->sh_type != SHT_STRTAB)
		return truncated(f, "symbols", err);
	count = (size_t)table->sh_size / sizeof s;
	out->imports = arena_new(&out->arena, count * sizeof *out->imports);
	out->exports = arena_new(&out->arena, count * sizeof *out->exports);
	for (i = 0; i < count; i++) {
		memcpy(&s, symbols + i * sizeof s, sizeof s);
		if (add_symbol(out, &s, names, (size_t)texts->sh_size) < 0)
			return truncated(f, "symbols' names", err);
	}
	return 0;
}

int
elf_read(const char *path, struct elf *out, struct fr_err *err)
{
	struct file f = { .path = path };
	struct elf e = { .writable = 0 };
	const Elf64_Shdr *table = NULL;
	int result = -1;
	size_t i;

	if (slurp(&f, err) < 0 || read_head(&f, err) < 0 ||
	    read_tables(&f, err) < 0)
		goto free_file;
	for (i = 0; i < f.head.e_shnum; i++)
		if (f.sections[i].sh_type == SHT_DYNSYM)
			table = &f.sections[i];
	if (table == NULL) {
		err_usage(err, "%s is not a shared object: it has no dynamic "
			  "symbols", path);
		goto free_file;
	}
	if (read_symbols(&f, table, &e, err) < 0)
		goto free_file;
	measure(&f, &e);
	e.globals = find_globals(&f, &e);
	*out = e;
	result = 0;
free_file:
	if (result < 0)
		arena_free(&e.arena);
	free(f.segments);
	free(f.sections);
	free(f.data);
	return result;
}

bool
elf_exports(const struct elf *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->export_count; i++)
		if (strcmp(e->exports[i], name) == 0)
			return true;
	return false;
}

void
elf_free(struct elf *e)
{
	arena_free(&e->arena);
	memset(e, 0, sizeof *e);
}
