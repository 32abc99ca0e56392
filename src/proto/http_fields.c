/*
 * http_fields: looking things up in the headers of a parsed head. There are a
 * dozen or two of them, and few look-ups, so each is a walk over all.
 */
#include <string.h>

#include "proto/http.h"

static char to_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Names of fields and tokens of ours are ASCII; locales play no part. */
static bool equals_ignoring_case(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (to_lower(a.ptr[i]) != to_lower(b.ptr[i]))
			return false;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice http_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = slice_after(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool http_header_next(const struct http_head *head, const char *bytes,
    const char *name, size_t *cursor, struct slice *value)
{
	struct slice wanted = slice_str(name);

	while (*cursor < head->header_count) {
		size_t i = (*cursor)++;

		if (!equals_ignoring_case(
			http_slice(bytes, head->headers[i].name), wanted))
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
		const char *comma = memchr(list->ptr, ',', list->len);
		size_t len = comma ? (size_t)(comma - list->ptr) : list->len;

		*item = http_trim(slice_of(list->ptr, len));
		*list = slice_after(*list, comma ? len + 1 : len);
		if (item->len > 0)
			return true;
	}
	return false;
}

bool http_has_token(const struct http_head *head, const char *bytes,
    const char *name, const char *token)
{
	struct slice list, item;
	size_t cursor = 0;

	while (http_header_next(head, bytes, name, &cursor, &list))
		while (http_list_next(&list, &item))
			if (equals_ignoring_case(item, slice_str(token)))
				return true;
	return false;
}
