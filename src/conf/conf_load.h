/*
 * conf_load: from a file to a configuration, or to everything that is wrong
 * with it.
 */
#ifndef CONF_CONF_LOAD_H
#define CONF_CONF_LOAD_H

#include <stddef.h>

#include "base/buf.h"

struct conf;
struct node;

/*
 * Read and check a file. On success *out has one reference, the caller's, to be
 * given back by conf_unref (conf_ref.h). On failure returns -EINVAL (or another
 * negative errno when it cannot be read) and appends to errors every mistake
 * found, one line each, as "FILE:LINE:COLUMN: path.of.key: what is wrong".
 * Boot.
 */
int conf_load(const char *file, struct conf **out, struct buf *errors)
    __attribute__((warn_unused_result));

/*
 * As conf_load, from a document whose values are there (owned); name is what
 * mistakes begin with.
 */
int conf_of_document(const char *name, struct node *document, struct conf **out,
    struct buf *errors) __attribute__((warn_unused_result));

/* As conf_load, from len bytes in memory; name stands for the file. */
int conf_parse(const char *name, const char *text, size_t len,
    struct conf **out, struct buf *errors) __attribute__((warn_unused_result));

#endif
