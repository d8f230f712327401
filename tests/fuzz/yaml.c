/* SPDX-License-Identifier: MIT */
/*
 * A fuzz harness for the reader of YAML: whatever the bytes are, it ends with
 * an error that names a place in them, or with a tree that keeps its promises.
 *
 * With libFuzzer: ./configure CC=clang --enable-fuzzers; then
 *	tests/fuzz/fuzz_yaml NEW-CORPUS tests/data/yaml
 * Without, tests/fuzz/replay.c runs it over the files and what lies near them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)							\
	((condition) ? (void)0 : wrong(#condition, __LINE__))

static void
wrong(const char *condition, int line)
{
	fprintf(stderr, "tests/fuzz/yaml.c:%d: not so: %s\n", line,
		condition);
	abort();
}

static void
look_at(const struct yaml *y, uint32_t depth, size_t lines, size_t size)
{
	const struct yaml *m, *other;
	size_t count = 0;

	MUST(depth <= YAML_DEPTH_MAX + 1);
	MUST(y->line >= 1 && y->line <= lines);
	MUST(y->column >= 1 && y->column <= size + 1);
	MUST(y->text != NULL && strlen(y->text) <= 2 * size);
	MUST(y->kind == YAML_TEXT || *y->text == '\0');
	for (m = y->first; m != NULL; m = m->next, count++) {
		MUST((m->key != NULL) == (y->kind == YAML_MAP));
		if (m->key != NULL) {
			MUST(m->key_line >= 1 && m->key_line <= m->line);
			other = yaml_member(y, m->key);
			MUST(other == m);
		}
		look_at(m, depth + 1, lines, size);
	}
	MUST(count == y->count);
	MUST(count == 0 || y->kind == YAML_LIST || y->kind == YAML_MAP);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned long line, column;
	struct arena a = { 0 };
	struct fr_err err = { 0 };
	size_t lines = 1, i;
	struct yaml *y;
	char colon;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (yaml_read(&a, "f", (const char *)data, size, &y, &err) != 0) {
		MUST(err.status == EXIT_USAGE);
		MUST(sscanf(err.text, "f:%lu:%lu%c", &line, &column,
			    &colon) == 3 && colon == ':');
		MUST(line >= 1 && line <= lines);
		MUST(column >= 1 && column <= size + 1);
	} else {
		look_at(y, 1, lines, size);
	}
	arena_free(&a);
	return 0;
}
