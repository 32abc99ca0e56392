/*
 * file: the whole of a small file: a configuration, keys, secrets.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Read a file of at most max bytes into out, which is empty. Returns 0, or a
 * negative errno with e filled: -EFBIG when it is larger. What has been read
 * lies in out alone, so that buf_wipe leaves no copy. A pipe that nobody writes
 * to is an empty file: no gateway hangs at it. Boot and reload.
 */
int file_read(const char *path, size_t max, struct buf *out, struct err *e)
    __attribute__((warn_unused_result));

/*
 * As file_read, but a pipe is waited for: what is named on the command line may
 * be /dev/stdin. Boot.
 */
int file_read_pipe(const char *path, size_t max, struct buf *out, struct err *e)
    __attribute__((warn_unused_result));

/*
 * The secret in a file that is to hold one: *line is a part of text, which may
 * have a byte order mark in front and a line end (LF or CR LF) behind it, as
 * editors put them there unseen. With e, which quotes nothing, -ENODATA when
 * the line is empty, -EINVAL when there are several or a NUL byte is in it.
 */
int file_one_line(struct slice text, struct slice *line, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Let *text begin behind a byte order mark of UTF-8, if there is one. 0, or
 * -EINVAL with e, and *text as it was: it is in UTF-16.
 */
int file_pass_mark(struct slice *text, struct err *e)
    __attribute__((warn_unused_result));

#endif
