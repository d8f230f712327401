/* SPDX-License-Identifier: MIT */
/*
 * Fingerprints.
 *
 * Too fine, and one mistake shows as many; too coarse, and what shrinking
 * finds is another mistake than the one it was given.  Shrinking a read of a
 * number often ends at a read of nothing, and a core of five operations at one
 * of two: so a value is a value, and of the operations that have no legal
 * order, however many, it is the one that came too late that tells.
 */
#include "core/run/fingerprint.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/run/judge.h"

/* What stands at `from` and is there by chance: its length, or 0. */
static size_t
by_chance(const char *from, char before)
{
	size_t size = 0;

	if (isdigit((unsigned char)*from) ||
	    (*from == '-' && isdigit((unsigned char)from[1]))) {
		size = 1;
		while (isdigit((unsigned char)from[size]) ||
		       (from[size] == '.' &&
			isdigit((unsigned char)from[size + 1])))
			size++;
		return size;
	}
	if (strncmp(from, "nil", 3) == 0 && !isalnum((unsigned char)from[3]) &&
	    !isalnum((unsigned char)before))
		return 3;
	return 0;
}

/* What the checker says of a core of two, in the words that it has for a
 * larger one: the operation that has no place. */
static char *
shape(struct arena *a, const char *reason)
{
	static const char before[] = ") was over before (";
	static const char called[] = ") was called", among[] = " among ";
	static const char place[] = ") has no place";
	const char *open = strchr(reason, '('), *late, *end;

	late = strstr(reason, before);
	if (open != NULL && late != NULL) {
		late += sizeof before - 1;
		end = strstr(late, called);
		if (end != NULL && end[sizeof called - 1] == '\0')
			return arena_format(a, "%.*s(%.*s%s",
					    (int)(open - reason), reason,
					    (int)(end - late), late, place);
	}
	end = strstr(reason, place);
	if (end != NULL && strncmp(end + sizeof place - 1, among,
				   sizeof among - 1) == 0)
		return arena_format(a, "%.*s%s", (int)(end - reason), reason,
				    place);
	return arena_string(a, reason);
}

char *
fingerprint(struct arena *a, const struct run_result *r)
{
	const char *word = r->violation == NULL ? "violation" : r->violation;
	const char *from, *beyond;
	char *text, *to, *reason;
	size_t size;

	if (r->verdict != VERDICT_INVALID)
		return NULL;
	text = arena_new(a, strlen(word) + strlen(r->reason) + 3);
	to = text + sprintf(text, "%s: ", word);
	/* What else was done to it is no part of what went wrong. */
	reason = arena_string(a, r->reason);
	beyond = strstr(reason, JUDGE_BEYOND);
	if (beyond != NULL)
		reason[beyond - reason] = '\0';
	for (from = shape(a, reason); *from != '\0';) {
		size = by_chance(from, to[-1]);
		if (size == 0) {
			*to++ = *from++;
			continue;
		}
		from += size;
		if (to[-1] != '#')
			*to++ = '#';
	}
	*to = '\0';
	return text;
}
