#include "core/keeper.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/fatal.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/place.h"
#include "core/resume.h"
#include "proto/targets.h"

/*
 * Good for the life of this process: who comes with another one has missed what
 * nobody knows.
 */
static void make_mark(char out[PLACE_MARK_MAX + 1])
{
	unsigned char random[8];

	crypto_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", random[i]);
}

/*
 * Who has its position from nowhere has a cursor that nobody knows: by our own
 * mark, where that is no other one's.
 */
static void init_parking(struct keeper *k)
{
	char nowhere[PLACE_MAX + 1];

	parking_init(&k->parking, &k->replays, k->metrics,
	    conf_source(k->conf, 0)->heartbeat_ms,
	    place_print_counted(slice_str(k->mark), 0, nowhere));
}

void keeper_init(struct keeper *k, const struct conf *conf,
    struct outbox *outbox, struct metrics *metrics)
{
	*k = (struct keeper){ .metrics = metrics, .conf = conf };
	if (!conf->history.is_on)
		return;
	k->history =
	    history_new(conf->history.stream ? PLACE_ENTRY : PLACE_COUNTED,
		conf->history.memory, conf->history.max_age_ms, metrics);
	allowances_init(&k->allowances, conf);
	replays_init(&k->replays, k->history, &k->allowances, outbox, metrics,
	    conf->delivery.queue);
	announce_init(&k->announce, k->history, conf, outbox, metrics);
	make_mark(k->mark);
	init_parking(k);
	log_info(LOG_HISTORY, "messages are kept in memory",
	    kv_int("memory_bytes", (int64_t)conf->history.memory),
	    kv_int("max_age_ms", conf->history.max_age_ms));
}

void keeper_use_conf(struct keeper *k, const struct conf *conf, bool is_of_use)
{
	k->conf = conf;
	if (!k->history)
		return;
	k->allowances.conf = conf;
	k->announce.conf = conf;
	pages_set_queue(&k->replays.pages, conf->delivery.queue);
	if (!is_of_use)
		history_set_bounds(k->history, 0, conf->history.max_age_ms);
	history_set_bounds(
	    k->history, conf->history.memory, conf->history.max_age_ms);
}

void keeper_open(
    struct keeper *k, const struct backend_ops *ops, struct backend *backend)
{
	if (!k->history)
		return;
	parking_open(&k->parking, ops, backend);
	k->awaits_past = ops->names_places && k->conf->history.stream;
	if (!ops->names_places && !k->conf->history.stream &&
	    !history_mark(k->history, slice_str(k->mark)))
		fatal("history", "our own mark is none");
}

void keeper_fini(struct keeper *k)
{
	if (!k->history)
		return;
	parking_fini(&k->parking);
	replays_fini(&k->replays);
	allowances_fini(&k->allowances);
	history_free(k->history);
}

static bool is_placed(const struct keeper *k)
{
	return k->history && history_is_placed(k->history);
}

/* --- what is kept of a payload --- */

/*
 * An entry of a boot read is as old as its id says. Where that is later than
 * now, clocks differ: it has just come.
 */
static int64_t came_ms(const struct place *entry, bool is_past)
{
	int64_t now_ms = clock_coarse_ms();
	int64_t wall_ms;

	if (!is_past)
		return now_ms;
	wall_ms = clock_wall_ms();
	if (entry->high > (uint64_t)wall_ms)
		return now_ms;
	return now_ms - (wall_ms - (int64_t)entry->high);
}

/*
 * The backend sees to it that ids ascend. One that does not is no cursor for
 * anybody: a hole.
 */
static void place_entry(struct keeper *k, const struct backend_message *m)
{
	struct place entry;

	if (place_read_entry(m->id, &entry) &&
	    history_advance_to(
		k->history, &entry, came_ms(&entry, m->is_past))) {
		(void)place_print_entry(&entry, k->id);
		return;
	}
	log_error(
	    LOG_HISTORY, "id of a stream out of order", kv_slice("id", m->id));
	keeper_hole(k);
}

/* Who has been let in already will not get what is read now. */
static void begin_past(struct keeper *k)
{
	if (!k->replays.reads_past && k->has_read_past)
		k->owes_past = true;
	k->replays.reads_past = true;
}

static void end_past(struct keeper *k)
{
	if (k->owes_past)
		announce_gap(&k->announce);
	k->owes_past = false;
	k->has_read_past = k->has_read_past || k->replays.reads_past;
	k->replays.reads_past = false;
}

void keeper_place(
    struct keeper *k, const struct backend_message *m, bool is_ours)
{
	bool is_entry = m->id.len > 0;

	k->id[0] = '\0';
	k->is_past = m->is_past;
	if (m->is_past)
		begin_past(k);
	if (!history_is_placed(k->history))
		return;
	announce_owed(&k->announce);
	if (k->is_off || m->has_no_place)
		return;
	if (k->conf->history.stream) {
		if (is_entry)
			place_entry(k, m);
	} else if (is_ours) {
		history_advance(k->history, clock_coarse_ms());
		(void)history_id(k->history, history_head(k->history), k->id);
	}
}

