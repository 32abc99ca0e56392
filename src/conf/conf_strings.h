/*
 * conf_strings: a list of texts, as a row of texts fills it.
 */
#ifndef CONF_CONF_STRINGS_H
#define CONF_CONF_STRINGS_H

#include <stddef.h>

/* A list of texts from the file; all owned by the conf. */
struct conf_strings {
	char **items;
	size_t count;
};

#endif
