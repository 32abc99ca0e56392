#include "net/jwks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/jwt_keys.h"

struct jwks {
	atomic_uint references;
	char *name, *url; /* owned */
	unsigned algorithms;
	pthread_mutex_t lock;  /* of what follows */
	struct jwt_keys *keys; /* a reference, or NULL */
	bool has_failed;       /* the last look */
	bool is_wanted;        /* a look, by a token */
	bool is_looking;
	bool is_asked;         /* what is under way was wanted */
	int64_t rest_until_ms; /* nothing is wanted before */
	bool is_retired;
};

struct jwks *jwks_new(const char *name, const char *url, unsigned algorithms)
{
	struct jwks *j = xcalloc(1, sizeof *j);

	atomic_init(&j->references, 1);
	(void)pthread_mutex_init(&j->lock, NULL);
	j->name = xstrdup(name);
	j->url = xstrdup(url);
	j->algorithms = algorithms;
	return j;
}

struct jwks *jwks_ref(struct jwks *j)
{
	(void)atomic_fetch_add(&j->references, 1);
	return j;
}

void jwks_unref(struct jwks *j)
{
	if (!j || atomic_fetch_sub(&j->references, 1) > 1)
		return;
	jwt_keys_unref(j->keys);
	(void)pthread_mutex_destroy(&j->lock);
	free(j->name);
	free(j->url);
	free(j);
}

bool jwks_is_for(const struct jwks *j, const char *name, const char *url,
    unsigned algorithms)
{
	return !strcmp(j->name, name) && !strcmp(j->url, url) &&
	       j->algorithms == algorithms;
}

unsigned jwks_algorithms(const struct jwks *j)
{
	return j->algorithms;
}

static void lock(struct jwks *j)
{
	(void)pthread_mutex_lock(&j->lock);
}

static void unlock(struct jwks *j)
{
	(void)pthread_mutex_unlock(&j->lock);
}

/* --- workers --- */

struct jwt_keys *jwks_keys(struct jwks *j)
{
	struct jwt_keys *keys = NULL;

	lock(j);
	if (j->keys)
		keys = jwt_keys_ref(j->keys);
	unlock(j);
	return keys;
}

/* The lock is held. */
static enum jwks_hope hope(struct jwks *j, int64_t now_ms)
{
	if (j->is_retired)
		return JWKS_UNKNOWN;
	if (j->is_wanted || j->is_looking)
		return JWKS_COMING;
	if (now_ms < j->rest_until_ms)
		return j->has_failed ? JWKS_UNKNOWN : JWKS_KNOWN;
	j->is_wanted = true;
	return JWKS_ASKED;
}

enum jwks_hope jwks_want(struct jwks *j, int64_t now_ms)
{
	enum jwks_hope found;

	lock(j);
	found = hope(j, now_ms);
	unlock(j);
	return found;
}

bool jwks_is_coming(struct jwks *j)
{
	bool is_coming;

	lock(j);
	is_coming = j->is_wanted || j->is_looking;
	unlock(j);
	return is_coming;
}

bool jwks_is_in_doubt(struct jwks *j)
{
	bool is_in_doubt;

	lock(j);
	is_in_doubt = j->has_failed || j->is_retired;
	unlock(j);
	return is_in_doubt;
}

/* --- the main thread --- */

bool jwks_is_wanted(struct jwks *j)
{
	bool is_wanted;

	lock(j);
	is_wanted = j->is_wanted;
	unlock(j);
	return is_wanted;
}

void jwks_begin(struct jwks *j)
{
	lock(j);
	j->is_asked = j->is_wanted;
	j->is_wanted = false;
	j->is_looking = true;
	unlock(j);
}

void jwks_end(struct jwks *j, struct jwt_keys *keys, int64_t now_ms)
{
	struct jwt_keys *old = NULL;

	lock(j);
	j->is_looking = false;
	j->has_failed = !keys;
	if (j->is_asked)
		j->rest_until_ms = now_ms + JWKS_PAUSE_MS;
	if (keys) {
		old = j->keys;
		j->keys = keys;
	}
	unlock(j);
	jwt_keys_unref(old);
}

void jwks_retire(struct jwks *j)
{
	lock(j);
	j->is_retired = true;
	j->is_wanted = j->is_looking = false;
	unlock(j);
}
