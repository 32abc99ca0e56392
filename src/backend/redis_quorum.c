/* redis_quorum: see the header. */
#include "backend/redis_quorum.h"

#include "backend/redis_announced.h"
#include "proto/resp.h"

void redis_quorum_begin(struct redis_quorum *q, size_t count)
{
	q->count = count;
	for (size_t i = 0; i < count; i++)
		q->of[i].answer = REDIS_QUORUM_AWAITED;
	q->failure =
	    redis_failure_make(REDIS_FAILURE_TIMEOUT, "they were waited for");
}

void redis_quorum_leave(struct redis_quorum *q, const struct address *left)
{
	q->has_left = left != NULL;
	if (left)
		q->left = *left;
}

/* --- what one says --- */

void redis_quorum_fail(
    struct redis_quorum *q, size_t sentinel, const struct redis_failure *why)
{
	q->of[sentinel].answer = REDIS_QUORUM_FAILED;
	if (redis_failure_is_said(why) || !redis_failure_is_said(&q->failure))
		q->failure = *why;
}

static void fail_by(
    struct redis_quorum *q, size_t sentinel, struct redis_failure why)
{
	redis_quorum_fail(q, sentinel, &why);
}

static bool is_address(const struct resp_value *reply)
{
	return reply->is_array && reply->count == 2 &&
	       reply->items[0].type == RESP_STRING &&
	       reply->items[1].type == RESP_STRING;
}

static bool is_only(const struct resp_value *reply, enum resp_type type)
{
	return !reply->is_array && reply->count == 1 &&
	       reply->items[0].type == type;
}

void redis_quorum_take(
    struct redis_quorum *q, size_t sentinel, const struct resp_value *reply)
{
	if (is_only(reply, RESP_NIL))
		q->of[sentinel].answer = REDIS_QUORUM_UNKNOWN;
	else if (is_only(reply, RESP_ERROR))
		fail_by(q, sentinel,
		    redis_failure_refused(
			"SENTINEL", slice_of(NULL, 0), reply->items[0].text));
	else if (!is_address(reply))
		fail_by(q, sentinel, redis_failure_unasked());
	else if (redis_announced_address(&q->of[sentinel].address,
		     reply->items[0].text, reply->items[1].text))
		q->of[sentinel].answer = REDIS_QUORUM_ADDRESS;
	else
		fail_by(q, sentinel,
		    redis_failure_make(REDIS_FAILURE_RESOLVE,
			"it names an address where no server can be"));
}

/* --- what all say --- */

static size_t count_of(
    const struct redis_quorum *q, enum redis_quorum_answer answer)
{
	size_t count = 0;

	for (size_t i = 0; i < q->count; i++)
		count += q->of[i].answer == answer;
	return count;
}

/* How many have named this one; what has left has no weight. */
static size_t weight_of(const struct redis_quorum *q, const struct address *a)
{
	size_t count = 0;

	if (q->has_left && address_is_same(a, &q->left))
		return 0;
	for (size_t i = 0; i < q->count; i++)
		count += q->of[i].answer == REDIS_QUORUM_ADDRESS &&
			 address_is_same(&q->of[i].address, a);
	return count;
}

const struct address *redis_quorum_address(const struct redis_quorum *q)
{
	const struct address *best = NULL;
	size_t best_weight = 0;

	for (size_t i = 0; i < q->count; i++) {
		const struct address *a = &q->of[i].address;
		size_t weight;

		if (q->of[i].answer != REDIS_QUORUM_ADDRESS)
			continue;
		weight = weight_of(q, a);
		if (!best || weight > best_weight) {
			best = a;
			best_weight = weight;
		}
	}
	return best;
}

bool redis_quorum_is_of_most(const struct redis_quorum *q)
{
	const struct address *best = redis_quorum_address(q);

	return best && weight_of(q, best) > q->count / 2;
}

bool redis_quorum_is_decided(const struct redis_quorum *q)
{
	return count_of(q, REDIS_QUORUM_AWAITED) == 0 ||
	       redis_quorum_is_of_most(q);
}

void redis_quorum_explain(
    const struct redis_quorum *q, struct redis_failure *why)
{
	if (count_of(q, REDIS_QUORUM_UNKNOWN) > 0)
		*why = redis_failure_make(REDIS_FAILURE_RESOLVE,
		    "no sentinel knows a master of that name");
	else
		*why =
		    redis_failure_nowhere("no sentinel answers", &q->failure);
}
