#include "net/authenticators.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "net/auth_keys.h"
#include "net/identity.h"
#include "proto/jwt.h"
#include "proto/names.h"
#include "proto/token.h"

struct authenticators {
	pthread_mutex_t lock;
	struct auth_keys *current; /* under lock; one reference */
};

struct authenticators *authenticators_new(
    const struct conf *conf, struct mistakes *problems)
{
	struct auth_keys *keys = auth_keys_read(conf, problems);
	struct authenticators *a;

	if (!keys)
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->current = keys;
	(void)pthread_mutex_init(&a->lock, NULL);
	return a;
}

void authenticators_free(struct authenticators *a)
{
	if (!a)
		return;
	auth_keys_unref(a->current);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

void authenticators_use(struct authenticators *a, struct auth_keys **fresh)
{
	struct auth_keys *old;

	(void)pthread_mutex_lock(&a->lock);
	old = a->current;
	a->current = *fresh;
	(void)pthread_mutex_unlock(&a->lock);
	*fresh = NULL;
	auth_keys_unref(old);
}

/* The keys of this moment, with a reference. */
static struct auth_keys *take_keys(struct authenticators *a)
{
	struct auth_keys *k;

	(void)pthread_mutex_lock(&a->lock);
	k = auth_keys_ref(a->current);
	(void)pthread_mutex_unlock(&a->lock);
	return k;
}

static int take_user(void *arg, struct slice text)
{
	struct identity *id = arg;

	if (id->user || !user_name_is_valid(text))
		return -EINVAL;
	id->user = xstrndup(text.ptr, text.len);
	return 0;
}

/* The claim that says who it is may be missing, but not be nonsense. */
static enum refused find_user(struct identity *id, const struct conf_auth *auth)
{
	int status =
	    identity_claim(id, slice_str(auth->user_claim), take_user, id);

	if (status == -ENOENT || (status == 0 && id->user))
		return REFUSED_NOT;
	log_debug("auth", "a claim is not a name",
	    kv_str("claim", auth->user_claim), kv_str("auth", auth->name));
	return REFUSED_TOKEN_USER;
}

static struct verdict check_token(const struct jwt_policy *policy,
    const struct conf_auth *auth, struct slice token, struct identity *id)
{
	enum jwt_verdict verdict = jwt_verify(
	    policy, token, clock_wall_ms() / 1000, &id->claims, &id->expires_s);

	if (verdict == JWT_OK)
		return verdict_of(find_user(id, auth));
	return (struct verdict){ REFUSED_TOKEN, jwt_verdict_text(verdict) };
}

/* The first good one counts; what is wrong is said of the first of all. */
static struct verdict check_tokens(const struct jwt_keys *keys,
    const struct conf_auth *auth, const struct tokens *found,
    struct identity *id)
{
	const struct jwt_policy policy = {
		.keys = keys,
		.issuer = auth->issuer,
		.audience = auth->audience,
		.leeway_s = (auth->leeway_ms + 999) / 1000,
	};
	struct verdict first = { REFUSED_TOKEN, NULL };

	for (size_t i = 0; i < found->count; i++) {
		struct verdict v =
		    check_token(&policy, auth, found->items[i], id);

		if (v.why == REFUSED_NOT)
			return v;
		if (i == 0)
			first = v;
		identity_fini(id);
	}
	return first;
}

struct verdict authenticators_check_token(struct authenticators *a,
    const struct conf_auth *auth, const struct http_head *head,
    const char *bytes, struct identity *id)
{
	struct auth_keys *keys = take_keys(a);
	struct buf scratch = { 0 };
	struct verdict v = { REFUSED_TOKEN, NULL };
	struct tokens found;

	switch (token_find(head, bytes, auth->token.items, auth->token.count,
	    &scratch, &found, &v.detail)) {
	case TOKEN_FOUND:
		v = check_tokens(
		    auth_keys_of(keys, auth->index), auth, &found, id);
		break;
	case TOKEN_ABSENT:
		v = verdict_of(REFUSED_NO_TOKEN);
		break;
	case TOKEN_REFUSED:
		break;
	}
	auth_keys_unref(keys);
	buf_fini(&scratch);
	return v;
}
