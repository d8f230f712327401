/* SPDX-License-Identifier: MIT */
/* The bytes of a YAML file, before anything is made of them. */
#include <string.h>

#include "core/base/yaml_inside.h"

/* The size of the UTF-8 character at p, or 0. */
static size_t
character(const unsigned char *p, const unsigned char *end)
{
	size_t size = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 :
		      *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0, i;

	if (size == 0 || (size_t)(end - p) < size)
		return 0;
	for (i = 1; i < size; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return size;
}

int
yaml_clean(struct yaml_reader *r, const char *text, size_t size, char **out)
{
	const char *p = text, *end = text + size;
	char *copy = arena_new(r->arena, size + 1), *to = copy;
	size_t n;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	r->line_start = p;
	while (p < end) {
		n = character((const unsigned char *)p,
			      (const unsigned char *)end);
		if (n == 0)
			return yaml_error(r, p, "not UTF-8");
		if (*p == '\r' && p + 1 < end && p[1] == '\n') {
			p++;
			continue;
		}
		if (((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') ||
		    *p == 0x7f)
			return yaml_error(r, p, "a control character (0x%02x)",
					  (unsigned char)*p);
		memcpy(to, p, n);
		to += n;
		p += n;
		if (to[-1] == '\n') {
			r->line++;
			r->line_start = p;
		}
	}
	*out = copy;
	r->end = to;
	return 0;
}
