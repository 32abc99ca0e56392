/*
 * handshake: what RFC 6455 demands of the request, and the bytes of the
 * answer. The order of the checks is that of the blame: what may be an attack
 * on a proxy's idea of where a request ends comes before what is merely no
 * WebSocket.
 */
#include "proto/handshake.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "proto/deflate_offer.h"
#include "proto/http_fields.h"
#include "proto/http_phrase.h"

enum {
	WHY_MAX = 128,
};

#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static int refuse(int status, const char **why, const char *text)
{
	*why = text;
	return status;
}

typedef int (*check_fn)(
    const struct http_head *head, const char *bytes, const char **why);

/* A body would be read as frames, or as the next request by a proxy. */
static int check_no_body(
    const struct http_head *head, const char *bytes, const char **why)
{
	size_t count;
	struct slice length =
	    http_header(head, bytes, "content-length", &count);

	if (count > 1 || (count == 1 && !slice_eq(length, slice_str("0"))))
		return refuse(400, why, "a request body is not accepted");
	(void)http_header(head, bytes, "transfer-encoding", &count);
	if (count > 0)
		return refuse(400, why, "Transfer-Encoding is not accepted");
	return 0;
}

static int check_host(
    const struct http_head *head, const char *bytes, const char **why)
{
	size_t count;
	struct slice host = http_header(head, bytes, "host", &count);

	if (count == 0)
		return refuse(400, why, "the Host header is missing");
	if (count > 1)
		return refuse(400, why, "more than one Host header");
	if (!http_is_host(host))
		return refuse(400, why, "malformed Host header");
	return 0;
}

static int check_upgrade(
    const struct http_head *head, const char *bytes, const char **why)
{
	size_t count;
	struct slice version;

	if (!http_has_token(head, bytes, "upgrade", "websocket") ||
	    !http_has_token(head, bytes, "connection", "upgrade"))
		return refuse(426, why,
		    "this is a WebSocket endpoint: connect with ws://");
	version = http_header(head, bytes, "sec-websocket-version", &count);
	if (count != 1 || !slice_eq(version, slice_str("13")))
		return refuse(426, why, "only WebSocket version 13 is spoken");
	return 0;
}

static bool is_key(struct slice key)
{
	unsigned char nonce[3 * (HANDSHAKE_KEY_LEN / 4)];

	return key.len == HANDSHAKE_KEY_LEN &&
	       crypto_base64_decode(key.ptr, key.len, nonce) ==
		   HANDSHAKE_KEY_BYTES;
}

static int check_key(
    const struct http_head *head, const char *bytes, const char **why)
{
	size_t count;
	struct slice key =
	    http_header(head, bytes, "sec-websocket-key", &count);

	if (count == 0)
		return refuse(400, why, "Sec-WebSocket-Key is missing");
	if (count > 1)
		return refuse(400, why, "more than one Sec-WebSocket-Key");
	if (!is_key(key))
		return refuse(
		    400, why, "Sec-WebSocket-Key is not base64 of 16 bytes");
	return 0;
}

static int check_request_line(
    const struct http_head *head, const char *bytes, const char **why)
{
	if (head->is_1_0)
		return refuse(505, why,
		    "only HTTP/1.1 can be upgraded to WebSocket here");
	if (!slice_eq(http_slice(bytes, head->method), slice_str("GET")))
		return refuse(405, why, "only GET is answered here");
	return 0;
}

static const check_fn checks[] = {
	check_request_line,
	check_no_body,
	check_host,
	check_upgrade,
	check_key,
};

enum {
	PLAIN_CHECKS = 3, /* of these, from the first on */
	ALL_CHECKS = sizeof checks / sizeof checks[0],
};

static int check_some(const struct http_head *head, const char *bytes,
    const char **why, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count && !status; i++)
		status = checks[i](head, bytes, why);
	return status;
}

int handshake_check(
    const struct http_head *head, const char *bytes, const char **why)
{
	return check_some(head, bytes, why, ALL_CHECKS);
}

int handshake_check_plain(
    const struct http_head *head, const char *bytes, const char **why)
{
	return check_some(head, bytes, why, PLAIN_CHECKS);
}

static bool is_listed(struct slice offer, char *const *listed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(offer, slice_str(listed[i])))
			return true;
	return false;
}

