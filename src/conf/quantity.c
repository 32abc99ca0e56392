/*
 * quantity: see quantity.h. What every kind accepts is its table of units,
 * from small to large, so that reading and printing cannot differ.
 */
#include "conf/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "base/suggest.h"

struct unit {
	const char *name;
	int64_t factor;
};

struct kind {
	const char *expected;
	const char *bare; /* the unit that goes unwritten; NULL: none does */
	struct unit units[5];
};

static const struct kind kinds[] = {
	[QUANTITY_COUNT] = {
		.expected = "must be a whole number such as 100",
		.bare = "",
		.units = { { "", 1 } },
	},
	[QUANTITY_SIZE] = {
		.expected = "must be a size such as 64KiB "
			    "(units: B, KiB, MiB, GiB)",
		.bare = "B",
		.units = {
			{ "B", 1 },
			{ "KiB", 1 << 10 },
			{ "MiB", 1 << 20 },
			{ "GiB", 1 << 30 },
		},
	},
	[QUANTITY_DURATION] = {
		.expected = "must be a duration such as 5s "
			    "(units: ms, s, m, h)",
		.units = {
			{ "ms", 1 },
			{ "s", 1000 },
			{ "m", 60000 },
			{ "h", 3600000 },
		},
	},
};

static const struct unit *find_unit(const struct kind *k, const char *name)
{
	for (const struct unit *u = k->units; u->name; u++)
		if (!strcmp(u->name, name))
			return u;
	return NULL;
}

static int refuse_unit(const struct kind *k, const char *name, struct err *e)
{
	struct suggest s = suggest_begin(slice_str(name));

	for (const struct unit *u = k->units; u->name; u++)
		suggest_offer(&s, u->name);
	if (s.best)
		return err_set(e, -EINVAL, "%s; did you mean the unit %s?",
		    k->expected, s.best);
	return err_set(e, -EINVAL, "%s", k->expected);
}

int quantity_parse(
    enum quantity kind, const char *text, int64_t *value, struct err *e)
{
	const struct kind *k = &kinds[kind];
	const char *p = text;
	const struct unit *unit;
	int64_t number = 0;

	for (; ascii_is_digit(*p); p++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *p - '0', &number))
			return err_set(e, -ERANGE, "is too large");
	if (p == text)
		return err_set(e, -EINVAL, "%s", k->expected);
	if (*p == '\0' && number == 0) {
		*value = 0;
		return 0;
	}
	unit = *p || !k->bare ? find_unit(k, p) : find_unit(k, k->bare);
	if (!unit)
		return refuse_unit(k, p, e);
	if (__builtin_mul_overflow(number, unit->factor, value))
		return err_set(e, -ERANGE, "is too large");
	return 0;
}

void quantity_print(enum quantity kind, int64_t value, struct buf *out)
{
	const struct unit *best = kinds[kind].units;

	for (const struct unit *u = best; u->name; u++)
		if (value != 0 && value % u->factor == 0)
			best = u;
	buf_printf(out, "%" PRId64 "%s", value / best->factor,
	    value ? best->name : "");
}
