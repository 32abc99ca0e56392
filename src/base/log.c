#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log_follow.h"
#include "base/log_out.h"
#include "base/log_recent.h"

enum {
	LOG_LINE_MAX = LOG_OUT_MAX,
	LOG_TAIL_MAX = 40,   /* of a line, for held_back and an object's end */
	LOG_VALUE_MAX = 256, /* bytes shown of one value from outside */
	LOG_TEXT_MAX = 1536, /* bytes shown of a text of our own */
	LOG_SITE_PER_SECOND = 10,
	LOG_DEBUG_PER_SECOND = 1000,
};

/* With log_levels, log_out, log_recent and log_follow all global state. */
static _Atomic int chosen_format;

/* Of syslog(3): debug, informational, warning, error. */
static const char *const priorities[] = { "<7>", "<6>", "<4>", "<3>" };

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	size_t max;  /* what len may reach; a byte stays for the newline */
	bool is_cut; /* something did not fit */
};

void log_start(void)
{
	log_out_open();
}

void log_set_format(enum log_format format)
{
	atomic_store(&chosen_format, (int)format);
}

uint64_t log_dropped(void)
{
	return log_out_dropped();
}

static void put(struct line *l, const char *p, size_t len)
{
	size_t room = l->max - l->len;

	if (len > room) {
		len = room;
		l->is_cut = true;
	}
	memcpy(l->text + l->len, p, len);
	l->len += len;
}

static void put_str(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

static void put_int(struct line *l, int64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof digits, "%lld", (long long)value);
	put_str(l, digits);
}

/*
 * Printable ASCII goes as it is, the rest as \xNN (text) or \u00NN (JSON):
 * bytes from outside can neither end a line nor drive a terminal.
 */
static void put_escaped(
    struct line *l, struct slice value, size_t max, bool json)
{
	size_t len = value.len < max ? value.len : max;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		char hex[8];

		if (c == '"' || c == '\\') {
			put(l, "\\", 1);
			put(l, (const char *)&value.ptr[i], 1);
		} else if (c >= 0x20 && c < 0x7f) {
			put(l, (const char *)&value.ptr[i], 1);
		} else {
			(void)snprintf(
			    hex, sizeof hex, json ? "\\u%04x" : "\\x%02x", c);
			put_str(l, hex);
		}
	}
	if (len < value.len)
		put_str(l, "...");
}

static bool is_bare(struct slice value)
{
	if (value.len == 0 || value.len > LOG_VALUE_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return true;
}

static void put_time(struct line *l)
{
	int64_t now = clock_wall_ms();
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;
	char text[64];

	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(now % 1000));
	put_str(l, text);
}

static size_t shown_max(const struct log_kv *kv)
{
	if (kv->integer > 0)
		return (size_t)kv->integer;
	return kv->kind == LOG_KV_TEXT ? LOG_TEXT_MAX : LOG_VALUE_MAX;
}

static void put_pair_text(struct line *l, const struct log_kv *kv)
{
	put(l, " ", 1);
	put_str(l, kv->key);
	put(l, "=", 1);
	if (kv->kind == LOG_KV_INT) {
		put_int(l, kv->integer);
	} else if (kv->string.len <= shown_max(kv) && is_bare(kv->string)) {
		put(l, kv->string.ptr, kv->string.len);
	} else {
		put(l, "\"", 1);
		put_escaped(l, kv->string, shown_max(kv), false);
		put(l, "\"", 1);
	}
}

static void put_pair_json(struct line *l, const struct log_kv *kv)
{
	put_str(l, ",\"");
	put_str(l, kv->key);
	put_str(l, "\":");
	if (kv->kind == LOG_KV_INT) {
		put_int(l, kv->integer);
	} else {
		put(l, "\"", 1);
		put_escaped(l, kv->string, shown_max(kv), true);
		put(l, "\"", 1);
	}
}

static void put_pair(
    struct line *l, enum log_format format, const struct log_kv *kv)
{
	if (format == LOG_JSON)
		put_pair_json(l, kv);
	else
		put_pair_text(l, kv);
}

/* A pair that would be cut is left out: quotes and objects stay closed. */
static void put_pairs(
    struct line *l, enum log_format format, const struct log_kv *pairs)
{
	for (; pairs->kind != LOG_KV_END; pairs++) {
		size_t before = l->len;

		if (pairs->kind == LOG_KV_NONE)
			continue;
		l->is_cut = false;
		put_pair(l, format, pairs);
		if (l->is_cut)
			l->len = before;
	}
}

