/*
 * redis_warmup: an instance that has just started has no past. Where others are
 * there that have one, clients that come back are better sent to them for a
 * while; others show themselves by their marks, once a heartbeat.
 */
#ifndef BACKEND_REDIS_WARMUP_H
#define BACKEND_REDIS_WARMUP_H

#include <stdbool.h>
#include <stdint.h>

struct redis_warmup {
	int64_t warmup_ms, heartbeat_ms;
	int64_t since_ms; /* when it began to hear; 0: not yet */
	int64_t heard_ms; /* when it has last heard another, or since_ms */
	bool is_over;
};

void redis_warmup_init(
    struct redis_warmup *w, int64_t warmup_ms, int64_t heartbeat_ms);

/* It hears from now on; the first time counts. */
void redis_warmup_begin(struct redis_warmup *w, int64_t now_ms);

/* The mark of another instance has come. */
void redis_warmup_hear(struct redis_warmup *w, int64_t now_ms);

/* Whether there is enough of a past, or nobody else who has more. */
bool redis_warmup_is_over(struct redis_warmup *w, int64_t now_ms);

#endif