uint64_t keeper_after(const struct keeper *k)
{
	return k->history ? history_head(k->history) - keeper_keeps(k) : 0;
}

void keeper_keep(struct keeper *k, struct message *m)
{
	history_keep(k->history, m);
}

void keeper_lose(struct keeper *k)
{
	history_lose(k->history);
	if (!k->is_past)
		announce_gap(&k->announce);
}

/* --- what is kept no more --- */

size_t keeper_forget(struct keeper *k, const struct targets *targets,
    struct aim_room *rooms, size_t room_count)
{
	size_t count = 0;

	if (!is_placed(k)) {
		log_warn(LOG_HISTORY, "nothing is kept that could be forgotten",
		    kv_none);
		return 0;
	}
	for (size_t i = 0; i < targets->count; i++)
		if (targets->items[i].kind == TARGET_MESSAGE)
			count += history_forget_id(
			    k->history, targets->items[i].name);
	count += history_forget_rooms(k->history, rooms, room_count);
	metrics_add(k->metrics, METRIC_HISTORY_FORGOTTEN, count);
	log_info(LOG_HISTORY, "forgotten", kv_int("messages", (int64_t)count),
	    kv_int("names", (int64_t)targets->count));
	return count;
}

/* --- what the backend says --- */

/* There was no position: all with ids may have missed something. */
static void begin(struct keeper *k)
{
	k->replays.reads_past = k->awaits_past && !k->has_read_past;
	if (k->replays.reads_past)
		k->owes_past = true; /* to who could not wait for so long */
	else
		announce_gap(&k->announce);
	parking_placed(&k->parking, clock_ms());
}

void keeper_mark(struct keeper *k, struct slice id)
{
	bool was_placed = is_placed(k);

	if (!k->history)
		return;
	if (!history_mark(k->history, id)) {
		log_error(LOG_HISTORY, "what was heard has no known order",
		    kv_slice("mark", id));
		keeper_void(k);
		was_placed = false;
		if (!history_mark(k->history, id))
			return;
	}
	if (was_placed)
		end_past(k);
	else
		begin(k);
}

void keeper_void(struct keeper *k)
{
	if (!k->history)
		return;
	history_void(k->history);
	k->replays.reads_past = k->owes_past = false;
	k->is_off = false;
	k->replays.pages.knows_none = false;
	parking_void(&k->parking, clock_ms());
}

/*
 * All stay at one position that only this process knows, and that is no cursor.
 */
void keeper_off(struct keeper *k)
{
	if (!k->history)
		return;
	keeper_void(k);
	k->is_off = k->replays.pages.knows_none = true;
	keeper_mark(k, slice_str(k->mark));
}

void keeper_hole(struct keeper *k)
{
	if (!is_placed(k))
		return;
	announce_owed(&k->announce);
	history_add_hole(k->history, clock_ms());
	announce_gap(&k->announce);
}

void keeper_barrier(struct keeper *k)
{
	if (k->history)
		parking_answered(&k->parking, clock_ms());
}

/* --- who comes back, and who is here --- */

static void refuse(struct keeper *k, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];
	uint64_t head = history_head(k->history);

	replays_refuse(&k->replays, r,
	    is_placed(k) ? history_id(k->history, head, id)
			 : slice_str(k->parking.nowhere),
	    METRIC_RESUMES_GAP_LIMIT);
}

void keeper_take(struct keeper *k, struct resume *r)
{
	if (r->form & MESSAGE_WITH_ID)
		k->announce.has_readers = true;
	if (allowances_enter(&k->allowances, r))
		parking_take(&k->parking, r, clock_ms());
	else
		refuse(k, r);
}

bool keeper_has_pages(const struct keeper *k)
{
	return k->history && !list_is_empty(&k->replays.waiting);
}

/* Who came while the past is read gets a page when that is over. */
bool keeper_turn(struct keeper *k)
{
	return k->history && !k->replays.reads_past &&
	       replays_turn(&k->replays);
}

static void show(struct keeper *k, int64_t now_ms)
{
	uint64_t head = history_head(k->history);
	uint64_t floor = history_floor(k->history);
	int64_t age_ms = 0;

	if (floor < head)
		age_ms = now_ms - history_came_ms(k->history, floor + 1);
	metrics_set(k->metrics, METRIC_HISTORY_ENTRIES, head - floor);
	metrics_set(
	    k->metrics, METRIC_HISTORY_BYTES, history_bytes(k->history));
	metrics_set(k->metrics, METRIC_HISTORY_AGE, (uint64_t)age_ms);
	metrics_set(k->metrics, METRIC_RESUMES_WAITING, k->allowances.count);
}

void keeper_tick(struct keeper *k)
{
	int64_t now_ms = clock_ms();

	if (!k->history)
		return;
	allowances_tick(&k->allowances, now_ms);
	if (is_placed(k))
		replays_tick(&k->replays, now_ms);
	history_expire(k->history, now_ms);
	announce_owed(&k->announce);
	parking_tick(&k->parking, now_ms);
	show(k, now_ms);
	if (is_placed(k) && !k->replays.reads_past)
		announce_here(&k->announce, now_ms);
}
