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
	PAGE_MAX = 256,    /* seats: some milliseconds of this thread */
	TEXTS_MAX = 16,    /* the same, where each brings the script along */
	BEATS = 3,         /* in the time of a lease */
	FORGOTTEN_MAX = 4, /* times; then scripts are sent as texts, always */
	REFUSED_MIN_MS = 250,
	REFUSED_MAX_MS = 60000,
	LACKING_MS = 250, /* between beats, without a lease to write by */
};

void presence_talk_begin(struct presence_talk *t)
{
	t->ask = PRESENCE_ASK_NOTHING;
	t->forgotten = 0;
	for (int i = 0; i < PRESENCE_SCRIPTS; i++)
		redis_presence_set_known(t->words, i, false);
	t->refused_ms = REFUSED_MIN_MS;
	t->beat_ms = 0;
	t->lacks_lease = false;
	t->dead[0] = '\0';
	t->pace = (struct redis_presence_pace){ 0 };
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

static int send_beat(struct presence_talk *t)
{
	struct redis_presence_command c;

	t->beat_ms = clock_ms();
	t->wants_beat = t->lacks_lease = false;
	redis_presence_beat(t->words, t->has_had_lease, &c);
	t->had_lease = t->has_had_lease;
	t->has_had_lease = true;
	return send_one(t, &c);
}

static int send_page(struct presence_talk *t)
{
	unsigned most = redis_presence_is_known(t->words, PRESENCE_ROOM)
			    ? PAGE_MAX
			    : TEXTS_MAX;
	struct redis_presence_command c;
	struct seat *seat;

	t->left = 0;
	while (t->left < most && (seat = seats_send(t->seats))) {
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

	redis_presence_leave_all(t->words, t->owes_events, &c);
	return send_one(t, &c);
}

static int send_scan(struct presence_talk *t)
{
	struct redis_presence_command c;

	redis_presence_scan(t->words, t->cursor, &c);
	return send_one(t, &c);
}

/*
 * A write that finds no lease asks for a beat soon, not at once: what the
 * beat finds may be otherwise, each time.
 */
static int64_t beat_due_ms(const struct presence_talk *t)
{
	int64_t beat_ms = t->lease_ms / BEATS;

	if (t->lacks_lease && beat_ms > LACKING_MS)
		beat_ms = LACKING_MS;
	return t->beat_ms + beat_ms;
}

static bool is_beat_due(const struct presence_talk *t)
{
	return t->wants_beat || t->beat_ms == 0 || clock_ms() >= beat_due_ms(t);
}

/* What an answer has asked for. A sweep and a page take turns. */
static enum presence_ask choose_more(
    const struct presence_talk *t, bool has_seats)
{
	if (t->dead[0] && !(has_seats && t->last == PRESENCE_ASK_SWEEP))
		return PRESENCE_ASK_SWEEP;
	return t->is_scanning && !has_seats ? PRESENCE_ASK_SCAN
					    : PRESENCE_ASK_NOTHING;
}

static enum presence_ask choose(const struct presence_talk *t)
{
	bool has_seats = seats_have_changed(t->seats);
	enum presence_ask more = choose_more(t, has_seats);

	if (t->is_leaving)
		return PRESENCE_ASK_LEAVE;
	if (is_beat_due(t))
		return PRESENCE_ASK_BEAT;
	if (t->lacks_lease)
		return PRESENCE_ASK_NOTHING;
	if (more && redis_presence_pace_rest_ms(&t->pace, clock_ms()) == 0)
		return more;
	return has_seats ? PRESENCE_ASK_WRITE : PRESENCE_ASK_NOTHING;
}

/* The script that is under way; PRESENCE_SCRIPTS: none. */
static enum redis_presence_script script_of(const struct presence_talk *t)
{
	switch (t->ask) {
	case PRESENCE_ASK_BEAT:
		return PRESENCE_BEAT;
	case PRESENCE_ASK_WRITE:
		return PRESENCE_ROOM;
	case PRESENCE_ASK_SWEEP:
	case PRESENCE_ASK_LEAVE:
		return PRESENCE_SWEEP;
	case PRESENCE_ASK_SCAN:
	case PRESENCE_ASK_NOTHING:
		break;
	}
	return PRESENCE_SCRIPTS;
}

/* Those that the server has refused, once they have rested. */
static void return_refused(struct presence_talk *t)
{
	if (seats_are_refused(t->seats) && clock_ms() >= t->refused_until_ms)
		seats_return_refused(t->seats);
}

int presence_talk_next(struct presence_talk *t)
{
	static int (*const fns[])(struct presence_talk * t) = {
		[PRESENCE_ASK_BEAT] = send_beat,
		[PRESENCE_ASK_WRITE] = send_page,
		[PRESENCE_ASK_SWEEP] = send_sweep,
		[PRESENCE_ASK_SCAN] = send_scan,
		[PRESENCE_ASK_LEAVE] = send_leave,
	};

	return_refused(t);
	t->ask = choose(t);
	t->is_by_name = script_of(t) != PRESENCE_SCRIPTS &&
			redis_presence_is_known(t->words, script_of(t));
	t->answer = (struct redis_presence_answer){ .at = 0 };
	return t->ask == PRESENCE_ASK_NOTHING ? 0 : fns[t->ask](t);
}

static bool wants_more(const struct presence_talk *t)
{
	return t->dead[0] || t->is_scanning;
}

int64_t presence_talk_rest_ms(const struct presence_talk *t)
{
	int64_t due_ms = beat_due_ms(t);

	if (seats_are_refused(t->seats) && t->refused_until_ms < due_ms)
		due_ms = t->refused_until_ms;
	if (wants_more(t) && !t->lacks_lease && t->pace.until_ms < due_ms)
		due_ms = t->pace.until_ms;
	return due_ms - clock_ms();
}

const char *presence_talk_command(const struct presence_talk *t)
{
	if (t->ask == PRESENCE_ASK_SCAN)
		return "SSCAN";
	return t->is_by_name ? "EVALSHA" : "EVAL";
}

/* --- answers: 1, all of it has come; as presence_talk_take --- */

/* A sweep, or a page of a scan, of so many seats at most, is answered. */
static void pace(struct presence_talk *t, uint64_t seats)
{
	if (redis_presence_pace_take(&t->pace, seats, clock_ms()))
		log_warn(LOG_REDIS,
		    "presence: the server asks for more and more",
		    kv_str("command", presence_talk_command(t)),
		    kv_int("for_ms", PRESENCE_TELL_MS));
	if (!wants_more(t))
		redis_presence_pace_end(&t->pace);
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
	t->calm_until_ms = clock_ms() + t->calm_ms;
	t->dead[0] = '\0';
	t->is_scanning = true;
	memcpy(t->cursor, "0", sizeof "0");
	seats_return_all(t->seats);
}

/*
 * All may have been told that the instance is gone, and nothing of it is with
 * the server: so it is another one from now on.
 */
static void begin_as_another(struct presence_talk *t)
{
	t->rename(t->arg);
	redis_presence_rename(t->words);
	t->has_had_lease = t->has_lease = false;
	t->wants_beat = true;
}

static int take_beat(struct presence_talk *t, const struct resp_part *part)
{
	int rc = redis_presence_take_beat(&t->answer, part);

	if (rc != 1)
		return rc;
	if (t->had_lease && t->answer.lease == LEASE_GONE) {
		begin_as_another(t);
		return 1;
	}
	t->has_lease = true;
	if (t->is_fresh || t->answer.lease != LEASE_HELD)
		begin_anew(t);
	if (clock_ms() >= t->calm_until_ms)
		memcpy(t->dead, t->answer.dead, sizeof t->dead);
	return 1;
}

/* Each time that none of those who wait was taken they wait for longer. */
static void put_aside(struct presence_talk *t, struct seat *seat)
{
	metrics_inc(t->metrics, METRIC_PRESENCE_REFUSED);
	if (!seat->was_refused)
		log_warn(LOG_REDIS,
		    "presence: a key of it holds something else",
		    kv_text("key", redis_presence_key(t->words, seat)),
		    kv_str("remedy", "delete that key: it is written again"));
	if (!seats_are_refused(t->seats)) {
		t->refused_until_ms = clock_ms() + t->refused_ms;
		t->refused_ms = t->refused_ms < REFUSED_MAX_MS / 2
				    ? 2 * t->refused_ms
				    : REFUSED_MAX_MS;
	}
	seats_refuse(t->seats, seat);
}

static void note_written(struct presence_talk *t, struct seat *seat)
{
	if (seat->was_refused)
		t->refused_ms = REFUSED_MIN_MS;
	seats_arrive(t->seats, seat);
	metrics_inc(t->metrics, METRIC_PRESENCE_WRITES);
}

/*
 * Without a lease it is to be written again, behind the beat. That nobody is
 * there can be written whoever has the key, so none that was only learnt of
 * stands aside: each of these goes before a scan can find the next.
 */
static int take_written(struct presence_talk *t, const struct resp_part *part)
{
	struct seat *seat = seats_sent(t->seats);

	if (part->type != RESP_INTEGER)
		return -EPROTO;
	if (part->number == PRESENCE_WRITTEN) {
		note_written(t, seat);
	} else if (part->number == PRESENCE_OTHERS_KEY && seat->taken > 0) {
		put_aside(t, seat);
	} else if (part->number == PRESENCE_NO_LEASE) {
		t->lacks_lease = true;
		seats_return(t->seats, seat);
	} else {
		return -EPROTO;
	}
	return 1;
}

/*
 * When one is swept the next beat may name another. Where others were sooner
 * they go on, and this one asks at its next beat.
 */
static void end_sweep(struct presence_talk *t, int64_t swept)
{
	if (swept == PRESENCE_SWEPT_LAST) {
		log_info(LOG_REDIS,
		    "presence: an instance that is gone was swept",
		    kv_text("instance", slice_str(t->dead)));
		t->wants_beat = true;
	}
	t->dead[0] = '\0';
}

static int take_swept(struct presence_talk *t, const struct resp_part *part)
{
	if (part->type != RESP_INTEGER)
		return -EPROTO;
	if (part->number != PRESENCE_SWEPT_NOTHING)
		metrics_inc(t->metrics, METRIC_PRESENCE_SWEEPS);
	if (part->number != PRESENCE_SWEPT_SOME)
		end_sweep(t, part->number);
	pace(t, PRESENCE_SWEPT);
	return 1;
}

static int take_left(struct presence_talk *t, const struct resp_part *part)
{
	if (part->type != RESP_INTEGER)
		return -EPROTO;
	t->is_leaving = part->number == PRESENCE_SWEPT_SOME;
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
	pace(t, t->answer.seats);
	return 1;
}

/* It was not carried out: no lease was taken by it. */
static void take_error(struct presence_talk *t)
{
	if (t->ask == PRESENCE_ASK_BEAT)
		t->has_had_lease = t->had_lease;
}

/*
 * The server was told to forget it, or is another one behind a proxy: what is
 * asked next brings the text along. Where that goes on so it always does.
 */
static void take_no_script(struct presence_talk *t)
{
	enum redis_presence_script script = script_of(t);

	if (redis_presence_is_known(t->words, script))
		t->forgotten++;
	redis_presence_set_known(t->words, script, false);
	if (t->ask == PRESENCE_ASK_WRITE)
		seats_return(t->seats, seats_sent(t->seats));
	if (t->ask == PRESENCE_ASK_BEAT)
		t->wants_beat = true;
}

static void note_known(struct presence_talk *t)
{
	enum redis_presence_script script = script_of(t);

	if (script != PRESENCE_SCRIPTS && t->forgotten < FORGOTTEN_MAX)
		redis_presence_set_known(t->words, script, true);
}

static int take(struct presence_talk *t, const struct resp_part *part)
{
	static int (*const fns[])(
	    struct presence_talk * t, const struct resp_part *part) = {
		[PRESENCE_ASK_BEAT] = take_beat,
		[PRESENCE_ASK_WRITE] = take_written,
		[PRESENCE_ASK_SWEEP] = take_swept,
		[PRESENCE_ASK_SCAN] = take_scan,
		[PRESENCE_ASK_LEAVE] = take_left,
	};

	if (part->type != RESP_ERROR)
		return fns[t->ask](t, part);
	take_error(t);
	if (!t->is_by_name ||
	    !slice_starts_with(part->text, slice_str("NOSCRIPT")))
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
	if (part->type != RESP_ERROR)
		note_known(t);
	t->last = t->ask;
	t->ask = PRESENCE_ASK_NOTHING;
	return 1;
}
