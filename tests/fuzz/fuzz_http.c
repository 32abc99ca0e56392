/*
 * Any bytes as a request head, whole and in pieces: the results must be the
 * same. The first two bytes choose the limit and the size of a piece. A path
 * and a query that come out are decoded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "proto/http_fields.h"
#include "proto/http_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* As a socket would give it: each time more bytes, at a new place. */
static int parse_in_pieces(struct http_head *head, const char *bytes,
    size_t len, size_t max, size_t piece, const char **why)
{
	int status = HTTP_MORE;
	size_t have = 0;

	while (status == HTTP_MORE) {
		char *copy = malloc(have + 1);

		must(copy != NULL);
		memcpy(copy, bytes, have);
		status = http_parse(head, copy, have, max, why);
		free(copy);
		if (have == len)
			break;
		have = len - have < piece ? len : have + piece;
	}
	return status;
}

static bool is_within(const struct http_head *head, struct http_span span)
{
	return span.at <= head->size && span.len <= head->size - span.at;
}

static void check_spans(const struct http_head *head, size_t len, size_t max)
{
	must(head->size <= len && head->size <= max);
	must(head->header_count <= HTTP_MAX_HEADERS);
	must(is_within(head, head->method) && is_within(head, head->path));
	must(is_within(head, head->query));
	for (size_t i = 0; i < head->header_count; i++)
		must(is_within(head, head->headers[i].name) &&
		     is_within(head, head->headers[i].value));
}

static void decode(struct slice raw, bool plus)
{
	char *out = malloc(raw.len + 1);
	long len;

	must(out != NULL);
	len = http_percent_decode(raw, plus, out);
	must(len < 0 || (size_t)len <= raw.len);
	free(out);
}

static void look_up(const struct http_head *head, const char *bytes)
{
	struct slice query = http_slice(bytes, head->query);
	struct slice value;
	size_t count;

	decode(http_path(head, bytes), false);
	must(http_path(head, bytes).ptr[0] == '/');
	decode(query, true);
	if (http_query_find(query, "room", &value, &count))
		decode(value, true);
	(void)http_has_token(head, bytes, "connection", "upgrade");
	(void)http_header(head, bytes, "host", &count);
	must(count <= head->header_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head whole = { 0 }, pieces = { 0 };
	const char *why, *pieces_why;
	const char *bytes = (const char *)data + 2;
	size_t max, len;
	int status;

	if (size < 2)
		return 0;
	len = size - 2;
	max = 16 + 8u * data[0];
	status = http_parse(&whole, bytes, len, max, &why);
	must(parse_in_pieces(&pieces, bytes, len, max, 1u + data[1] % 32,
		 &pieces_why) == status);
	must(!memcmp(&whole, &pieces, sizeof whole) || status >= 400);
	if (status >= 400)
		must(!strcmp(why, pieces_why));
	if (status == HTTP_DONE) {
		check_spans(&whole, len, max);
		look_up(&whole, bytes);
	}
	return 0;
}
