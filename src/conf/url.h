/*
 * url: is this the URL of a Redis, and does it hold a password; is it that of
 * a hook. Spelling only; those who connect take it apart.
 */
#ifndef CONF_URL_H
#define CONF_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Accept redis://[[user]:password@]host[:port][/db] and unix:///path.
 * Returns 0, or -EINVAL with e, which never quotes the URL.
 */
int url_check(const char *url, struct err *e)
    __attribute__((warn_unused_result));

/* As url_check for http://host[:port]/path. A schema_row's check. */
int url_check_http(const char *url, struct err *e)
    __attribute__((warn_unused_result));

bool url_has_password(const char *url);

/* Append the URL with *** for the password, if it has one. */
void url_print_masked(const char *url, struct buf *out);

#endif
