/* SPDX-License-Identifier: MIT */
#include "core/cli/figures.h"

#include <math.h>
#include <stdio.h>

#include "core/base/units.h"
#include "core/campaign/report.h"
#include "core/cli/cli.h"

void
figure_name(struct buf *out, const char *name)
{
	struct buf plain;

	buf_init(&plain, SIZE_MAX / 2);
	plain_text(&plain, name, true);
	if (plain.size > 0)
		cli_cell(out, plain.data);
	buf_free(&plain);
}

/* To three figures, and not as 1e+05. */
static void
number(struct buf *out, double n, const char *unit)
{
	int digits = n == 0 || n >= 100 ? 0 : n >= 10 ? 1 : n >= 1 ? 2 : 3;

	buf_printf(out, "%.*f%s", digits, n, unit);
}

void
figure_share(struct buf *out, double share)
{
	if (isnan(share))
		buf_char(out, '-');
	else if (share > 0.9995 && share < 1)
		buf_text(out, "99.9%");
	else if (share > 0 && share < 0.000005)
		buf_text(out, "0.001%");
	else
		number(out, share * 100, "%");
}

void
figure_rate(struct buf *out, double rate)
{
	if (isnan(rate))
		buf_char(out, '-');
	else
		number(out, rate, "");
}

void
figure_time(struct buf *out, double ns)
{
	char text[32];

	if (isnan(ns) || isinf(ns)) {
		buf_text(out, isnan(ns) ? "-" : "never");
		return;
	}
	time_text((int64_t)ns, text, sizeof text);
	buf_text(out, text);
}
