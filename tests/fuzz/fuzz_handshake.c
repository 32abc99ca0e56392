/*
 * Any bytes as the headers behind a good request line: whatever is a head is
 * judged, and answered with bytes that a client can trust.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/handshake.h"
#include "proto/http_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char request_line[] = "GET /ws/lobby HTTP/1.1\r\n";

enum { LINE_LEN = sizeof request_line - 1, MAX = 8192 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* One empty line, and that at the end: nothing was smuggled in. */
static void check_response(const struct http_head *head, const char *bytes)
{
	char chat[] = "chat", v2[] = "v2.chat";
	char *const listed[] = { chat, v2 };
	char out[HANDSHAKE_RESPONSE_MAX + 1];
	size_t len = handshake_response(head, bytes,
	    handshake_subprotocol(head, bytes, listed, 2), 15, out);

	must(len <= HANDSHAKE_RESPONSE_MAX);
	out[len] = '\0';
	must(strlen(out) == len);
	must(strstr(out, "\r\n\r\n") == out + len - 4);
}

static void check_refusal(int status, const char *why)
{
	char out[HANDSHAKE_REFUSAL_MAX];

	must(status == 400 || status == 405 || status == 426 || status == 505);
	must(handshake_refusal(status, slice_of("", 0), why, out, sizeof out) <
	     sizeof out);
}

/* It is judged twice, as a handshake and as a request for an event stream. */
static void check_stream(const struct http_head *head, const char *bytes)
{
	const char *why;
	int status = handshake_check_plain(head, bytes, &why);
	bool accepts = http_accepts(head, bytes, "text/event-stream");

	must(status == 0 || status == 400);
	must(!accepts || http_header(head, bytes, "accept", NULL).ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head head = { 0 };
	const char *why;
	char *bytes = malloc(LINE_LEN + size);
	int status;

	must(bytes != NULL);
	memcpy(bytes, request_line, LINE_LEN);
	if (size > 0)
		memcpy(bytes + LINE_LEN, data, size);
	if (http_parse(&head, bytes, LINE_LEN + size, MAX, &why) == HTTP_DONE) {
		check_stream(&head, bytes);
		status = handshake_check(&head, bytes, &why);
		if (status == 0)
			check_response(&head, bytes);
		else
			check_refusal(status, why);
	}
	free(bytes);
	return 0;
}
