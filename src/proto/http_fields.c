/*
 * http_fields: see http_fields.h. There are a dozen or two headers, and few
 * look-ups, so each is a walk over all.
 */
#include "proto/http_fields.h"

#include "base/ascii.h"
#include "proto/http.h"

bool http_header_next(const struct http_head *head, const char *bytes,
    const char *name, size_t *cursor, struct slice *value)
{
	struct slice wanted = slice_str(name);

	while (*cursor < head->header_count) {
		size_t i = (*cursor)++;

		/* Most differ in length: that is seen without a call. */
		if (head->headers[i].name.len != wanted.len ||
		    !ascii_eq(http_slice(bytes, head->headers[i].name), wanted))
			continue;
		*value = http_slice(bytes, head->headers[i].value);
		return true;
	}
	return false;
}

struct slice http_header(const struct http_head *head, const char *bytes,
    const char *name, size_t *count)
{
	struct slice first = slice_of(NULL, 0);
	struct slice value;
	size_t cursor = 0;
	size_t found = 0;

	while (http_header_next(head, bytes, name, &cursor, &value))
		if (found++ == 0)
			first = value;
	if (count)
		*count = found;
	return first;
}

bool http_list_next(struct slice *list, struct slice *item)
{
	while (list->len > 0) {
		*item = slice_trim(slice_cut(list, ','));
		if (item->len > 0)
			return true;
	}
	return false;
}

int64_t http_max_age_s(struct slice value)
{
	const struct slice name = slice_str("max-age=");
	struct slice directive;
	uint64_t age_s;

	while (http_list_next(&value, &directive))
		if (directive.len > name.len &&
		    ascii_eq(slice_of(directive.ptr, name.len), name) &&
		    ascii_decimal(
			slice_after(directive, name.len), INT32_MAX, &age_s))
			return (int64_t)age_s;
	return -1;
}

bool http_has_token(const struct http_head *head, const char *bytes,
    const char *name, const char *token)
{
	struct slice list, item;
	size_t cursor = 0;

	while (http_header_next(head, bytes, name, &cursor, &list))
		while (http_list_next(&list, &item))
			if (ascii_eq(item, slice_str(token)))
				return true;
	return false;
}

/* "q=0", "q=0.0", with spaces around or not: rather anything else. */
static bool is_zero_weight(struct slice parameter)
{
	struct slice value = slice_trim(parameter);
	struct slice name = slice_cut(&value, '=');

	if (!ascii_eq(slice_trim(name), slice_str("q")))
		return false;
	value = slice_trim(value);
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] != '0' && value.ptr[i] != '.')
			return false;
	return value.len > 0;
}

static bool accepts(struct slice range, const char *type)
{
	struct slice name = slice_cut(&range, ';');

	if (!ascii_eq(slice_trim(name), slice_str(type)))
		return false;
	while (range.len > 0)
		if (is_zero_weight(slice_cut(&range, ';')))
			return false;
	return true;
}

bool http_accepts(
    const struct http_head *head, const char *bytes, const char *type)
{
	struct slice list, range;
	size_t cursor = 0;

	while (http_header_next(head, bytes, "accept", &cursor, &list))
		while (http_list_next(&list, &range))
			if (accepts(range, type))
				return true;
	return false;
}
