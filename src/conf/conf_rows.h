/*
 * conf_rows: the table of every key, for those who read, print and document
 * struct conf by it.
 */
#ifndef CONF_CONF_ROWS_H
#define CONF_CONF_ROWS_H

#include "conf/schema.h"

/* The rows of the top level, on struct conf. */
const struct schema_row *conf_rows(void);

#endif