static void put_head_text(struct line *l, enum log_level level,
    const char *component, const char *message)
{
	put_time(l);
	put(l, " ", 1);
	put_str(l, log_level_name(level));
	put(l, " ", 1);
	put_str(l, component);
	put_str(l, ": ");
	put_str(l, message);
}

static void put_head_json(struct line *l, enum log_level level,
    const char *component, const char *message)
{
	put_str(l, "{\"time\":\"");
	put_time(l);
	put_str(l, "\",\"level\":\"");
	put_str(l, log_level_name(level));
	put_str(l, "\",\"component\":\"");
	put_str(l, component);
	put_str(l, "\",\"msg\":\"");
	put_escaped(l, slice_str(message), LOG_VALUE_MAX, true);
	put(l, "\"", 1);
}

static void put_head(struct line *l, enum log_format format,
    enum log_level level, const char *component, const char *message)
{
	if (format == LOG_JSON)
		put_head_json(l, level, component, message);
	else
		put_head_text(l, level, component, message);
}

/*
 * Whether this site may write now; *held_back is how many lines it could
 * not since the last time. Two threads at the turn of a second may let a
 * line too many pass: that is all the harm there is.
 */
static bool site_take(
    struct log_site *site, unsigned per_second, unsigned *held_back)
{
	int64_t second = clock_ms() / 1000;

	if (atomic_exchange(&site->second, second) != second) {
		atomic_store(&site->in_second, 0);
	}
	if (atomic_fetch_add(&site->in_second, 1) >= per_second) {
		atomic_fetch_add(&site->held_back, 1);
		return false;
	}
	*held_back = atomic_exchange(&site->held_back, 0);
	return true;
}

static void emit(struct line *l)
{
	l->text[l->len++] = '\n';
	log_out_write(l->text, l->len);
}

static void note_recent(enum log_level level, const char *component,
    const char *message, const struct log_kv *pairs, unsigned held_back)
{
	struct line l = { .max = LOG_RECENT_VALUES };

	for (; pairs->kind != LOG_KV_END; pairs++)
		if (pairs->kind != LOG_KV_NONE)
			put_pair_text(&l, pairs);
	log_recent_note(level, component, message,
	    slice_trim(slice_of(l.text, l.len)), 1 + (uint64_t)held_back);
}

/* One line, without its end; held_back is told behind its pairs. */
static void put_line(struct line *l, enum log_format format,
    enum log_level level, const char *component, const char *message,
    const struct log_kv *pairs, unsigned held_back)
{
	l->max = LOG_LINE_MAX - 1 - LOG_TAIL_MAX;
	put_head(l, format, level, component, message);
	put_pairs(l, format, pairs);
	l->max += LOG_TAIL_MAX;
	if (held_back) {
		const struct log_kv kv = kv_int("held_back", held_back);

		put_pair(l, format, &kv);
	}
	if (format == LOG_JSON)
		put(l, "}", 1);
}

static void write_line(enum log_level level, const char *component,
    const char *message, const struct log_kv *pairs, unsigned held_back)
{
	enum log_format format = (enum log_format)atomic_load(&chosen_format);
	struct line l = { .max = LOG_LINE_MAX };

	if (log_out_is_journal())
		put_str(&l, priorities[level]);
	put_line(&l, format, level, component, message, pairs, held_back);
	emit(&l);
	if (level >= LOG_WARN)
		note_recent(level, component, message, pairs, held_back);
}

/* For who follows it: a line of JSON, whatever the log is. */
static void follow_line(enum log_level level, const char *component,
    const char *message, const struct log_kv *pairs)
{
	struct line l = { .len = 0 };

	put_line(&l, LOG_JSON, level, component, message, pairs, 0);
	log_follow_put(slice_of(l.text, l.len));
}

void log_write(struct log_site *site, enum log_component component,
    enum log_level level, const char *message, const struct log_kv *pairs)
{
	unsigned per_second =
	    level == LOG_DEBUG ? LOG_DEBUG_PER_SECOND : LOG_SITE_PER_SECOND;
	unsigned held_back = 0;

	if (site && !site_take(site, per_second, &held_back))
		return;
	write_line(
	    level, log_component_name(component), message, pairs, held_back);
	if (component != LOG_ACCESS)
		return;
	if (log_follow_is_on())
		follow_line(
		    level, log_component_name(component), message, pairs);
	else
		log_follow_pass();
}

void log_last_words(const char *component, const char *message)
{
	const struct log_kv none[] = { kv_end };

	write_line(LOG_ERROR, component, message, none, 0);
}
