#include "net/hooks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/auth_files.h"
#include "net/hook.h"
#include "sys/resolve.h"

struct hooks {
	size_t count;
	/* Owned, by conf_auth.index; NULL: not of type http. */
	struct hook *items[];
};

struct hooks *hooks_new(struct event_base *base, const struct conf *conf,
    const struct auth_files *files, unsigned workers, struct metrics *metrics,
    struct err *e)
{
	size_t count = conf->auth.count;
	struct hooks *h = xcalloc(1, sizeof *h + count * sizeof h->items[0]);

	h->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct conf_auth *auth = &conf->auth.items[i];
		unsigned share = (auth->max_parallel + workers - 1) / workers;

		if (auth->type != CONF_AUTH_HTTP)
			continue;
		h->items[i] = hook_new(
		    base, auth, auth_files_tls(files, i), share, metrics, e);
		if (!h->items[i]) {
			hooks_free(h);
			return NULL;
		}
	}
	return h;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++)
		hook_free(h->items[i]);
	free(h);
}

void hooks_retire(struct hooks *h, struct list *retired)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->items[i])
			hook_retire(h->items[i], retired);
	free(h);
}

struct hook *hooks_find(const struct hooks *h, const struct conf_auth *auth)
{
	return h->items[auth->index];
}

/* A worker's share of the connections to apps is rounded up. */
size_t hooks_files_max(const struct conf *conf, unsigned workers)
{
	size_t files = 0;

	for (size_t i = 0; i < conf->auth.count; i++)
		if (conf->auth.items[i].type == CONF_AUTH_HTTP)
			files += conf->auth.items[i].max_parallel +
				 workers * (1 + RESOLVE_FILES_MAX);
	return files;
}
