/*
 * log: lines on standard error, for people and for machines.
 *
 * A line is a level, the part that writes it, what happened in lower case, and
 * key=value pairs. Values are escaped and cut, so that nothing from outside
 * can forge a line. One call site writes at most ten lines a second, a thousand
 * at debug; what it held back is counted on its next line. Writing never
 * blocks: a line that the pipe or terminal cannot take now is dropped and
 * counted.
 *
 *     log_warn(LOG_REDIS, "connection lost", kv_str("reason", why),
 *         kv_int("retry_ms", delay));
 *     log_info(LOG_MAIN, "configuration is fine", kv_none);
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_levels.h"
#include "base/slice.h"

enum log_format { LOG_TEXT, LOG_JSON };

enum log_kv_kind {
	LOG_KV_END,
	LOG_KV_NONE,
	LOG_KV_STRING,
	LOG_KV_TEXT,
	LOG_KV_INT,
};

struct log_kv {
	enum log_kv_kind kind;
	const char *key; /* a literal */
	struct slice string;
	int64_t integer; /* of a string: how much is shown; 0: the usual */
};

/* One call site's share of the rate limit. */
struct log_site {
	_Atomic int64_t second;
	_Atomic unsigned in_second;
	_Atomic unsigned held_back;
};

/* Values for a log line; the bytes are only borrowed for the call. */
static inline struct log_kv kv_str(const char *key, const char *value)
{
	return (struct log_kv){ LOG_KV_STRING, key,
		slice_str(value ? value : ""), 0 };
}

static inline struct log_kv kv_slice(const char *key, struct slice value)
{
	return (struct log_kv){ LOG_KV_STRING, key, value, 0 };
}

/* The same, of which no more than max bytes are shown. */
static inline struct log_kv kv_cut(
    const char *key, struct slice value, int64_t max)
{
	return (struct log_kv){ LOG_KV_STRING, key, value, max };
}

/* A text of our own or of the configuration: cut only where the line ends. */
static inline struct log_kv kv_text(const char *key, struct slice value)
{
	return (struct log_kv){ LOG_KV_TEXT, key, value, 0 };
}

static inline struct log_kv kv_int(const char *key, int64_t value)
{
	return (struct log_kv){ LOG_KV_INT, key, { NULL, 0 }, value };
}

/* For a line that has no pairs, or not this one. */
#define kv_none ((struct log_kv){ LOG_KV_NONE, NULL, { NULL, 0 }, 0 })
#define kv_end  ((struct log_kv){ LOG_KV_END, NULL, { NULL, 0 }, 0 })

/* As kv_str; kv_none for NULL. */
static inline struct log_kv kv_given(const char *key, const char *value)
{
	return value ? kv_str(key, value) : kv_none;
}

/*
 * Write through a description of standard error that never waits and is this
 * process's own, where the system gives one: a terminal that stands still
 * takes part of a line and would wait for the rest. Where standard error is the
 * journal each line begins with its priority (sd-daemon(3)). Main thread, at
 * boot, once 0 to 2 are open.
 */
void log_start(void);

/*
 * How lines are written from now on; before it is called, as text. Any thread.
 * What is written: base/log_levels.
 */
void log_set_format(enum log_format format);

/* Lines that standard error could not take, since start. Any thread. */
uint64_t log_dropped(void);

/*
 * Use the macros below; site is NULL where the caller has a budget of its own.
 * Any thread; the pairs end with kv_end.
 */
void log_write(struct log_site *site, enum log_component component,
    enum log_level level, const char *message, const struct log_kv *pairs);

/* Write an error, whoever says it and however often. */
void log_last_words(const char *component, const char *message);

/*
 * The pairs are made only where the line is written: what makes them must do
 * nothing else (scripts/check-layers looks for it).
 */
#define log_at(level, component, message, ...)                               \
	do {                                                                 \
		static struct log_site log_site_;                            \
		if (log_is_on(component, level))                             \
			log_write(&log_site_, component, level, message,     \
			    (const struct log_kv[]){ __VA_ARGS__, kv_end }); \
	} while (0)

#define log_debug(component, message, ...) \
	log_at(LOG_DEBUG, component, message, __VA_ARGS__)
#define log_info(component, message, ...) \
	log_at(LOG_INFO, component, message, __VA_ARGS__)
#define log_warn(component, message, ...) \
	log_at(LOG_WARN, component, message, __VA_ARGS__)
#define log_error(component, message, ...) \
	log_at(LOG_ERROR, component, message, __VA_ARGS__)

#endif
