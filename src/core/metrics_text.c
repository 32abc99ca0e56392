#include "core/metrics_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/metrics_labels.h"

/* A histogram has values behind its own, which are no rows. */
static const struct row {
	size_t cells; /* values */
	enum metrics_by by;
	const char *kind;
	const char *name; /* NULL: no row */
	const char *labels;
	const char *help;
	const uint64_t *bounds; /* of a histogram, ended by 0 */
} rows[METRIC_COUNT] = {
#define ROW(id, cells, by, kind, name, labels, help, bounds) \
	[METRIC_##id] = { cells, by, kind, name, labels, help, bounds },
#include "core/metrics.def"
#undef ROW
};

static bool is_kind(const struct row *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

/* --- labels --- */

static void put_escaped(struct buf *out, char c)
{
	if (c == '\n') {
		buf_puts(out, "\\n");
		return;
	}
	if (c == '\\' || c == '"')
		buf_puts(out, "\\");
	buf_putn(out, &c, 1);
}

void metrics_put_label(struct buf *labels, const char *name, const char *text)
{
	buf_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
	for (; *text; text++)
		put_escaped(labels, *text);
	buf_puts(labels, "\"");
}

/* --- samples --- */

/* The same row of all threads, or of one worker or source. */
struct view {
	struct metrics *const *blocks;
	size_t count;
	const struct metrics_source *source; /* NULL: threads */
	const char *part;                    /* what it is; NULL: all */
	size_t number;                       /* of the part */
	const char *labels;                  /* its name, or NULL */
};

static uint64_t seen(const struct view *v, enum metric id)
{
	return v->source ? metrics_value(&v->source->metrics, id)
			 : metrics_sum(v->blocks, v->count, id);
}

/* The mark is what stands before them: the brace, and then commas. */
static void put_labels(struct buf *out, char *mark, const char *labels)
{
	if (!labels[0])
		return;
	buf_printf(out, "%c%s", *mark, labels);
	*mark = ',';
}

static const char *info_of(const struct view *v)
{
	const char *labels =
	    v->source ? v->source->labels : v->blocks[0]->build;

	return labels ? labels : "";
}

/* What a sample is called; the bound is a label as well, or "". */
static void put_name(const struct view *v, const struct row *r,
    const char *suffix, const char *bound, struct buf *out)
{
	char number[32] = "";
	char mark = '{';

	if (v->part)
		(void)snprintf(
		    number, sizeof number, "%s=\"%zu\"", v->part, v->number);
	buf_printf(out, "%s%s", r->name, suffix);
	put_labels(out, &mark, number);
	put_labels(out, &mark, v->labels ? v->labels : "");
	put_labels(out, &mark, is_kind(r, "info") ? info_of(v) : "");
	put_labels(out, &mark, r->labels);
	put_labels(out, &mark, bound);
	buf_puts(out, mark == ',' ? "} " : " ");
}

/* Seconds, to the last digit that is not 0. */
static void put_us(uint64_t us, struct buf *out)
{
	uint64_t rest = us % 1000000;
	int digits = 6;

	buf_printf(out, "%" PRIu64, us / 1000000);
	if (rest == 0)
		return;
	for (; rest % 10 == 0; digits--)
		rest /= 10;
	buf_printf(out, ".%0*" PRIu64, digits, rest);
}

/* A gauge may be read between two blocks' changes: signed. */
static void put_value(const struct row *r, uint64_t sum, struct buf *out)
{
	if (is_kind(r, "seconds"))
		put_us(sum * 1000, out);
	else if (is_kind(r, "age"))
		put_us(((uint64_t)clock_ms() - sum) * 1000, out);
	else if (is_kind(r, "stopwatch"))
		put_us(metrics_ran_ms(sum) * 1000, out);
	else if (is_kind(r, "gauge"))
		buf_printf(out, "%" PRId64, (int64_t)sum);
	else
		buf_printf(out, "%" PRIu64, sum);
	buf_puts(out, "\n");
}

static void put_bucket(const struct view *v, const struct row *r,
    const char *bound, uint64_t total, struct buf *out)
{
	put_name(v, r, "_bucket", bound, out);
	buf_printf(out, "%" PRIu64 "\n", total);
}

/* What is counted by itself is shown with all that is below it. */
static void put_histogram(
    const struct view *v, const struct row *r, struct buf *out)
{
	enum metric sum = (enum metric)(r - rows);
	enum metric bucket = sum + 1;
	struct buf bound = { 0 };
	uint64_t total = 0;

	for (size_t i = 0; r->bounds[i] != 0; i++) {
		bound.len = 0;
		buf_puts(&bound, "le=\"");
		put_us(r->bounds[i], &bound);
		buf_putn(&bound, "\"", 2);
		total += seen(v, bucket++);
		put_bucket(v, r, bound.data, total, out);
	}
	buf_fini(&bound);
	total += seen(v, bucket);
	put_bucket(v, r, "le=\"+Inf\"", total, out);
	put_name(v, r, "_sum", "", out);
	put_us(seen(v, sum), out);
	buf_puts(out, "\n");
	put_name(v, r, "_count", "", out);
	buf_printf(out, "%" PRIu64 "\n", total);
}

static void put_row(const struct view *v, const struct row *r, struct buf *out)
{
	if (r->bounds) {
		put_histogram(v, r, out);
		return;
	}
	put_name(v, r, "", "", out);
	put_value(r, seen(v, (enum metric)(r - rows)), out);
}

/* They are with the main thread's block. */
static void put_sources(
    const struct metrics *main, const struct row *r, struct buf *out)
{
	struct view v = { .part = "source" };

	for (v.source = main->sources; v.source; v.source = v.source->next) {
		put_row(&v, r, out);
		v.number++;
	}
}

/* Behind the main thread's block stand theirs. */
static void put_workers(struct metrics *const *blocks, size_t count,
    const struct row *r, struct buf *out)
{
	struct view v = { .count = 1, .part = "worker" };

	for (size_t i = 1; i < count; i++) {
		v.blocks = &blocks[i];
		v.number = i - 1;
		put_row(&v, r, out);
	}
}

/*
 * Of a row that has several values, with labels of their own: those, up to the
 * first NULL. They are with the main thread's block. NULL: it is no such row.
 */
static char *const *labels_of(const struct metrics *main, const struct row *r)
{
	switch (r->by) {
	case METRICS_BY_LISTENER:
		return main->listeners;
	case METRICS_BY_CERTIFICATE:
		return main->certificates;
	case METRICS_BY_ROUTE:
		return main->routes;
	case METRICS_BY_KEYS:
		return main->keys;
	case METRICS_OF_ALL:
	case METRICS_BY_SOURCE:
	case METRICS_BY_WORKER:
		break;
	}
	return NULL;
}

static void put_labelled(const struct view *all, const struct row *r,
    char *const *labels, struct buf *out)
{
	struct view v = *all;

	for (size_t i = 0; i < r->cells && labels[i]; i++) {
		v.labels = labels[i];
		put_name(&v, r, "", "", out);
		put_value(
		    r, seen(&v, (enum metric)(r - rows) + (enum metric)i), out);
	}
}

/* The first row of a name carries its kind and help. */
static bool is_first(const struct row *r)
{
	const struct row *before = r;

	while (before > rows && !before[-1].name)
		before--;
	return before == rows || strcmp(before[-1].name, r->name) != 0;
}

/* What the format knows. */
static const char *public_kind(const struct row *r)
{
	if (is_kind(r, "stopwatch"))
		return "counter";
	if (is_kind(r, "seconds") || is_kind(r, "age") || is_kind(r, "info"))
		return "gauge";
	return r->kind;
}

/* A row without samples is left out. */
static bool is_shown(const struct metrics *main, const struct row *r)
{
	char *const *labels = labels_of(main, r);

	if (r->by == METRICS_BY_SOURCE)
		return main->sources;
	return !labels || labels[0];
}

/* All that there are of a row. */
static void put_samples(struct metrics *const *blocks, size_t count,
    const struct row *r, struct buf *out)
{
	const struct view all = { .blocks = blocks, .count = count };
	char *const *labels = labels_of(blocks[0], r);

	if (labels)
		put_labelled(&all, r, labels, out);
	else if (r->by == METRICS_BY_WORKER)
		put_workers(blocks, count, r, out);
	else if (r->by == METRICS_BY_SOURCE)
		put_sources(blocks[0], r, out);
	else
		put_row(&all, r, out);
}

void metrics_print(struct metrics *const *blocks, size_t count, struct buf *out)
{
	for (const struct row *r = rows; r < rows + METRIC_COUNT; r++) {
		if (!r->name || !is_shown(blocks[0], r))
			continue;
		if (is_first(r))
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", r->name,
			    r->help, r->name, public_kind(r));
		put_samples(blocks, count, r, out);
	}
}

const char *metrics_labels(enum metric id)
{
	return rows[id].labels;
}

void metrics_find(const char *name, enum metric *first, enum metric *last)
{
	const struct row *r = rows, *end = rows + METRIC_COUNT;

	while (!r->name || strcmp(r->name, name) != 0)
		r++;
	*first = (enum metric)(r - rows);
	while (r + 1 < end && r[1].name && strcmp(r[1].name, name) == 0)
		r++;
	*last = (enum metric)(r - rows);
}

/* --- the reference --- */

static void put_bounds(const struct row *r, struct buf *out)
{
	buf_puts(out, "`le`: ");
	for (size_t i = 0; r->bounds[i] != 0; i++) {
		put_us(r->bounds[i], out);
		buf_puts(out, ", ");
	}
	buf_puts(out, "+Inf<br>");
}

/* Whether it is of the first one's name, or no row at all. */
static bool is_of(const struct row *r, const struct row *first)
{
	return !r->name || strcmp(r->name, first->name) == 0;
}

/* Those that are told apart in the table itself. */
static void put_row_labels(const struct row *first, struct buf *out)
{
	const struct row *end = rows + METRIC_COUNT;
	const char *labels[METRIC_COUNT];
	size_t count = 0;

	for (const struct row *r = first; r < end && is_of(r, first); r++)
		if (r->name && r->labels[0])
			labels[count++] = r->labels;
	if (count > 0)
		metrics_labels_put(labels, count, out);
}

/* All that the rows of a name have, each line with a line's end. */
static void put_all_labels(const struct row *first, struct buf *out)
{
	static const char *const told_by[] = {
		[METRICS_OF_ALL] = "",
		[METRICS_BY_SOURCE] = "`source`<br>",
		[METRICS_BY_WORKER] = "`worker`<br>",
		[METRICS_BY_LISTENER] = "`listener`<br>",
		[METRICS_BY_CERTIFICATE] = "`listener`, `certificate`<br>",
		[METRICS_BY_ROUTE] = "`route`<br>",
		[METRICS_BY_KEYS] = "`auth`<br>",
	};

	buf_puts(out, told_by[first->by]);
	if (is_kind(first, "info"))
		buf_puts(out, first->by == METRICS_BY_SOURCE
				  ? "`kind`, `address`, `master`<br>"
				  : "`version`, `commit`, `libevent`, "
				    "`openssl`, `zlib`, `hiredis`, "
				    "`wslay`, `cjson`, `libyaml`<br>");
	if (first->bounds)
		put_bounds(first, out);
	put_row_labels(first, out);
}

void metrics_reference(struct buf *out)
{
	struct buf labels = { 0 };

	buf_puts(out,
	    "# Metrics\n\n"
	    "`GET /metrics` on the admin listener, Prometheus text format. "
	    "Made from `src/core/metrics.def` by `make docs`. A label is "
	    "told with its values; where some values of two labels never "
	    "meet, those that do share a line.\n\n"
	    "| metric | kind | labels | what it counts |\n"
	    "| --- | --- | --- | --- |\n");
	for (const struct row *r = rows; r < rows + METRIC_COUNT; r++) {
		if (!r->name || !is_first(r))
			continue;
		buf_printf(out, "| `%s` | %s | ", r->name, public_kind(r));
		labels.len = 0;
		put_all_labels(r, &labels);
		if (labels.len > 0) /* but for the last end of a line */
			buf_putn(out, labels.data, labels.len - strlen("<br>"));
		buf_printf(out, " | %s |\n", r->help);
	}
	buf_fini(&labels);
}
