/*
 * file: the whole of a small file, for keys and secrets.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Read a file of at most max bytes into out, which is empty. Returns 0, or a
 * negative errno with e filled: -EFBIG when it is larger. What has been read
 * lies in out alone, so that wiping it there leaves no copy. Boot and reload.
 */
int file_read(const char *path, size_t max, struct buf *out, struct err *e)
    __attribute__((warn_unused_result));

#endif
