/*
 * conf_notes: what is allowed but may not be meant. Looked for in a
 * configuration without mistakes, when somebody wants to read it.
 */
#ifndef CONF_CONF_NOTES_H
#define CONF_CONF_NOTES_H

#include "base/buf.h"

struct conf;

/*
 * Append what is allowed but may not be meant, one line each, as
 * "FILE:LINE:COLUMN: path.of.key: what should be known": a route that a
 * browser from any site may connect to, a secret that everybody can read. For
 * the log at start and --check-config.
 */
void conf_notes(const struct conf *c, struct buf *out);

#endif
