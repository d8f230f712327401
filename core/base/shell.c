/* SPDX-License-Identifier: MIT */
#include "core/base/shell.h"

#include <string.h>

void
shell_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=+@%";

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		buf_text(out, word);
		return;
	}
	buf_char(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_text(out, "'\\''");
		else
			buf_char(out, *word);
	}
	buf_char(out, '\'');
}
