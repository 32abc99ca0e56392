/* forwarded: see forwarded.h. */
#include "proto/forwarded.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "proto/http.h"
#include "proto/http_fields.h"

/* All headers as one list, taken from its end. */
struct walk {
	const struct slice *values;
	size_t left;       /* headers not begun */
	struct slice rest; /* of the header at hand */
	size_t bytes;      /* that may still be looked at */
	size_t entries;    /* that may still be taken */
};

/* Whether text is empty or ":PORT". */
static bool is_port_part(struct slice text)
{
	uint16_t ignored;

	return text.len == 0 || (text.ptr[0] == ':' &&
				    ascii_port(slice_after(text, 1), &ignored));
}

static bool parse_bracketed(struct slice entry, struct ip *ip)
{
	const char *end = memchr(entry.ptr, ']', entry.len);
	struct slice inside;

	if (!end)
		return false;
	inside = slice_of(entry.ptr + 1, (size_t)(end - entry.ptr) - 1);
	return inside.len > 0 && memchr(inside.ptr, ':', inside.len) &&
	       ip_parse(inside, ip) &&
	       is_port_part(slice_after(entry, inside.len + 2));
}

/* An entry: v4, v4:port, v6 (with all of its colons), [v6] or [v6]:port. */
static bool parse_entry(struct slice entry, struct ip *ip)
{
	const char *colon;
	size_t len;

	if (entry.ptr[0] == '[')
		return parse_bracketed(entry, ip);
	if (ip_parse(entry, ip))
		return true;
	colon = memchr(entry.ptr, ':', entry.len);
	if (!colon)
		return false;
	len = (size_t)(colon - entry.ptr);
	return ip_parse(slice_of(entry.ptr, len), ip) &&
	       is_port_part(slice_after(entry, len));
}

/* Cut the last element off the header at hand, which is not empty. */
static struct slice cut_last(struct walk *w)
{
	const char *comma = memrchr(w->rest.ptr, ',', w->rest.len);
	size_t at = comma ? (size_t)(comma - w->rest.ptr) : 0;
	struct slice last = slice_after(w->rest, comma ? at + 1 : 0);

	w->rest.len = at;
	return slice_trim(last);
}

/* The entry before the last one taken; empty ones are passed over. */
static bool previous(struct walk *w, struct slice *entry)
{
	for (;;) {
		size_t before = w->rest.len;

		if (before == 0) { /* on to the header before it */
			if (w->left == 0)
				return false;
			w->rest = w->values[--w->left];
			continue;
		}
		*entry = cut_last(w);
		if (before - w->rest.len > w->bytes)
			return false;
		w->bytes -= before - w->rest.len;
		if (entry->len == 0)
			continue;
		if (w->entries == 0)
			return false;
		w->entries--;
		return true;
	}
}

struct ip forwarded_client(const struct slice *values, size_t count,
    const struct ip *peer, const struct prefix *trusted, size_t trusted_count)
{
	struct walk w = {
		.values = values,
		.left = count,
		.bytes = FORWARDED_MAX_BYTES,
		.entries = FORWARDED_MAX_ENTRIES,
	};
	struct ip client = *peer, ip;
	struct slice entry;

	while (prefix_any_holds(trusted, trusted_count, &client) &&
	       previous(&w, &entry) && parse_entry(entry, &ip))
		client = ip;
	return client;
}

struct ip forwarded_client_of(const struct http_head *head, const char *bytes,
    const struct ip *peer, const struct prefix *trusted, size_t trusted_count)
{
	struct slice values[HTTP_MAX_HEADERS];
	size_t count = 0, cursor = 0;

	while (count < HTTP_MAX_HEADERS &&
	       http_header_next(
		   head, bytes, "x-forwarded-for", &cursor, &values[count]))
		count++;
	return forwarded_client(values, count, peer, trusted, trusted_count);
}
