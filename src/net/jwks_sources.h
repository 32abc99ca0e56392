/*
 * jwks_sources: those of all authenticators with a jwks_url. Main thread.
 */
#ifndef NET_JWKS_SOURCES_H
#define NET_JWKS_SOURCES_H

#include <stddef.h>

#include "base/buf.h"

struct auth_files;
struct conf;
struct event_base;
struct hub;
struct jwks_sources;
struct metrics;

/*
 * Begin to look for the keys of conf, for which files were read. By the hub
 * workers are told of each look, and tell that they want one. All but conf and
 * files is borrowed and outlives it. Aborts when memory is out.
 */
struct jwks_sources *jwks_sources_open(struct event_base *base,
    const struct conf *conf, const struct auth_files *files, struct hub *hub,
    struct metrics *m);
/* NULL is fine. */
void jwks_sources_close(struct jwks_sources *s);

/* Go by another configuration: those that are in it as well keep their keys. */
void jwks_sources_use_conf(struct jwks_sources *s, const struct conf *conf,
    const struct auth_files *files);

/* Append a line for each authenticator that has no keys yet. */
void jwks_sources_put_missing(const struct jwks_sources *s, struct buf *out);

/* How many descriptors they may hold at once. */
size_t jwks_sources_files_max(const struct conf *conf);

#endif
