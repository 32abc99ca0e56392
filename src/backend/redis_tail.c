#include "backend/redis_tail.h"

#include "base/clock.h"
#include "base/hash.h"
#include "conf/conf.h"

enum {
	INFO_EVERY_MS = 5000,
	BLOCK_MAX_MS = 2000,
};

struct redis_tail_options redis_tail_options_of(
    const struct conf *conf, int64_t heartbeat_ms)
{
	return (struct redis_tail_options){
		.key = slice_str(conf->history.stream),
		.memory = conf->history.memory,
		.max_age_ms = conf->history.max_age_ms,
		.block_ms =
		    heartbeat_ms < BLOCK_MAX_MS ? heartbeat_ms : BLOCK_MAX_MS,
	};
}

size_t redis_tail_max_string(const struct conf *conf)
{
	size_t payload = conf->limits.payload;

	return payload > REDIS_ENTRIES_HELD ? payload : REDIS_ENTRIES_HELD;
}

void redis_tail_init(struct redis_tail *t,
    const struct redis_tail_options *options,
    const struct redis_tail_sink *sink, void *arg)
{
	*t = (struct redis_tail){
		.options = *options,
		.sink = sink,
		.arg = arg,
	};
}

void redis_tail_fini(struct redis_tail *t)
{
	redis_entries_fini(&t->entries);
}

/* --- what is asked --- */

void redis_tail_ask(struct redis_tail *t, enum tail_ask what)
{
	t->ask = what;
	t->is_begun = false;
	t->page_count = 0;
}

void redis_tail_connected(struct redis_tail *t)
{
	if (!t->is_marked)
		t->state = TAIL_NOWHERE;
	t->is_proven = false;
	t->is_woken = false;
	t->is_missing = false;
	t->is_replaced = false;
	redis_tail_ask(t, TAIL_ASK_SERVER);
}

/* --- where we are --- */

/* Tell the position that we are at, if it has not been. */
static void mark(struct redis_tail *t, const struct place *p)
{
	if (t->is_marked)
		return;
	t->is_marked = true;
	t->seen = 0; /* whatever stream that was of, this one counts now */
	t->sink->on_mark(t->arg, p);
}

/*
 * Where no entry has the place, its tag is of the server's life: an empty
 * stream that comes back empty may have lost what it had.
 */
static void tag_base(const struct redis_tail *t, struct place *p)
{
	const struct hash_key key = { t->run, t->salt };

	redis_entries_tag(p, hash_bytes(&key, "base", 4));
}

static void stand_at_base(
    struct redis_tail *t, const struct place *last, uint64_t added)
{
	t->state = TAIL_AT_BASE;
	t->last = *last;
	t->added = added;
	t->is_due = false;
	t->is_woken = false;
	t->is_missing = false;
}

/* What was there at boot has been read; all that is there, or a part. */
static void report(struct redis_tail *t, bool is_all)
{
	t->has_booted = true;
	t->sink->on_read(t->arg, is_all);
}

/* Nothing more is there. */
static void catch_up(struct redis_tail *t)
{
	t->is_proven = true;
	report(t, true);
	redis_tail_ask(t, clock_ms() - t->info_ms >= INFO_EVERY_MS
			      ? TAIL_ASK_INFO
			      : TAIL_ASK_NEWS);
}

/*
 * The stream is not the one that we have read. Where the connection has seen it
 * change, all that is there is new. Else it may be a server that has lost the
 * end of it: what is behind the last entry that we know is new.
 */
static void start_anew(struct redis_tail *t)
{
	if (t->is_marked)
		t->sink->on_void(t->arg);
	t->salt ^= t->last_hash;
	t->past = (struct place){ 0 };
	t->state = TAIL_NOWHERE;
	t->is_marked = false;
	t->is_missing = false;
	t->is_replaced = false;
	redis_tail_ask(t, TAIL_ASK_INFO);
}

/* --- how far back --- */

static void look_back(struct redis_tail *t)
{
	size_t memory = t->options.memory;

	if (!t->has_booted)
		redis_back_begin(
		    &t->back, memory, clock_wall_ms() - t->options.max_age_ms);
	else if (t->is_proven)
		redis_back_begin(&t->back, memory, 0);
	else
		redis_back_seek(&t->back, memory, &t->known, &t->last);
	redis_tail_ask(t, TAIL_ASK_BACK);
}

void redis_tail_take_back(struct redis_tail *t, const struct redis_entry *e)
{
	t->is_fruitful = true;
	redis_back_take(&t->back, e);
}

/* On from the first that is not worth it. */
static void begin_at_floor(struct redis_tail *t)
{
	t->state = TAIL_AT_ENTRY;
	t->last = t->back.last;
	t->last_hash = t->back.last_hash;
	redis_tail_ask(t, TAIL_ASK_PAGE);
}

/*
 * All of it is worth it. Where nothing has ever been removed the place before
 * it is that of the empty stream.
 */
static void begin_at_first(struct redis_tail *t)
{
	static const struct place zero = { 0 };
	const struct redis_stream_info *info = &t->info;

	stand_at_base(t, &zero, 0);
	tag_base(t, &t->last);
	t->due = t->back.last;
	t->due_hash = t->back.last_hash;
	t->is_due = info->added == info->length &&
		    place_compare(&info->first, &t->due) == 0;
	redis_tail_ask(t, TAIL_ASK_PAGE);
}

void redis_tail_end_back(struct redis_tail *t)
{
	if (!t->has_booted)
		t->past = t->back.newest;
	if (t->page_count < TAIL_BACK)
		redis_back_end(&t->back);
	if (t->back.has_floor)
		begin_at_floor(t);
	else if (t->page_count >= TAIL_BACK)
		redis_tail_ask(t, TAIL_ASK_BACK);
	else if (t->back.is_begun)
		begin_at_first(t);
	else
		redis_tail_ask(t, TAIL_ASK_INFO); /* it has just become empty */
}

