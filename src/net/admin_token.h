/*
 * admin_token: the token of admin.token_file, as it is at each request. The one
 * that was read last is kept: with no descriptor left but the one that a
 * request has come by, the file cannot be opened, and this is when an operator
 * has something to ask.
 */
#ifndef NET_ADMIN_TOKEN_H
#define NET_ADMIN_TOKEN_H

#include "base/err.h"

/* Zero-initialised is ready. */
struct admin_token {
	char *text; /* owned; NULL: none is known */
};

/*
 * Make t->text what file holds; or leave it where descriptors or memory have
 * run out. Returns 0, or a negative errno with e and no text. Main thread.
 */
int admin_token_read(struct admin_token *t, const char *file, struct err *e)
    __attribute__((warn_unused_result));

/* Overwrite it. */
void admin_token_fini(struct admin_token *t);

#endif
