/*
 * token: where in a request the token is.
 *
 * Sources, as the configuration names them:
 *   query.NAME            a parameter of the query, percent-decoded
 *   header.authorization  "Authorization: Bearer TOKEN" (RFC 6750)
 *   cookie.NAME           a cookie
 *   subprotocol           behind the subprotocol "roomcast.jwt"
 *
 * The last is for browsers, where a script that opens a WebSocket can choose
 * nothing but the URL and the subprotocols:
 *
 *   new WebSocket(url, ["chat.v1", "roomcast.jwt", token])
 *
 * The token comes right behind roomcast.jwt; base64url and dots make a valid
 * subprotocol name. A browser fails a connection in which it offered
 * subprotocols and the answer chose none, and a token must not be repeated in
 * an answer: so the answer is the first subprotocol that the route lists, and
 * roomcast.jwt where there is none (token_subprotocol).
 *
 * The first source that holds a token counts. One that holds two is refused,
 * even when they are equal: who put the other one there, and which of them a
 * proxy in front has looked at, nobody knows. Not so cookies: a browser sends
 * one of each path and domain that set it, and nobody can tell which is which;
 * any of them may be the good one.
 */
#ifndef PROTO_TOKEN_H
#define PROTO_TOKEN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/http.h"

#define TOKEN_SUBPROTOCOL "roomcast.jwt"

enum { TOKEN_TRIED = 4 }; /* cookies of one name, at most */

/* The tokens of the first source that has any, in the request's order. */
struct tokens {
	struct slice items[TOKEN_TRIED];
	size_t count;
};

enum token_result {
	TOKEN_FOUND,
	TOKEN_ABSENT,  /* in none of the sources; an empty one counts as none */
	TOKEN_REFUSED, /* ambiguous or broken */
};

/*
 * Find the tokens of a request in the count sources, in their order: one, or up
 * to TOKEN_TRIED in cookies. A token is a slice of bytes or of scratch, whose
 * content is replaced, and is not checked in any way. *why is a short text when
 * it is not found, for the body of the answer and the log. Any thread.
 */
enum token_result token_find(const struct http_head *head, const char *bytes,
    char *const *sources, size_t count, struct buf *scratch,
    struct tokens *found, const char **why) __attribute__((warn_unused_result));

/*
 * The subprotocol to answer where the route lists none of those offered:
 * roomcast.jwt when the client offers it, else an empty slice.
 */
struct slice token_subprotocol(const struct http_head *head, const char *bytes);

#endif
