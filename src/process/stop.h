/*
 * stop: how the gateway goes away. First it says so, to the service manager
 * and wherever readiness is asked, and still lets clients in for
 * shutdown.delay, so that balancers turn away before a door is shut; then it
 * drains. A worker that is stuck keeps it no longer than that and some seconds.
 * Main thread.
 */
#ifndef PROCESS_STOP_H
#define PROCESS_STOP_H

struct conf;
struct event_base;
struct hub;
struct stop;
struct worker_shared;

/* All is borrowed and outlives it. Boot. */
struct stop *stop_new(struct event_base *base, const struct conf *conf,
    struct worker_shared *shared, struct hub *hub);

/* Go by this configuration, borrowed as the first was. */
void stop_use_conf(struct stop *s, const struct conf *conf);

/*
 * Begin; if it has begun, only a line says how far it is. signal is what is
 * logged as the cause, a literal.
 */
void stop_begin(struct stop *s, const char *signal);

/* NULL is fine. */
void stop_free(struct stop *s);

#endif
