/*
 * conf_sources: several Redis servers, each of which a conf_redis describes:
 * what goes beyond their rows.
 */
#ifndef CONF_CONF_SOURCES_H
#define CONF_CONF_SOURCES_H

#include <stddef.h>

struct conf;
struct mistakes;
struct node;

enum { CONF_SOURCES_MAX = 16 };

/* Complete item, a struct conf_redis whose rows are filled from n. */
void conf_sources_complete(void *item, struct node *n, struct mistakes *m);

/* What is wrong with all of them together, or beside other keys of root. */
void conf_sources_check(struct conf *c, struct node *root, struct mistakes *m);

/* The map with the key `redis` that conf_source(c, index) is read from. */
struct node *conf_sources_node(const struct conf *c, size_t index);

#endif
