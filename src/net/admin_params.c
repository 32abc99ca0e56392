/* admin_params: see admin_params.h. */
#include "net/admin_params.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/ascii.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "proto/http_query.h"

static const char *find_known(const char *const *known, struct slice name)
{
	for (; *known; known++)
		if (slice_eq(name, slice_str(*known)))
			return *known;
	return NULL;
}

/* Bounded, as a page has few. */
static int refuse_for_known(const char *const *known, struct err *e)
{
	struct buf names = { 0 };

	if (!*known)
		return err_set(e, -EINVAL, "no parameters are taken here");
	for (const char *const *k = known; *k; k++)
		buf_printf(&names, "%s%s", k == known ? "" : ", ", *k);
	(void)err_set(e, -EINVAL,
	    "a parameter of the query is unknown here; it may have %.*s",
	    (int)names.len, names.data);
	buf_fini(&names);
	return -EINVAL;
}

/* What somebody wrote is shown by what is known, and not by itself. */
static int refuse_unknown(
    const char *const *known, struct slice name, struct err *e)
{
	struct suggest s = suggest_begin(name);

	for (const char *const *k = known; *k; k++)
		suggest_offer(&s, *k);
	if (s.best)
		return err_set(e, -EINVAL,
		    "a parameter of the query is unknown here; did you mean "
		    "%s?",
		    s.best);
	return refuse_for_known(known, e);
}

static const struct admin_param *find(
    const struct admin_params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->items[i].name, name))
			return &p->items[i];
	return NULL;
}

/* Decoded behind what is there, which the raw query would have had room for. */
static int add(struct admin_params *p, size_t *used, const char *name,
    struct slice raw, struct err *e)
{
	char *out = p->bytes + *used;
	long len = http_percent_decode(raw, true, out);

	if (find(p, name))
		return err_set(e, -EINVAL, "%s is given twice", name);
	if (len < 0 || !utf8_is_valid(slice_of(out, (size_t)len), NULL))
		return err_set(
		    e, -EINVAL, "%s is not percent-encoded UTF-8", name);
	if (len == 0)
		return err_set(e, -EINVAL, "%s must not be empty", name);
	p->items[p->count++] = (struct admin_param){ name, *used, (size_t)len };
	*used += (size_t)len;
	return 0;
}

static int add_pair(struct admin_params *p, size_t *used, struct slice pair,
    const char *const *known, struct err *e)
{
	struct slice key = slice_cut(&pair, '=');
	const char *name = find_known(known, key);

	if (!name)
		return refuse_unknown(known, key, e);
	return add(p, used, name, pair, e);
}

int admin_params_read(struct admin_params *p, struct slice query,
    const char *const *known, struct err *e)
{
	size_t used = 0;
	int rc = 0;

	p->count = 0;
	if (query.len > ADMIN_QUERY_MAX)
		return err_set(e, -EINVAL, "the query is longer than %d bytes",
		    ADMIN_QUERY_MAX);
	while (rc == 0 && query.len > 0) {
		struct slice pair = slice_cut(&query, '&');

		if (pair.len > 0)
			rc = add_pair(p, &used, pair, known, e);
	}
	return rc;
}

struct slice admin_params_text(const struct admin_params *p, const char *name)
{
	const struct admin_param *found = find(p, name);

	return found ? slice_of(p->bytes + found->at, found->len)
		     : slice_of(NULL, 0);
}

int admin_params_number(const struct admin_params *p, const char *name,
    uint64_t max, uint64_t preset, uint64_t *number, struct err *e)
{
	struct slice text = admin_params_text(p, name);

	*number = preset;
	if (text.len == 0)
		return 0;
	if (!ascii_number(text, max, number) || *number == 0)
		return err_set(e, -EINVAL,
		    "%s must be a whole number, 1 to %" PRIu64, name, max);
	return 0;
}

void admin_params_put_place(
    struct buf *out, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%c%" PRIx64, i ? '-' : '"', numbers[i]);
	buf_puts(out, "\"");
}

static bool read_hex(struct slice text, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < text.len; i++) {
		int digit = ascii_hex(text.ptr[i]);

		if (digit < 0 || *number >> 60)
			return false;
		*number = *number << 4 | (unsigned)digit;
	}
	return text.len > 0;
}

int admin_params_place(const struct admin_params *p, const char *name,
    uint64_t *numbers, size_t count, struct err *e)
{
	struct slice text = admin_params_text(p, name);

	if (text.len == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!read_hex(slice_cut(&text, '-'), &numbers[i]))
			text = slice_str("-"); /* no place */
	if (text.len == 0)
		return 0;
	return err_set(e, -EINVAL, "%s must be what an answer here gave", name);
}
