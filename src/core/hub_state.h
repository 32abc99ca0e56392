/*
 * hub_state: what a hub is made of, for its own files: core/hub is its life,
 * its timers and what the workers say, core/hub_sink what the backend says.
 */
#ifndef CORE_HUB_STATE_H
#define CORE_HUB_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/app_event.h"
#include "core/keeper.h"
#include "core/occupancy.h"
#include "core/outbox.h"
#include "core/pace.h"
#include "core/pulse.h"
#include "core/quiet.h"
#include "core/router.h"
#include "core/seat_rounds.h"
#include "core/watches.h"

struct conf;
struct event;
struct event_base;
struct mailbox;
struct metrics;
struct worker_shared;

struct hub {
	const struct conf *conf; /* a reference: the one in force here */
	const struct worker_shared *shared;
	struct outbox outbox;
	struct watches watches;
	struct router router;
	struct keeper keeper;
	struct pulse pulse;
	struct pace pace;
	struct quiet quiet;
	struct occupancy occupancy;
	struct backend_seats seats;      /* those of occupancy */
	struct seat_rounds *seat_rounds; /* owned; NULL: none was wanted */
	/* What the app knows the instance by, and how many names before. */
	char instance_name[APP_EVENT_INSTANCE_LEN + 1];
	uint32_t renames;
	struct list surveys; /* that are open */
	enum conf_gap owed;  /* core/gap: clients have not been told */

	bool mail_is_taken; /* since the current read of the backend */
	struct mailbox *mailbox;
	struct event *mail_event;   /* owned */
	struct event *tick_event;   /* owned */
	struct event *more_event;   /* owned; timer of the next turn */
	struct event *replay_event; /* owned; the same, for core/replay */

	struct event_base *base;
	struct metrics *metrics;
	int64_t told_of_memory; /* core/relief */
	void (*on_worker_done)(void *arg);
	void *arg;
	void (*on_keys_wanted)(void *arg); /* or NULL */
	void *keys_arg;
};

/* As struct backend_sink; arg is the hub. */
extern const struct backend_sink hub_sink;

/* MAIL_APP_EVENT: have it leave. */
void hub_post_event(struct hub *h, struct app_event *e);
/* What the instance is called at first, as part of hub_new; then, otherwise. */
void hub_name_instance(struct hub *h);
void hub_rename_instance(void *hub);
/* How the seats begin, as part of hub_new. */
void hub_begin_seats(struct hub *h);
/* They have changed: have that known. */
void hub_tell_seats(struct hub *h);
/* At the end: as far as that is told by events. */
void hub_vacate_seats(struct hub *h);
/* Seats that are kept want rounds. */
void hub_tick_seats(struct hub *h);
/* What the workers have posted: who is in which room is known up to now. */
void hub_take_mail(struct hub *h);
/* The keeper may have something to send: soon. */
void hub_replay_soon(struct hub *h);
/* Of what the watches have to do a part now, the rest in the turns to come. */
void hub_catch_up(struct hub *h);
/*
 * What an outage means for clients without ids, if that is owed. Without memory
 * the next tick has some.
 */
void hub_tell_gap(struct hub *h);

#endif
