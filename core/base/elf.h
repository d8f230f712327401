/* SPDX-License-Identifier: MIT */
/*
 * What a shared object's file says of itself, without loading it: a stranger's
 * constructors run at dlopen, and a truncated file kills who maps it.
 */
#ifndef BASE_ELF_H
#define BASE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct elf {
	struct arena arena;		/* of everything below                 */
	const char **imports;		/* what others must give it            */
	const char **exports;		/* what it shows to others             */
	size_t import_count, export_count;
	uint64_t writable;		/* bytes of globals that can change    */
	uint64_t thread_local_size;
	bool globals;			/* there are such, of its own          */
	const char **variables;		/* their names, as far as it tells     */
	size_t variable_count;
};

/*
 * Fails for what is not a whole shared object for this machine, saying what it
 * is instead (EXIT_USAGE).
 */
int elf_read(const char *path, struct elf *out, struct fr_err *err);
bool elf_exports(const struct elf *e, const char *name);
void elf_free(struct elf *e);

#endif