/* --- from there on --- */

/* The position before this entry, where nothing is known of what was there. */
static void mark_before(struct redis_tail *t, const struct redis_entry *e)
{
	struct place before = redis_entries_before(&e->id);

	redis_entries_tag(&before, ~e->hash);
	mark(t, &before);
}

/*
 * Another server has later entries than ours, and others before it, but not
 * ours: it never had it. Had ours been removed with all before it, that is a
 * hole.
 */
static bool has_forked(const struct redis_tail *t)
{
	return t->is_marked && t->is_other && !t->is_proven &&
	       t->state == TAIL_AT_ENTRY &&
	       place_compare(&t->info.first, &t->last) <= 0;
}

/*
 * The first entry of a page: whether it is a new one, and what is missing
 * before it is told.
 */
static bool begin_page(struct redis_tail *t, const struct redis_entry *e)
{
	int order = place_compare(&e->id, &t->last);

	if (order <= 0) {
		t->is_replaced = t->state != TAIL_AT_ENTRY || order < 0 ||
				 e->hash != t->last_hash;
		if (!t->is_replaced)
			mark(t, &t->last);
		return false;
	}
	if (t->state == TAIL_AT_BASE && t->is_due && e->hash == t->due_hash) {
		mark(t, &t->last);
		return true;
	}
	if (!t->is_marked) {
		mark_before(t, e);
		return true;
	}
	t->is_replaced = has_forked(t);
	if (t->is_replaced)
		return false;
	t->seen = 0; /* perhaps of another stream than this one */
	t->sink->on_hole(t->arg);
	return true;
}

void redis_tail_take_new(struct redis_tail *t, const struct redis_entry *e)
{
	if (t->is_replaced || (t->page_count == 1 && !begin_page(t, e)))
		return;
	t->is_replaced = place_compare(&e->id, &t->last) <= 0;
	if (t->is_replaced) /* ids ascend, whatever the server says */
		return;
	t->state = TAIL_AT_ENTRY;
	t->last = e->id;
	t->last_hash = e->hash;
	t->is_fruitful = true;
	redis_known_add(&t->known, &e->id, e->hash);
	t->sink->on_entry(t->arg, e, place_compare(&e->id, &t->past) <= 0);
}

void redis_tail_end_page(struct redis_tail *t)
{
	if (t->is_replaced) {
		start_anew(t);
	} else if (t->page_count == 0) {
		if (!t->is_marked)
			t->state = TAIL_NOWHERE;
		t->is_missing = t->is_marked;
		redis_tail_ask(t, TAIL_ASK_INFO);
	} else if (t->page_count < TAIL_PAGE) {
		catch_up(t);
	} else {
		t->is_proven = true;
		if (place_compare(&t->last, &t->past) >= 0)
			report(t, false);
		redis_tail_ask(t, TAIL_ASK_PAGE);
	}
}

/* --- what the server says of the stream --- */

static void take_info_nowhere(struct redis_tail *t)
{
	if (t->info.length > 0) {
		look_back(t);
		return;
	}
	stand_at_base(t, &t->info.last, t->info.added);
	tag_base(t, &t->last);
	mark(t, &t->last);
	catch_up(t);
}

/*
 * The last entry was removed. Where nothing has come since that is no loss;
 * what has come, and is there, is read as after a hole.
 */
static void take_info_missing(struct redis_tail *t, int order)
{
	if (order > 0 && t->info.length > 0) {
		stand_at_base(t, &t->last, UINT64_MAX);
		redis_tail_ask(t, TAIL_ASK_NEWS);
		return;
	}
	if (order > 0)
		t->sink->on_hole(t->arg); /* it was removed as well */
	stand_at_base(t, &t->info.last, t->info.added);
	catch_up(t);
}

/*
 * Nothing was removed since then if what was added is all there is, and still
 * begins with the entry that has woken us.
 */
static void take_info_at_base(struct redis_tail *t, int order)
{
	const struct redis_stream_info *info = &t->info;

	if (order == 0) {
		catch_up(t);
	} else if (info->length == 0) {
		take_info_missing(t, order);
	} else if (!t->is_woken) {
		redis_tail_ask(t, TAIL_ASK_NEWS);
	} else {
		t->is_woken = false;
		t->due = t->woken;
		t->due_hash = t->woken_hash;
		t->is_due = info->added != UINT64_MAX &&
			    t->added != UINT64_MAX &&
			    info->added - t->added == info->length &&
			    place_compare(&info->first, &t->due) == 0;
		redis_tail_ask(t, TAIL_ASK_PAGE);
	}
}

/* Fewer were ever added than there had been: it is another stream. */
static bool has_begun_anew(struct redis_tail *t)
{
	uint64_t before = t->seen;

	t->seen = t->info.added == UINT64_MAX ? 0 : t->info.added;
	return t->info.added < before;
}

void redis_tail_end_info(struct redis_tail *t)
{
	bool is_another = has_begun_anew(t);
	int order = place_compare(&t->info.last, &t->last);

	t->info_ms = clock_ms();
	t->sink->on_info(t->arg, &t->info);
	if (t->state == TAIL_NOWHERE)
		take_info_nowhere(t);
	else if (is_another || order < 0)
		start_anew(t);
	else if (t->is_missing)
		take_info_missing(t, order);
	else if (t->state == TAIL_AT_BASE)
		take_info_at_base(t, order);
	else if (order == 0 && t->info.length == 0) /* gone, but read */
		take_info_missing(t, order);
	else
		redis_tail_ask(t, TAIL_ASK_PAGE);
}
