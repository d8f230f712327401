/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz harness over each file of its corpus, and over what lies near
 * it: each beginning of it, and some thousand seeded changes of bytes.  For
 * compilers without libFuzzer, and for `make check`.
 *
 *	replay FOLDER	(else CORPUS of the source)
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rand.h"

#define CHANGES	2000u
#define LARGEST	(1u << 20)

#ifndef CORPUS
#define CORPUS "tests/data/histories/foreign"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An allocation of the exact size: a byte too far is seen. */
static void
one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
near(const uint8_t *data, size_t size, uint64_t seed)
{
	static const char likely[] = "{}[]()\"\\:,;#_-0123456789 \n\tnetk\xff";
	uint8_t *changed = mem_new(2 * size + 2);
	struct rng r;
	size_t i, k, at, length, n;

	r = rng_make(seed, 0, 0, 0, "near");
	for (i = 0; i < size && i < 4096; i++)
		one(data, i);
	for (i = 0; i < CHANGES && size > 0; i++) {
		memcpy(changed, data, size);
		length = size;
		for (k = 1 + (size_t)rng_below(&r, 3); k > 0; k--) {
			at = (size_t)rng_below(&r, length);
			switch (rng_below(&r, 4)) {
			case 0:		/* another byte */
				changed[at] = (uint8_t)likely[
					rng_below(&r, sizeof likely - 1)];
				break;
			case 1:		/* a bit */
				changed[at] ^= (uint8_t)(1u << rng_below(&r,
									 8));
				break;
			case 2:		/* some bytes taken out */
				n = (size_t)rng_below(&r, length - at) / 4;
				memmove(changed + at, changed + at + n,
					length - at - n);
				length -= n;
				break;
			default:	/* some bytes twice */
				n = (size_t)rng_below(&r, 16);
				if (n > length - at || length + n > 2 * size)
					break;
				memmove(changed + at + n, changed + at,
					length - at);
				length += n;
				break;
			}
		}
		one(changed, length);
	}
	free(changed);
}

static uint8_t *
slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data;

	if (f == NULL)
		return NULL;
	data = mem_new(LARGEST);
	*size = fread(data, 1, LARGEST, f);
	fclose(f);
	return data;
}

static int
is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	char *folder = argc > 1 ? mem_string(argv[1]) :
		mem_format("%s/" CORPUS, top != NULL ? top : ".");
	struct dirent **files;
	int count = scandir(folder, &files, is_file, alphasort), i, done = 0;
	uint8_t *data;
	size_t size;
	char *path;

	if (count < 0) {
		perror(folder);
		return 99;
	}
	for (i = 0; i < count; i++) {
		path = mem_format("%s/%s", folder, files[i]->d_name);
		data = slurp(path, &size);
		if (data != NULL) {
			one(data, size);
			near(data, size, (uint64_t)i);
			printf("ok %d - %s and what lies near it\n", ++done,
			       files[i]->d_name);
			fflush(stdout);
		}
		free(data);
		free(path);
		free(files[i]);
	}
	free(files);
	free(folder);
	printf("1..%d\n", done);
	return done == 0;
}
