/*
 * hooks: one worker's, for the authenticators of type http, each with its
 * share of the connections to the app.
 */
#ifndef NET_HOOKS_H
#define NET_HOOKS_H

#include <stddef.h>

#include "base/err.h"
#include "base/list.h"
#include "conf/conf.h"
#include "core/metrics.h"

struct auth_files;
struct event_base;
struct hook;
struct hooks;

/*
 * The hooks of one of so many workers, with the files of conf. NULL with e
 * filled on failure.
 */
struct hooks *hooks_new(struct event_base *base, const struct conf *conf,
    const struct auth_files *files, unsigned workers, struct metrics *metrics,
    struct err *e);
/* NULL is fine. */
void hooks_free(struct hooks *h);
/* As hook_retire for each of them; frees h itself. */
void hooks_retire(struct hooks *h, struct list *retired);

/* The hook of this authenticator, whose type is http. */
struct hook *hooks_find(const struct hooks *h, const struct conf_auth *auth);

/* How many descriptors the hooks of all workers may hold at once. */
size_t hooks_files_max(const struct conf *conf, unsigned workers);

#endif
