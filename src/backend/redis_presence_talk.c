/* redis_presence_talk: see the header. */
#include "backend/redis_presence_talk.h"

#include <errno.h>
#include <string.h>

#include "backend/redis_link.h"
#include "backend/redis_presence_words.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/metrics.h"
#include "core/seats.h"
#include "proto/resp_items.h"

enum {
	PAGE_MAX = 256, /* seats: some milliseconds of this thread */
	BEATS = 3,      /* in the time of a lease */
};

void presence_talk_begin(struct presence_talk *t)
{
	t->ask = PRESENCE_ASK_NOTHING;
	t->loaded = 0;
	t->beat_ms = 0;
	t->dead[0] = '\0';
	t->is_fresh = true;
}

void presence_talk_end(struct presence_talk *t)
{
	seats_return_sent(t->seats);
	t->ask = PRESENCE_ASK_NOTHING;
	t->is_leaving = false; /* others will sweep us */
}

/* --- questions --- */

static int send_one(
    struct presence_talk *t, const struct redis_presence_command *c)
{
	t->left = 1;
	return redis_link_send(t->link, c->arguments, c->count);
}

static int send_load(struct presence_talk *t)
{
	struct redis_presence_command c;

	redis_presence_load((enum redis_presence_script)t->loaded, &c);
	return send_one(t, &c);
}

static int send_beat(struct presence_talk *t)
{
	struct redis_presence_command c;

	t->beat_ms = clock_ms();
	t->wants_beat = false;
	redis_presence_beat(t->words, &c);
	return send_one(t, &c);
}

static int send_page(struct presence_talk *t)
{
	struct redis_presence_command c;
	struct seat *seat;

	t->left = 0;
	while (t->left < PAGE_MAX && (seat = seats_send(t->seats))) {
		t->left++;
		redis_presence_write(t->words, seat, &c);
		if (redis_link_put(t->link, c.arguments, c.count) < 0)
			return -ENOMEM;
	}
	return redis_link_flush(t->link);
}

static int send_sweep(struct presence_talk *t)
{
	struct redis_presence_command c;

	redis_presence_sweep(t->words, t->dead, &c);
	return send_one(t, &c);
}

static int send_leave(struct presence_talk *t)
{
	struct redis_presence_command c;

	redis_presence_sweep(t->words, NULL, &c);
	return send_one(t, &c);
}

static int send_scan(struct presence_talk *t)
{
	struct redis_presence_command c;

	redis_presence_scan(t->words, t->cursor, &c);
	return send_one(t, &c);
}

static bool is_beat_due(const struct presence_talk *t)
{
	return t->wants_beat || t->beat_ms == 0 ||
	       clock_ms() - t->beat_ms >= t->lease_ms / BEATS;
}

/* A sweep and a page take turns. */
static enum presence_ask choose(const struct presence_talk *t)
{
	bool has_seats = seats_have_changed(t->seats);

	if (t->loaded < PRESENCE_SCRIPTS)
		return PRESENCE_ASK_LOAD;
	if (t->is_leaving)
		return PRESENCE_ASK_LEAVE;
	if (is_beat_due(t))
		return PRESENCE_ASK_BEAT;
	if (t->dead[0] && !(has_seats && t->last == PRESENCE_ASK_SWEEP))
		return PRESENCE_ASK_SWEEP;
	if (has_seats)
		return PRESENCE_ASK_WRITE;
	return t->is_scanning ? PRESENCE_ASK_SCAN : PRESENCE_ASK_NOTHING;
}

int presence_talk_next(struct presence_talk *t)
{
	static int (*const fns[])(struct presence_talk * t) = {
		[PRESENCE_ASK_LOAD] = send_load,
		[PRESENCE_ASK_BEAT] = send_beat,
		[PRESENCE_ASK_WRITE] = send_page,
		[PRESENCE_ASK_SWEEP] = send_sweep,
		[PRESENCE_ASK_SCAN] = send_scan,
		[PRESENCE_ASK_LEAVE] = send_leave,
	};

	t->ask = choose(t);
	t->answer = (struct redis_presence_answer){ .at = 0 };
	return t->ask == PRESENCE_ASK_NOTHING ? 0 : fns[t->ask](t);
}

int64_t presence_talk_rest_ms(const struct presence_talk *t)
{
	return t->beat_ms + t->lease_ms / BEATS - clock_ms();
}

const char *presence_talk_command(const struct presence_talk *t)
{
	switch (t->ask) {
	case PRESENCE_ASK_LOAD:
		return "SCRIPT LOAD";
	case PRESENCE_ASK_SCAN:
		return "SSCAN";
	default:
		return "EVALSHA";
	}
}