struct slice handshake_subprotocol(const struct http_head *head,
    const char *bytes, char *const *listed, size_t count)
{
	struct slice list, offer;
	size_t cursor = 0;

	while (http_header_next(
	    head, bytes, "sec-websocket-protocol", &cursor, &list))
		while (http_list_next(&list, &offer))
			if (http_is_token(offer) &&
			    offer.len <= HANDSHAKE_SUBPROTOCOL_MAX &&
			    is_listed(offer, listed, count))
				return offer;
	return slice_of(NULL, 0);
}

/* base64(SHA-1(key GUID)) */
void handshake_accept(struct slice key, char out[HANDSHAKE_ACCEPT_LEN + 1])
{
	char text[HANDSHAKE_KEY_LEN + sizeof ACCEPT_GUID - 1];
	unsigned char digest[CRYPTO_SHA1_BYTES];

	assert(key.len == HANDSHAKE_KEY_LEN);
	memcpy(text, key.ptr, HANDSHAKE_KEY_LEN);
	memcpy(text + HANDSHAKE_KEY_LEN, ACCEPT_GUID, sizeof ACCEPT_GUID - 1);
	crypto_sha1(text, sizeof text, digest);
	(void)crypto_base64_encode(digest, sizeof digest, out);
}

static char *put_text(char *to, const char *text)
{
	return slice_put(slice_str(text), to);
}

size_t handshake_response(const struct http_head *head, const char *bytes,
    struct slice subprotocol, unsigned window_bits, char *out)
{
	char accept[HANDSHAKE_ACCEPT_LEN + 1], deflate[DEFLATE_ANSWER_MAX];
	char *to = out;

	assert(subprotocol.len <= HANDSHAKE_SUBPROTOCOL_MAX);
	handshake_accept(
	    http_header(head, bytes, "sec-websocket-key", NULL), accept);
	to = put_text(to, "HTTP/1.1 101 Switching Protocols\r\n"
			  "Upgrade: websocket\r\n"
			  "Connection: Upgrade\r\n"
			  "Sec-WebSocket-Accept: ");
	to = put_text(to, accept);
	if (subprotocol.len > 0) {
		to = put_text(to, "\r\nSec-WebSocket-Protocol: ");
		to = slice_put(subprotocol, to);
	}
	if (window_bits > 0) {
		to = put_text(to, "\r\nSec-WebSocket-Extensions: ");
		to = slice_put(slice_of(deflate,
				   deflate_offer_answer(window_bits, deflate)),
		    to);
	}
	to = put_text(to, "\r\n\r\n");
	return (size_t)(to - out);
}

/* Lines that belong to a status. */
static const char *headers_of(int status)
{
	switch (status) {
	case 401:
		return "WWW-Authenticate: Bearer\r\n";
	case 405:
		return "Allow: GET\r\n";
	case 426:
		return "Upgrade: websocket\r\n"
		       "Sec-WebSocket-Version: 13\r\n";
	case 429:
	case 503:
		return "Retry-After: 5\r\n";
	default:
		return "";
	}
}

size_t handshake_refusal(
    int status, struct slice headers, const char *why, char *out, size_t size)
{
	const char *options = status == 426 ? "Upgrade, close" : "close";
	int why_len = (int)strnlen(why, WHY_MAX);
	int len = snprintf(out, size,
	    "HTTP/1.1 %d %s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %d\r\n"
	    "%s%.*s"
	    "Connection: %s\r\n"
	    "\r\n"
	    "%.*s\n",
	    status, http_phrase(status), why_len + 1, headers_of(status),
	    (int)headers.len, headers.ptr, options, why_len, why);

	assert(len > 0 && (size_t)len < size);
	return (size_t)len;
}

size_t handshake_health(const char *why, bool with_body, char *out, size_t size)
{
	const char *text = why ? why : "fine";
	int status = why ? 503 : 200;
	int text_len = (int)strnlen(text, WHY_MAX);
	int len = snprintf(out, size,
	    "HTTP/1.1 %d %s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %d\r\n"
	    "Cache-Control: no-store\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "%.*s%s",
	    status, http_phrase(status), text_len + 1, with_body ? text_len : 0,
	    text, with_body ? "\n" : "");

	assert(len > 0 && (size_t)len < size);
	return (size_t)len;
}
