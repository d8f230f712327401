/* SPDX-License-Identifier: MIT */
#include "verbs.h"

const char *const refusals[REFUSALS] = {
	[NOT_SO] = "another value is there",
	[OTHER_KIND] = "something else is there",
};

/* The object, where it is of that kind or there is none yet. */
static int
object_of(struct deed *d, uint32_t kind, struct object **out)
{
	*out = objects_make(d->me, &d->m->objects, d->c->key, kind);
	if (*out == NULL)
		return -1;
	return (*out)->kind == kind ? DONE : OTHER_KIND;
}

/* ---- the map ----------------------------------------------------------------------- */

static int
do_get(struct deed *d)
{
	d->answer = object_value(objects_find(&d->m->objects, d->c->key));
	return DONE;
}

static int
do_put(struct deed *d)
{
	struct objects *o = &d->m->objects;
	bool text = d->argument.kind == FR_BYTES;
	struct object *it;

	objects_drop(d->me, o, d->c->key);
	it = objects_make(d->me, o, d->c->key, text ? TEXT : NUMBER);
	if (it == NULL)
		return -1;
	it->number = fr_number(d->argument, 0);
	return text ? object_insert(d->me, it, 0, d->argument.u.bytes,
				    d->argument.count) : DONE;
}

static int
do_append(struct deed *d)
{
	struct object *it;
	int refused = object_of(d, TEXT, &it);

	return refused != DONE ? refused :
	       object_insert(d->me, it, it->size, d->argument.u.bytes,
			     d->argument.count);
}

static int
do_cas(struct deed *d)
{
	struct object *it = objects_find(&d->m->objects, d->c->key);

	if (it == NULL || it->kind != NUMBER ||
	    it->number != d->argument.u.list[0])
		return NOT_SO;
	it->number = d->argument.u.list[1];
	return DONE;
}

static int
do_delete(struct deed *d)
{
	objects_drop(d->me, &d->m->objects, d->c->key);
	return DONE;
}

/* ---- the table ---------------------------------------------------------------------- */

/* What it takes: so many numbers in a list, or a number, or a text. */
enum { NOTHING = 1, A_NUMBER = 2, A_TEXT = 4, NUMBERS = 8 };

static const struct verb {
	int (*run)(struct deed *d);
	uint32_t takes, count;
	bool reads;
	const char *wrong;
} verbs[MACHINE_VERBS] = {
	[MACHINE_GET] = { do_get, NOTHING, 0, true, "it takes nothing" },
	[MACHINE_READ] = { do_get, NOTHING, 0, true, "it takes nothing" },
	[MACHINE_PUT] = { do_put, A_NUMBER | A_TEXT, 0, false,
			  "the map holds numbers and texts" },
	[MACHINE_WRITE] = { do_put, A_NUMBER | A_TEXT, 0, false,
			    "the map holds numbers and texts" },
	[MACHINE_APPEND] = { do_append, A_TEXT, 0, false,
			     "only a text can be appended" },
	[MACHINE_CAS] = { do_cas, NUMBERS, 2, false,
			  "cas takes two numbers: old and new" },
	[MACHINE_DELETE] = { do_delete, NOTHING, 0, false,
			     "it takes nothing" },
};

int
verb_do(struct deed *d)
{
	d->answer = fr_nil();
	return verbs[d->c->f].run(d);
}

const char *
verb_refuses(uint32_t f, const struct fr_value *v)
{
	const struct verb *verb = &verbs[f];
	bool fits;

	switch (v->kind) {
	case FR_INT:
		fits = verb->takes & A_NUMBER;
		break;
	case FR_BYTES:
		fits = verb->takes & A_TEXT;
		break;
	case FR_LIST:
		fits = verb->takes & NUMBERS && v->count == verb->count;
		break;
	default:
		fits = verb->takes & NOTHING;
		break;
	}
	return fits ? NULL : verb->wrong;
}

bool
verb_reads(uint32_t f, const struct fr_value *v)
{
	(void)v;
	return verbs[f].reads;
}
