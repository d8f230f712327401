/* SPDX-License-Identifier: MIT */
/* What a reader of YAML expects, and what is said where it is not so. */
#include <string.h>

#include "core/base/units.h"
#include "core/base/yaml.h"

const char *
yaml_is(const struct yaml *y)
{
	static const char *const names[] = {
		[YAML_NOTHING] = "nothing", [YAML_TEXT] = "a text",
		[YAML_LIST] = "a list", [YAML_MAP] = "a map",
	};

	return names[y->kind];
}

const struct yaml *
yaml_member(const struct yaml *map, const char *key)
{
	const struct yaml *y;

	for (y = map->first; y != NULL; y = y->next)
		if (y->key != NULL && strcmp(y->key, key) == 0)
			return y;
	return NULL;
}

int
yaml_expect_map(const char *file, const struct yaml *y, const char *what,
		const char *const *keys, size_t count, struct fr_err *err)
{
	const struct yaml *m;
	const char *near;
	size_t i;

	if (y->kind != YAML_MAP)
		return yaml_wrong(file, y, err, "%s is a map (`key: value`), "
				  "and this is %s", what, yaml_is(y));
	for (m = y->first; m != NULL; m = m->next) {
		for (i = 0; i < count; i++)
			if (strcmp(m->key, keys[i]) == 0)
				break;
		if (i < count)
			continue;
		near = nearest_word(m->key, keys, count, sizeof *keys);
		if (near != NULL)
			return yaml_wrong_key(file, m, err, "%s has no key "
					      "'%.100s'; did you mean '%s'?",
					      what, m->key, near);
		return yaml_wrong_key(file, m, err, "%s has no key '%.100s'",
				      what, m->key);
	}
	return 0;
}

int
yaml_expect_text(const char *file, const struct yaml *y, const char *what,
		 struct fr_err *err)
{
	if (y->kind == YAML_TEXT)
		return 0;
	return yaml_wrong(file, y, err, "%s is a text, and this is %s", what,
			  yaml_is(y));
}
