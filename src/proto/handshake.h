/*
 * handshake: is this request a WebSocket upgrade (RFC 6455, section 4.2.1),
 * and what answers it. Pure: text in, text out.
 */
#ifndef PROTO_HANDSHAKE_H
#define PROTO_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "proto/http.h"

enum {
	HANDSHAKE_KEY_BYTES = 16,
	HANDSHAKE_KEY_LEN = 24,       /* base64 of those */
	HANDSHAKE_ACCEPT_LEN = 28,    /* base64 of a SHA-1 */
	HANDSHAKE_RESPONSE_MAX = 512, /* a 101 with the longest subprotocol */
	HANDSHAKE_REFUSAL_MAX = 512,  /* a refusal with the longest why */
	HANDSHAKE_SUBPROTOCOL_MAX = 128,
};

/*
 * Check method, version, Host, Upgrade, Connection, key and body headers.
 * Returns 0, or the status to refuse with (400, 405, 426, 505) and *why.
 */
int handshake_check(
    const struct http_head *head, const char *bytes, const char **why);

/* The same of a request that asks for no upgrade: 0, 400, 405 or 505. */
int handshake_check_plain(
    const struct http_head *head, const char *bytes, const char **why);

/*
 * The first subprotocol that the client offers and the count texts list, as
 * the client wrote it; an empty slice when there is none (RFC 6455, 4.2.2).
 */
struct slice handshake_subprotocol(const struct http_head *head,
    const char *bytes, char *const *listed, size_t count);

/*
 * What a server answers to a client's key of HANDSHAKE_KEY_LEN bytes (RFC 6455,
 * section 4.2.2), NUL-terminated.
 */
void handshake_accept(struct slice key, char out[HANDSHAKE_ACCEPT_LEN + 1]);

/*
 * Write the 101 answer to out (HANDSHAKE_RESPONSE_MAX bytes); returns its
 * length. The request has passed handshake_check. subprotocol may be empty;
 * window_bits is 0 unless permessage-deflate is agreed on.
 */
size_t handshake_response(const struct http_head *head, const char *bytes,
    struct slice subprotocol, unsigned window_bits, char *out);

/*
 * Write a refusal to out of size bytes: status line, the headers that belong
 * to it (Upgrade and Sec-WebSocket-Version for 426, Allow for 405, Retry-After
 * for 429 and 503), further ones as whole lines, Connection, which says close
 * (and Upgrade beside its header), and why as one line of plain text, cut at
 * 128 bytes. Returns the length; a size of HANDSHAKE_REFUSAL_MAX is enough
 * beside the further headers.
 */
size_t handshake_refusal(
    int status, struct slice headers, const char *why, char *out, size_t size);

/*
 * Write the answer to a health check, as a refusal is written: 200 when why is
 * NULL, else 503 with it. The answer to HEAD has no body.
 */
size_t handshake_health(
    const char *why, bool with_body, char *out, size_t size);

#endif
