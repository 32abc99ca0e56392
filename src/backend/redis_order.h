/*
 * redis_order: gives what is PUBLISHed positions that all instances agree on.
 * What a session hears goes through here on its way to the hub: payloads, and
 * marks (backend/redis_marks), which are the session's heartbeat.
 *
 *     waiting --a mark of ours, published since--> placed
 *     placed --the subscription breaks, a mark twice, other order,
 *         other channels--> waiting
 *     placed --other order, for the second time--> off
 *     off --reload--> waiting
 *
 * Where it is off a break is still a loss: payloads wait for a mark of ours,
 * and the hub is told once more that it is off, which is a gap for all.
 *
 * While it waits payloads are held. They were published before the mark behind
 * which they are handed over, so they are no positions: on the other instances
 * they belong to an earlier mark. Before them, on_gap is told of a subscription
 * that is not the one of before.
 */
#ifndef BACKEND_REDIS_ORDER_H
#define BACKEND_REDIS_ORDER_H

#include <stdbool.h>

struct backend_message;
struct backend_options;
struct conf;
struct redis_canary_words;
struct redis_order;

/*
 * One that waits, of a backend with these options. publish sends one more mark,
 * as the words give it, as soon as possible; the publisher outlives it.
 */
struct redis_order *redis_order_new(const struct backend_options *options,
    void (*publish)(void *publisher), void *publisher);
void redis_order_free(struct redis_order *o);

/* --- for the session --- */

/* Marks as what the session's heartbeat says; as long as the order lives. */
const struct redis_canary_words *redis_order_words(const struct redis_order *o);

/* A payload has come. */
void redis_order_take(struct redis_order *o, const struct backend_message *m);

/* The subscription is broken. */
void redis_order_break(struct redis_order *o);

/* --- for the hub --- */

/* As backend_ops: ask_barrier, reload. */
void redis_order_ask_barrier(struct redis_order *o);
void redis_order_reload(struct redis_order *o);

/*
 * From now on the channels of this configuration are heard, and no others when
 * the next mark is sent. Where they are others than before, what was heard is
 * void: who has ids is told a gap, at the mark, and nothing is lost.
 */
void redis_order_use_conf(struct redis_order *o, const struct conf *conf);

/* As redis_warmup_is_over. */
bool redis_order_is_warm(struct redis_order *o);

#endif
