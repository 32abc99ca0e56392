#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	LOG_LINE_MAX = 2048, /* below PIPE_BUF: a line reaches a pipe whole */
	LOG_TAIL_MAX = 40,   /* of a line, for held_back and an object's end */
	LOG_VALUE_MAX = 256, /* bytes shown of one value from outside */
	LOG_TEXT_MAX = 1536, /* bytes shown of a text of our own */
	LOG_SITE_PER_SECOND = 10,
};

/* The daemon's only global state. */
static struct {
	_Atomic int level;
	_Atomic int format;
	_Atomic uint64_t dropped;
	int fd;
	pthread_mutex_t write_lock; /* lines never interleave */
	char rest[LOG_LINE_MAX];    /* of a line that was taken in part */
	size_t rest_len;
} logger = { .level = LOG_INFO,
	.fd = STDERR_FILENO,
	.write_lock = PTHREAD_MUTEX_INITIALIZER };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	size_t max;  /* what len may reach; a byte stays for the newline */
	bool is_cut; /* something did not fit */
};

/*
 * O_NONBLOCK on descriptor 2 itself would be the shell's, too. A socket cannot
 * be opened so and a file need not be; who may not open the terminal (su) keeps
 * descriptor 2 and what poll says of it.
 */
void log_start(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) < 0 ||
	    (!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode)))
		return;
	fd = open(
	    "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		logger.fd = fd;
}

void log_setup(enum log_level level, enum log_format format)
{
	atomic_store(&logger.level, (int)level);
	atomic_store(&logger.format, (int)format);
}

bool log_is_on(enum log_level level)
{
	return (int)level >=
	       atomic_load_explicit(&logger.level, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
	return atomic_load(&logger.dropped);
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
	return kv->kind == LOG_KV_TEXT ? LOG_TEXT_MAX : LOG_VALUE_MAX;
}

static void put_pair_text(struct line *l, const struct log_kv *kv)
{
	put(l, " ", 1);
	put_str(l, kv->key);
	put(l, "=", 1);
	if (kv->kind == LOG_KV_INT) {
		put_int(l, kv->integer);
	} else if (is_bare(kv->string)) {
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

static void put_head_text(
    struct line *l, enum log_level level, const char *token, const char *event)
{
	put_time(l);
	put(l, " ", 1);
	put_str(l, level_names[level]);
	put(l, " ", 1);
	put_str(l, token);
	put_str(l, ": ");
	put_str(l, event);
}

static void put_head_json(
    struct line *l, enum log_level level, const char *token, const char *event)
{
	put_str(l, "{\"time\":\"");
	put_time(l);
	put_str(l, "\",\"level\":\"");
	put_str(l, level_names[level]);
	put_str(l, "\",\"token\":\"");
	put_str(l, token);
	put_str(l, "\",\"event\":\"");
	put_escaped(l, slice_str(event), LOG_VALUE_MAX, true);
	put(l, "\"", 1);
}

/*
 * Whether this site may write now; *held_back is how many lines it could
 * not since the last time. Two threads at the turn of a second may let a
 * line too many pass: that is all the harm there is.
 */
static bool site_take(struct log_site *site, unsigned *held_back)
{
	int64_t second = clock_ms() / 1000;

	if (atomic_exchange(&site->second, second) != second) {
		atomic_store(&site->in_second, 0);
	}
	if (atomic_fetch_add(&site->in_second, 1) >= LOG_SITE_PER_SECOND) {
		atomic_fetch_add(&site->held_back, 1);
		return false;
	}
	*held_back = atomic_exchange(&site->held_back, 0);
	return true;
}

/* Write as much as the reader's end takes at once; never wait for it. */
static size_t write_some(const char *p, size_t len)
{
	struct pollfd pfd = { .fd = logger.fd, .events = POLLOUT };
	ssize_t written = -1;

	if (poll(&pfd, 1, 0) == 1 && pfd.revents & POLLOUT)
		written = write(logger.fd, p, len);
	return written > 0 ? (size_t)written : 0;
}

/* The rest of a line that was taken in part goes before the next one. */
static void keep_rest(const char *p, size_t len)
{
	memmove(logger.rest, p, len);
	logger.rest_len = len;
}

static bool write_rest(void)
{
	size_t written = 0;

	if (logger.rest_len > 0)
		written = write_some(logger.rest, logger.rest_len);
	keep_rest(logger.rest + written, logger.rest_len - written);
	return logger.rest_len == 0;
}

static void emit(struct line *l)
{
	size_t written = 0;

	l->text[l->len++] = '\n';
	(void)pthread_mutex_lock(&logger.write_lock);
	if (write_rest())
		written = write_some(l->text, l->len);
	if (written > 0)
		keep_rest(l->text + written, l->len - written);
	else
		atomic_fetch_add(&logger.dropped, 1);
	(void)pthread_mutex_unlock(&logger.write_lock);
}

void log_write(struct log_site *site, enum log_level level, const char *token,
    const char *event, const struct log_kv *pairs)
{
	enum log_format format = (enum log_format)atomic_load(&logger.format);
	struct line l = { .max = LOG_LINE_MAX - 1 - LOG_TAIL_MAX };
	unsigned held_back = 0;

	if (!site_take(site, &held_back))
		return;
	if (format == LOG_JSON)
		put_head_json(&l, level, token, event);
	else
		put_head_text(&l, level, token, event);
	put_pairs(&l, format, pairs);
	l.max += LOG_TAIL_MAX;
	if (held_back) {
		const struct log_kv kv = kv_int("held_back", held_back);

		put_pair(&l, format, &kv);
	}
	if (format == LOG_JSON)
		put(&l, "}", 1);
	emit(&l);
}
