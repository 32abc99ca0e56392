/*
 * feeder: when which message is published.
 *
 * At a rate, or as fast as a window allows: never more than so many messages
 * ahead of the slowest receiver, so that nothing has a reason to be dropped.
 * For each message in flight it knows how many receivers still wait, which
 * tells where the window begins and when all has arrived.
 */
#ifndef BENCH_FEEDER_H
#define BENCH_FEEDER_H

#include <stdbool.h>
#include <stdint.h>

#include "publish.h"

enum { FEEDER_WINDOW_MAX = 1 << 16 };

struct feeder_plan {
	const char *room; /* "%d" in it stands for the number */
	uint32_t rooms;
	uint64_t rate;      /* messages a second; 0: as the window allows */
	uint64_t messages;  /* stop after so many; 0: no limit */
	uint64_t length_ns; /* stop after so long; 0: no limit */
	uint32_t window;    /* at most FEEDER_WINDOW_MAX */
	size_t size;
	bool is_random; /* rooms in random order, not in turn */
};

struct feeder_room {
	uint32_t members;
	uint64_t published;
};

struct feeder {
	struct feeder_plan plan;
	struct publish *publish;   /* borrowed */
	struct feeder_room *rooms; /* owned */
	uint32_t *waiting;         /* owned; receivers a message still lacks */
	uint64_t random;           /* state of the order */
	uint64_t published;
	uint64_t oldest;   /* all below have arrived everywhere */
	uint64_t expected; /* deliveries */
	uint64_t start_ns;
	uint64_t last_ns;   /* when the last one was published */
	uint64_t held_back; /* messages due by the rate, with a full window */
	uint64_t held_mark; /* number of the last of them */
	bool is_over;       /* nothing more will be published */
};

void feeder_init(
    struct feeder *f, const struct feeder_plan *plan, struct publish *publish);
void feeder_fini(struct feeder *f);

/* A connection joined the room; before the first feeder_pump. */
void feeder_add_member(struct feeder *f, uint32_t room);

/* Message number has reached one more receiver. */
void feeder_on_delivery(struct feeder *f, uint64_t number);

/* Publish what is due at now_ns and write it; 0 or a negative errno. */
int feeder_pump(struct feeder *f, uint64_t now_ns)
    __attribute__((warn_unused_result));

/* When the next message is due; 0 when the rate does not decide that. */
uint64_t feeder_next_ns(const struct feeder *f);

/* Messages that have not arrived everywhere. */
uint64_t feeder_in_flight(const struct feeder *f);

/* Do not wait any longer for those in flight. */
void feeder_forget(struct feeder *f);

#endif
