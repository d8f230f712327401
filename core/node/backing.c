/* SPDX-License-Identifier: MIT */
/* What holds for every backing. */
#include "core/node/backing.h"

#include <stdlib.h>

#include "core/base/mem.h"

#define PART ((size_t)65536)

struct names {
	char **at;
	uint64_t *size;
	size_t count, room, size_room;
};

static bool
add_name(void *arg, const char *name, uint64_t size)
{
	struct names *n = arg;

	mem_grow(&n->at, &n->room, n->count + 1, sizeof *n->at);
	mem_grow(&n->size, &n->size_room, n->count + 1, sizeof *n->size);
	n->at[n->count] = mem_string(name);
	n->size[n->count++] = size;
	return true;
}

static int
copy_file(struct backing *from, struct backing *to, const char *name,
	  unsigned char *part)
{
	uint64_t size, at = 0, none;
	backing_file in, out;
	int status;
	size_t n;

	status = from->ops->open(from, name, false, &in, &size);
	if (status < 0)
		return status;
	status = to->ops->open(to, name, true, &out, &none);
	if (status < 0)
		goto close_in;
	for (; at < size && status == 0; at += n) {
		n = size - at < PART ? (size_t)(size - at) : PART;
		status = from->ops->read(from, in, at, part, n);
		if (status == 0)
			status = to->ops->write(to, out, at, part, n);
	}
	to->ops->close(to, out);
close_in:
	from->ops->close(from, in);
	return status;
}

int
backing_copy(struct backing *from, struct backing *to, struct fr_err *err)
{
	unsigned char *part = mem_new(PART);
	struct names names = { 0 };
	int status = from->ops->each(from, add_name, &names, err);
	size_t i;

	for (i = 0; i < names.count; i++) {
		if (status == 0 &&
		    copy_file(from, to, names.at[i], part) < 0)
			status = err_set(err, "copy the node's file '%s'",
					 names.at[i]);
		free(names.at[i]);
	}
	free(names.at);
	free(names.size);
	free(part);
	return status;
}