/* --- answers: 1, all of it has come; as presence_talk_take --- */

static int take_sha(struct presence_talk *t, const struct resp_part *part)
{
	enum redis_presence_script script =
	    (enum redis_presence_script)t->loaded;

	if (part->type != RESP_STRING ||
	    !redis_presence_loaded(t->words, script, part->text))
		return -EPROTO;
	t->loaded++;
	return 1;
}

/* All that is written of us may be wrong. */
static void begin_anew(struct presence_talk *t)
{
	if (!t->is_fresh) {
		log_warn(LOG_REDIS,
		    "the lease was over: presence is written anew",
		    kv_int("lease_ms", t->lease_ms));
		metrics_inc(t->metrics, METRIC_PRESENCE_REWRITES);
	}
	t->is_fresh = false;
	t->calm_until_ms = clock_ms() + t->lease_ms;
	t->dead[0] = '\0';
	t->is_scanning = true;
	memcpy(t->cursor, "0", sizeof "0");
	seats_return_all(t->seats);
}

static int take_beat(struct presence_talk *t, const struct resp_part *part)
{
	int rc = redis_presence_take_beat(&t->answer, part);

	if (rc != 1)
		return rc;
	if (t->is_fresh || t->answer.lease != LEASE_HELD)
		begin_anew(t);
	if (clock_ms() >= t->calm_until_ms)
		memcpy(t->dead, t->answer.dead, sizeof t->dead);
	return 1;
}

/* Without a lease it is to be written again, behind the beat. */
static int take_written(struct presence_talk *t, const struct resp_part *part)
{
	struct seat *seat = seats_sent(t->seats);

	if (part->type != RESP_INTEGER)
		return -EPROTO;
	if (part->number == 1) {
		seats_arrive(t->seats, seat);
		metrics_inc(t->metrics, METRIC_PRESENCE_WRITES);
		return 1;
	}
	t->wants_beat = true;
	seats_return(t->seats, seat);
	return 1;
}

/* When one is swept the next beat may name another. */
static int take_swept(struct presence_talk *t, const struct resp_part *part)
{
	if (part->type != RESP_INTEGER)
		return -EPROTO;
	metrics_inc(t->metrics, METRIC_PRESENCE_SWEEPS);
	if (part->number == 1)
		return 1;
	log_info(LOG_REDIS, "presence: an instance that is gone was swept",
	    kv_text("instance", slice_str(t->dead)));
	t->dead[0] = '\0';
	t->wants_beat = true;
	return 1;
}

static int take_left(struct presence_talk *t, const struct resp_part *part)
{
	if (part->type != RESP_INTEGER)
		return -EPROTO;
	t->is_leaving = part->number == 1;
	return 1;
}

static int take_scan(struct presence_talk *t, const struct resp_part *part)
{
	int rc =
	    redis_presence_take_scan(&t->answer, part, t->seats, t->hash_key);

	if (rc != 1)
		return rc;
	memcpy(t->cursor, t->answer.cursor, sizeof t->cursor);
	t->is_scanning = !redis_presence_has_scanned(&t->answer);
	return 1;
}

/* The server was told to forget them, or is another one behind a proxy. */
static void take_no_script(struct presence_talk *t)
{
	t->loaded = 0;
	if (t->ask == PRESENCE_ASK_WRITE)
		seats_return(t->seats, seats_sent(t->seats));
	if (t->ask == PRESENCE_ASK_BEAT)
		t->wants_beat = true;
}

static int take(struct presence_talk *t, const struct resp_part *part)
{
	static int (*const fns[])(
	    struct presence_talk * t, const struct resp_part *part) = {
		[PRESENCE_ASK_LOAD] = take_sha,
		[PRESENCE_ASK_BEAT] = take_beat,
		[PRESENCE_ASK_WRITE] = take_written,
		[PRESENCE_ASK_SWEEP] = take_swept,
		[PRESENCE_ASK_SCAN] = take_scan,
		[PRESENCE_ASK_LEAVE] = take_left,
	};

	if (part->type != RESP_ERROR)
		return fns[t->ask](t, part);
	if (!slice_starts_with(part->text, slice_str("NOSCRIPT")))
		return -EREMOTEIO;
	take_no_script(t);
	return 1;
}

int presence_talk_take(struct presence_talk *t, const struct resp_part *part)
{
	int rc = take(t, part);

	if (rc != 1)
		return rc;
	if (--t->left > 0)
		return 0;
	t->last = t->ask;
	t->ask = PRESENCE_ASK_NOTHING;
	return 1;
}
