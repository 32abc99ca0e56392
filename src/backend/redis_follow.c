#include "backend/redis_follow.h"

#include "backend/redis_failure.h"
#include "backend/redis_find.h"
#include "backend/redis_redirect.h"
#include "base/address.h"
#include "base/err.h"

void redis_follow_init(
    struct redis_follow *f, struct redis_find *find, bool is_in_cluster)
{
	*f = (struct redis_follow){ .find = find,
		.is_in_cluster = is_in_cluster };
}

static struct redis_failure explain(const struct redis_redirect *r)
{
	char shown[ADDRESS_TEXT_MAX];
	struct err text;

	address_format(&r->to, shown);
	(void)err_set(&text, 0,
	    r->kind == REDIS_REDIRECT_MOVED ? "the key's slot is at %s by now"
					    : "the key is on its way to %s",
	    shown);
	return redis_failure_make(REDIS_FAILURE_MOVED, text.text);
}

enum redis_follow_way redis_follow_take(struct redis_follow *f,
    const char *command, struct slice error, struct redis_failure *why)
{
	struct redis_redirect r;

	*why = redis_failure_refused(command, slice_of(NULL, 0), error);
	if (!f->is_in_cluster)
		return REDIS_FOLLOW_NOWHERE;
	if (!redis_redirect_read(&r, error, redis_find_address(f->find)) ||
	    r.to.port == 0) {
		if (why->kind == REDIS_FAILURE_MOVED)
			why->remedy = "let each node announce its address, or "
				      "its host name";
		return REDIS_FOLLOW_NOWHERE;
	}
	if (++f->times > REDIS_FOLLOW_MAX) {
		f->times = 0;
		*why = redis_failure_make(REDIS_FAILURE_MOVED,
		    "the nodes send us round and round for the key's slot");
		return REDIS_FOLLOW_NOWHERE;
	}
	*why = explain(&r);
	f->to = r.to;
	return r.kind == REDIS_REDIRECT_MOVED ? REDIS_FOLLOW_MOVED
					      : REDIS_FOLLOW_ASK;
}

void redis_follow_go(struct redis_follow *f)
{
	redis_find_follow(f->find, &f->to);
}

void redis_follow_arrive(struct redis_follow *f)
{
	f->times = 0;
}
