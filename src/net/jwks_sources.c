#include "net/jwks_sources.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "core/hub.h"
#include "core/metrics.h"
#include "net/auth_files.h"
#include "net/jwks.h"
#include "net/jwks_fetch.h"
#include "net/jwks_source.h"
#include "sys/resolve.h"

struct jwks_sources {
	struct event_base *base;
	struct hub *hub;
	struct metrics *metrics;
	struct jwks_source **items; /* owned, as the array */
	size_t count;
};

static void on_look(void *arg)
{
	struct jwks_sources *s = arg;

	hub_tell_keys(s->hub);
}

/* Workers want a look at one of them, or several. */
static void on_wanted(void *arg)
{
	struct jwks_sources *s = arg;

	for (size_t i = 0; i < s->count; i++)
		if (jwks_is_wanted(jwks_source_of(s->items[i])))
			jwks_source_look(s->items[i]);
}

/* Take the source of j out of the list; NULL: there is none. */
static struct jwks_source *take(
    struct jwks_source **items, size_t count, const struct jwks *j)
{
	for (size_t i = 0; i < count; i++) {
		struct jwks_source *found = items[i];

		if (!found || jwks_source_of(found) != j)
			continue;
		items[i] = NULL;
		return found;
	}
	return NULL;
}

static void free_all(struct jwks_source **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		jwks_source_free(items[i]);
	free(items);
}

/* Whoever waits for those that are left hears that nothing comes. */
void jwks_sources_use_conf(struct jwks_sources *s, const struct conf *conf,
    const struct auth_files *files)
{
	struct jwks_source **old = s->items;
	size_t old_count = s->count;

	s->items = xcalloc(conf->auth.count + 1, sizeof *s->items);
	s->count = 0;
	for (size_t i = 0; i < conf->auth.count; i++) {
		const struct conf_auth *auth = &conf->auth.items[i];
		struct jwks *j = auth_files_jwks(files, i);
		struct http_tls *tls = auth_files_tls(files, i);
		struct jwks_source *known = take(old, old_count, j);

		if (!j)
			continue;
		if (known)
			jwks_source_use(known, auth, tls);
		else
			known = jwks_source_new(
			    s->base, auth, j, tls, s->metrics, on_look, s);
		jwks_source_show(known, s->count);
		s->items[s->count++] = known;
	}
	metrics_cut_keys(s->metrics, s->count);
	free_all(old, old_count);
	on_look(s);
}

struct jwks_sources *jwks_sources_open(struct event_base *base,
    const struct conf *conf, const struct auth_files *files, struct hub *hub,
    struct metrics *m)
{
	struct jwks_sources *s = xcalloc(1, sizeof *s);

	s->base = base;
	s->hub = hub;
	s->metrics = m;
	hub_set_on_keys_wanted(hub, on_wanted, s);
	jwks_sources_use_conf(s, conf, files);
	return s;
}

void jwks_sources_close(struct jwks_sources *s)
{
	if (!s)
		return;
	hub_set_on_keys_wanted(s->hub, NULL, NULL);
	metrics_cut_keys(s->metrics, 0);
	free_all(s->items, s->count);
	free(s);
}

void jwks_sources_put_missing(const struct jwks_sources *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++)
		jwks_source_put_missing(s->items[i], out);
}

size_t jwks_sources_files_max(const struct conf *conf)
{
	size_t files = 0;

	for (size_t i = 0; i < conf->auth.count; i++)
		if (conf->auth.items[i].jwks_url)
			files += JWKS_FETCH_FILES + RESOLVE_FILES_MAX;
	return files;
}
