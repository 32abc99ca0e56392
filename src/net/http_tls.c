#include "net/http_tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf_auth.h"
#include "conf/url.h"
#include "core/server_tls.h"
#include "sys/tls_refusal.h"

struct http_tls {
	atomic_uint references;
	struct tls_client *client; /* a reference */
	char *name;                /* owned; of whom its certificate must be */
	char *auth;                /* owned; for the log */
	struct buf url;            /* the same; its query is masked */
	enum log_component component;
	pthread_mutex_t lock; /* of said: a look at each new connection */
	struct err said;      /* what is wrong; "": nothing is */
};

/*
 * Whatever a hook's URL may be, that of keys may be as well. A name that is
 * NULL is that of the host.
 */
static int open_client(struct http_tls *t, const struct conf_auth *auth,
    const char *url, struct err *e)
{
	const struct tls_client_files files = server_tls_files(&auth->tls);
	struct url parts;

	if (url_parse_jwks(&parts, url, e) < 0)
		return -EINVAL;
	t->name = xstrdup(
	    auth->tls.server_name ? auth->tls.server_name : parts.address.host);
	return tls_client_new(&t->client, &files, t->name, e);
}

struct http_tls *http_tls_new(const struct conf_auth *auth, const char *url,
    enum log_component component, struct err *e)
{
	struct http_tls *t = xcalloc(1, sizeof *t);

	atomic_init(&t->references, 1);
	(void)pthread_mutex_init(&t->lock, NULL);
	t->component = component;
	t->auth = xstrdup(auth->name);
	url_print_without_query(url, &t->url);
	if (open_client(t, auth, url, e) == 0)
		return t;
	http_tls_unref(t);
	return NULL;
}

struct http_tls *http_tls_ref(struct http_tls *t)
{
	if (t)
		(void)atomic_fetch_add(&t->references, 1);
	return t;
}

void http_tls_unref(struct http_tls *t)
{
	if (!t || atomic_fetch_sub(&t->references, 1) > 1)
		return;
	tls_client_unref(t->client);
	(void)pthread_mutex_destroy(&t->lock);
	free(t->name);
	free(t->auth);
	buf_fini(&t->url);
	free(t);
}

struct tls_client *http_tls_client(const struct http_tls *t)
{
	return t ? t->client : NULL;
}

/* Whether this is not what was said last. */
static bool note(struct http_tls *t, const char *text)
{
	bool is_news;

	(void)pthread_mutex_lock(&t->lock);
	is_news = strcmp(t->said.text, text) != 0;
	if (is_news)
		(void)err_set(&t->said, 0, "%s", text);
	(void)pthread_mutex_unlock(&t->lock);
	return is_news;
}

void http_tls_failed(struct http_tls *t, const struct tls *s)
{
	enum tls_refusal why;
	struct err e;

	if (!t || !s)
		return;
	why = tls_refusal_of(s);
	tls_refusal_explain(s, why, t->name, &e);
	if (note(t, e.text))
		log_error(t->component, "no TLS with the server",
		    kv_str("auth", t->auth),
		    kv_slice("url", buf_slice(&t->url)),
		    kv_str("reason", e.text),
		    kv_str("remedy", tls_refusal_remedy(why)));
}

void http_tls_came_up(struct http_tls *t)
{
	if (t && note(t, ""))
		log_info(t->component, "TLS with the server is up again",
		    kv_str("auth", t->auth),
		    kv_slice("url", buf_slice(&t->url)));
}
