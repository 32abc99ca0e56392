/*
 * secret: a password from a file of its own, and files of keys, which only
 * have to be there: those who use them read them.
 */
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "base/err.h"

enum { SECRET_MAX = 4096, SECRET_FILE_MAX = 1 << 20 };

/*
 * Read the one line that file holds, as file_one_line does. Returns 0 with
 * *secret owned by the caller (free with secret_free), or a negative errno
 * with e, which begins with the file and never quotes what it holds.
 */
int secret_read(const char *file, char **secret, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Whether file can be read and holds something. Returns 0, or a negative
 * errno with e. A schema_row's check.
 */
int secret_check(const char *file, struct err *e)
    __attribute__((warn_unused_result));

/* Overwrite and free; NULL is fine. */
void secret_free(char *secret);

#endif
