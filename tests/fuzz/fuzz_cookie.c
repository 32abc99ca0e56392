/*
 * Any bytes as a Cookie header, and as a request head in which a token is
 * looked for in every kind of source. Pairs and tokens stay inside the bytes
 * they come from, and what is found twice is refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cookie.h"
#include "proto/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_within(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr &&
	       part.ptr + part.len <= whole.ptr + whole.len;
}

static void walk_pairs(struct slice header)
{
	struct slice rest = header;
	struct slice name, value;
	size_t left = rest.len + 1;

	while (cookie_next(&rest, &name, &value)) {
		must(rest.len < left);
		left = rest.len;
		must(name.len > 0 && is_within(name, header));
		must(is_within(value, header));
		must(!memchr(name.ptr, '=', name.len));
		must(value.len == 0 || !memchr(value.ptr, ';', value.len));
	}
	must(rest.len == 0);
}

static bool is_token(
    struct slice token, struct slice bytes, struct slice scratch)
{
	return token.len > 0 &&
	       (is_within(token, bytes) || is_within(token, scratch));
}

static void find_tokens(const char *bytes, size_t len)
{
	static char query[] = "query.t";
	static char header[] = "header.authorization";
	static char cookie[] = "cookie.t";
	static char subprotocol[] = "subprotocol";
	char *const sources[] = { query, header, cookie, subprotocol };
	struct http_head head = { 0 };
	struct buf scratch = { 0 };
	const char *why = NULL;

	if (http_parse(&head, bytes, len, HTTP_HEAD_MAX, &why) != HTTP_DONE)
		return;
	for (size_t first = 0; first < 4; first++) {
		struct tokens found = { 0 };
		enum token_result result = token_find(&head, bytes,
		    sources + first, 4 - first, &scratch, &found, &why);

		must(result != TOKEN_FOUND ||
		     (found.count > 0 && found.count <= TOKEN_TRIED));
		for (size_t i = 0; result == TOKEN_FOUND && i < found.count;
		     i++)
			must(is_token(found.items[i], slice_of(bytes, len),
			    buf_slice(&scratch)));
	}
	(void)token_subprotocol(&head, bytes);
	buf_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);

	must(copy != NULL);
	memcpy(copy, data, size);
	walk_pairs(slice_of(copy, size));
	find_tokens(copy, size);
	free(copy);
	return 0;
}
