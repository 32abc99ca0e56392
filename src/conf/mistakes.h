/*
 * mistakes: everything that is wrong with one configuration file, gathered
 * while it is read and checked, printed once in the order of the file.
 */
#ifndef CONF_MISTAKES_H
#define CONF_MISTAKES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/log_levels.h"
#include "conf/node.h"

/* More than this help nobody; the rest is only counted. */
enum { MISTAKES_MAX = 100 };

/* Zero-initialised is empty. */
struct mistakes {
	struct mistake {
		size_t line, column;
		size_t order; /* as found, for mistakes at one place */
		char *text;   /* owned; one line, control characters escaped */
	} items[MISTAKES_MAX];
	size_t count; /* of all, kept or not */
};

void mistakes_fini(struct mistakes *m);

/* A mistake at a line and column that is no matter of one key: syntax. */
void mistakes_add(struct mistakes *m, size_t line, size_t column,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * A mistake at the value of n, or at its key; the text is put behind n's
 * path, and behind that of a value the variables that it came from. n is
 * marked, so that later checks leave it alone.
 */
void mistakes_at(struct mistakes *m, struct node *n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mistakes_at_key(struct mistakes *m, struct node *n, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* A required key that the map n does not have, or that was left out. */
void mistakes_missing(
    struct mistakes *m, const struct node *n, const char *key);

/* Append one line each, "FILE:LINE:COLUMN: path: text". */
void mistakes_print(struct mistakes *m, const char *file, struct buf *out);

/* Log the same lines as errors of this part of the gateway. */
void mistakes_log(
    struct mistakes *m, const char *file, enum log_component component);

#endif
