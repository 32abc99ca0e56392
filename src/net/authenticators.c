#include "net/authenticators.h"

#include <errno.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "net/identity.h"
#include "proto/jwt.h"
#include "proto/names.h"
#include "proto/token.h"

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
	log_debug(LOG_AUTH, "a claim is not a name",
	    kv_str("claim", auth->user_claim), kv_str("auth", auth->name));
	return REFUSED_TOKEN_USER;
}

static struct verdict check_token(const struct jwt_policy *policy,
    const struct conf_auth *auth, struct slice token, struct identity *id)
{
	enum jwt_verdict verdict = jwt_verify(
	    policy, token, clock_wall_ms() / 1000, &id->claims, &id->expires_s);
	enum refused why = REFUSED_TOKEN;

	if (verdict == JWT_OK || verdict == JWT_EXPIRED)
		why = find_user(id, auth);
	if (verdict == JWT_OK)
		return (struct verdict){ .why = why, .user = id->user };
	return (struct verdict){ .why = REFUSED_TOKEN,
		.detail = jwt_verdict_text(verdict),
		.user = id->user,
		.lacks_key = verdict == JWT_KEY };
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
	struct verdict first = { .why = REFUSED_TOKEN };
	bool lacks_key = false;

	for (size_t i = 0; i < found->count; i++) {
		struct verdict v =
		    check_token(&policy, auth, found->items[i], id);

		if (v.why == REFUSED_NOT)
			return v;
		lacks_key |= v.lacks_key;
		if (i == 0)
			first = v;
		if (found->count > 1) {
			identity_fini(id);
			first.user = NULL;
		}
	}
	first.lacks_key = lacks_key;
	return first;
}

struct verdict authenticators_check_token(const struct jwt_keys *keys,
    const struct conf_auth *auth, const struct http_head *head,
    const char *bytes, struct identity *id)
{
	struct buf scratch = { 0 };
	struct verdict v = { .why = REFUSED_TOKEN };
	struct tokens found;

	switch (token_find(head, bytes, auth->token.items, auth->token.count,
	    &scratch, &found, &v.detail)) {
	case TOKEN_FOUND:
		v = check_tokens(keys, auth, &found, id);
		break;
	case TOKEN_ABSENT:
		v = verdict_of(REFUSED_NO_TOKEN);
		break;
	case TOKEN_REFUSED:
		break;
	}
	buf_fini(&scratch);
	return v;
}
