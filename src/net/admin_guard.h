/*
 * admin_guard: who may ask the admin listener for more than its health. With
 * admin.token_file it is whoever sends that token. Without one it is everybody
 * who reaches the address, but no page in a browser: one of another site, or
 * of a name that somebody made lead here, is told from the operator by the
 * Host and the Origin that it cannot choose.
 */
#ifndef NET_ADMIN_GUARD_H
#define NET_ADMIN_GUARD_H

#include <stdbool.h>

struct admin_call;
struct conf;
struct http_head;

/*
 * Whether the request, of which bytes is the begin, may go on; else c is
 * refused with 401, 403 or, where the token cannot be read, 503. The file is
 * read at each request: a new token counts at once (net/admin_token). Main
 * thread.
 */
bool admin_guard_admits(struct admin_call *c, const struct conf *conf,
    const struct http_head *head, const char *bytes);

#endif
