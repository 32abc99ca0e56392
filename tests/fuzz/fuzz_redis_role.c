/*
 * fuzz_redis_role: whatever a server answers to ROLE, and then to INFO: it is
 * asked at most twice, and once more where it is in a cluster; only the word of
 * a master lets us in without a warning, and in slices or at once it comes to
 * the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_role.h"
#include "base/log.h"
#include "pieces.h"
#include "proto/resp_items.h"

enum { MAX_STRING = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct outcome {
	int rc;
	unsigned questions;
	bool is_warned;
};

static void ask(struct redis_role *r, struct outcome *o)
{
	struct slice question[REDIS_ROLE_WORDS];

	must(redis_role_ask(r, question) > 0);
	must(++o->questions <= (r->rule->cut_off_told ? 3 : 2));
}

/* The next item; false when there is none, or no more is wanted. */
static bool step(
    struct resp_items *items, struct redis_role *r, struct outcome *o)
{
	struct redis_failure why;
	struct resp_part part;
	struct err e;
	bool again;

	if (o->rc != 0 || resp_items_next(items, &part, &e) != 1)
		return false;
	o->rc = redis_role_take(r, &part, &again, &why);
	must(o->rc >= 0 || why.reason[0] != '\0');
	if (again) {
		must(o->rc == 1);
		o->rc = 0;
		ask(r, o);
	}
	return true;
}

static struct outcome answer(
    struct slice bytes, size_t size, bool is_in_cluster)
{
	struct pieces pieces = { bytes, size };
	unsigned cut_off_told = 0;
	struct redis_role_rule rule = {
		.cut_off_told = is_in_cluster ? &cut_off_told : NULL,
	};
	struct resp_items *items = resp_items_new(MAX_STRING);
	struct outcome o = { 0 };
	struct redis_role r;
	struct slice piece;

	redis_role_begin(&r, &rule);
	ask(&r, &o);
	while (pieces_next(&pieces, &piece)) {
		must(resp_items_feed(items, piece) == 0);
		while (step(items, &r, &o))
			continue;
	}
	o.is_warned = rule.is_warned || cut_off_told;
	must(o.rc != 1 || o.is_warned || strcmp(r.word, "master") == 0);
	must(o.rc != 1 || !is_in_cluster || o.is_warned ||
	     r.cut_off == REDIS_CUT_OFF_NO);
	resp_items_free(items);
	return o;
}

static void check(struct slice bytes, bool is_in_cluster)
{
	struct outcome whole = answer(bytes, bytes.len, is_in_cluster);
	struct outcome sliced = answer(bytes, 3, is_in_cluster);

	must(whole.rc == sliced.rc && whole.questions == sliced.questions &&
	     whole.is_warned == sliced.is_warned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice bytes = slice_of((const char *)data, size);

	log_set_level(LOG_REDIS, LOG_ERROR);
	if (size == 0)
		return 0;
	check(bytes, false);
	check(bytes, true);
	return 0;
}
