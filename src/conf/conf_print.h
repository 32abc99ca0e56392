/*
 * conf_print: the configuration as text: what is in effect, and what there is
 * to choose from.
 */
#ifndef CONF_CONF_PRINT_H
#define CONF_CONF_PRINT_H

#include "base/buf.h"

struct conf;

/* Append the effective values as YAML that conf_parse reads; secrets masked. */
void conf_dump(const struct conf *c, struct buf *out);

/* Append the same values as one JSON object. */
void conf_dump_json(const struct conf *c, struct buf *out);

/* Append the reference of all keys as Markdown (docs/configuration.md). */
void conf_reference(struct buf *out);

#endif
