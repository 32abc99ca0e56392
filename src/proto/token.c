/*
 * token: see token.h. Each kind of source has a function that looks for its
 * token and says TOKEN_ABSENT where there is none.
 */
#include "proto/token.h"

#include <string.h>
#include <strings.h>

#include "proto/cookie.h"
#include "proto/http_fields.h"
#include "proto/http_query.h"

struct search {
	const struct http_head *head; /* borrowed, as all of these */
	const char *bytes;
	struct buf *scratch;
	struct tokens *found;
	const char **why;
};

static enum token_result refuse(const struct search *s, const char *why)
{
	*s->why = why;
	return TOKEN_REFUSED;
}

static enum token_result found(const struct search *s, struct slice token)
{
	if (token.len == 0)
		return TOKEN_ABSENT;
	s->found->items[s->found->count++] = token;
	return TOKEN_FOUND;
}

static enum token_result in_query(const struct search *s, const char *name)
{
	struct slice raw;
	size_t count;
	long len;

	if (!http_query_find(
		http_slice(s->bytes, s->head->query), name, &raw, &count))
		return TOKEN_ABSENT;
	if (count > 1)
		return refuse(s, "more than one token in the query");
	s->scratch->len = 0;
	if (buf_reserve(s->scratch, raw.len + 1) < 0)
		return refuse(s, "out of memory");
	len = http_percent_decode(raw, true, s->scratch->data);
	if (len < 0)
		return refuse(s, "a broken percent-encoding in the token");
	s->scratch->len = (size_t)len;
	return found(s, buf_slice(s->scratch));
}

/* Schemes other than Bearer are nobody's business here. */
static enum token_result in_authorization(
    const struct search *s, const char *name)
{
	static const char scheme[] = "Bearer";
	size_t len = sizeof scheme - 1;
	struct slice value;
	size_t count;

	(void)name;
	value = http_header(s->head, s->bytes, "authorization", &count);
	if (count > 1)
		return refuse(s, "more than one Authorization header");
	if (value.len <= len || strncasecmp(value.ptr, scheme, len) != 0 ||
	    value.ptr[len] != ' ')
		return TOKEN_ABSENT;
	return found(s, slice_trim(slice_after(value, len)));
}

static enum token_result in_cookie(const struct search *s, const char *name)
{
	struct slice cookies, key, value;
	size_t cursor = 0;

	while (http_header_next(s->head, s->bytes, "cookie", &cursor, &cookies))
		while (cookie_next(&cookies, &key, &value)) {
			if (value.len == 0 || !slice_eq(key, slice_str(name)))
				continue;
			if (s->found->count == TOKEN_TRIED)
				return refuse(
				    s, "the token's cookie too often");
			(void)found(s, value);
		}
	return s->found->count > 0 ? TOKEN_FOUND : TOKEN_ABSENT;
}

/* Several headers are one list (RFC 6455, section 11.3.4). */
static bool next_subprotocol(const struct search *s, size_t *cursor,
    struct slice *list, struct slice *offer)
{
	while (!http_list_next(list, offer))
		if (!http_header_next(s->head, s->bytes,
			"sec-websocket-protocol", cursor, list))
			return false;
	return true;
}

static bool is_marker(struct slice offer)
{
	return slice_eq(offer, slice_str(TOKEN_SUBPROTOCOL));
}

static enum token_result in_subprotocol(
    const struct search *s, const char *name)
{
	struct slice list = { 0 }, offer, token = { 0 };
	size_t cursor = 0;
	size_t count = 0;

	(void)name;
	while (next_subprotocol(s, &cursor, &list, &offer)) {
		if (!is_marker(offer))
			continue;
		if (count++ > 0)
			return refuse(s, "more than one token subprotocol");
		if (!next_subprotocol(s, &cursor, &list, &token) ||
		    is_marker(token))
			return refuse(s, "no token behind its subprotocol");
	}
	return found(s, token);
}

static const struct {
	const char *prefix; /* the rest is the name */
	enum token_result (*find)(const struct search *s, const char *name);
} kinds[] = {
	{ "query.", in_query },
	{ "header.authorization", in_authorization },
	{ "cookie.", in_cookie },
	{ "subprotocol", in_subprotocol },
};

static enum token_result find_in(const struct search *s, const char *source)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!strncmp(source, kinds[i].prefix, len))
			return kinds[i].find(s, source + len);
	}
	return TOKEN_ABSENT; /* the configuration lets no other one through */
}

enum token_result token_find(const struct http_head *head, const char *bytes,
    char *const *sources, size_t count, struct buf *scratch,
    struct tokens *found, const char **why)
{
	const struct search s = { head, bytes, scratch, found, why };

	found->count = 0;
	for (size_t i = 0; i < count; i++) {
		enum token_result result = find_in(&s, sources[i]);

		if (result != TOKEN_ABSENT)
			return result;
	}
	*why = "no token";
	return TOKEN_ABSENT;
}

struct slice token_subprotocol(const struct http_head *head, const char *bytes)
{
	const struct search s = { .head = head, .bytes = bytes };
	struct slice list = { 0 }, offer;
	size_t cursor = 0;

	while (next_subprotocol(&s, &cursor, &list, &offer))
		if (is_marker(offer))
			return offer;
	return slice_of(NULL, 0);
}
