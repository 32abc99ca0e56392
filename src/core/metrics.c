#include "core/metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static const struct row {
	const char *kind;
	const char *name;
	const char *labels;
	const char *help;
} rows[METRIC_COUNT] = {
#define METRIC(id, kind, name, labels, help) { kind, name, labels, help },
#include "core/metrics.def"
#undef METRIC
};

uint64_t metrics_sum(
    struct metrics *const *blocks, size_t count, enum metric id)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += atomic_load_explicit(
		    &blocks[i]->values[id], memory_order_relaxed);
	return sum;
}

/* The first row of a name carries its kind and help. */
static bool is_first(int i)
{
	return i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;
}

static bool is_kind(const struct row *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

/* What the format knows. */
static const char *public_kind(const struct row *r)
{
	return is_kind(r, "seconds") ? "gauge" : r->kind;
}

/* What stands behind the name of a row's sample. */
static const char *suffix(const struct row *r)
{
	if (is_kind(r, "histogram"))
		return "_bucket";
	if (is_kind(r, "sum"))
		return "_sum";
	return is_kind(r, "count") ? "_count" : "";
}

static bool is_in_ms(const struct row *r)
{
	return is_kind(r, "seconds") || is_kind(r, "sum");
}

/* A gauge may be read between two blocks' changes: signed. */
static void put_value(const struct row *r, uint64_t sum, struct buf *out)
{
	if (is_in_ms(r) && sum / 100 % 10 != 0)
		buf_printf(out, " %" PRIu64 ".%" PRIu64 "\n", sum / 1000,
		    sum / 100 % 10);
	else if (is_in_ms(r))
		buf_printf(out, " %" PRIu64 "\n", sum / 1000);
	else if (is_kind(r, "gauge"))
		buf_printf(out, " %" PRId64 "\n", (int64_t)sum);
	else
		buf_printf(out, " %" PRIu64 "\n", sum);
}

void metrics_print(struct metrics *const *blocks, size_t count, struct buf *out)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct row *r = &rows[i];
		uint64_t sum = metrics_sum(blocks, count, (enum metric)i);

		if (is_first(i))
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", r->name,
			    r->help, r->name, public_kind(r));
		buf_printf(out, "%s%s", r->name, suffix(r));
		if (r->labels[0])
			buf_printf(out, "{%s}", r->labels);
		put_value(r, sum, out);
	}
}

static void put_labels(struct buf *out, int first)
{
	for (int i = first;
	     i < METRIC_COUNT && strcmp(rows[i].name, rows[first].name) == 0;
	     i++)
		if (rows[i].labels[0])
			buf_printf(out, "%s`%s`", i > first ? "<br>" : "",
			    rows[i].labels);
}

void metrics_reference(struct buf *out)
{
	buf_puts(out,
	    "# Metrics\n\n"
	    "`GET /metrics` on the admin listener, Prometheus text format. "
	    "Made from `src/core/metrics.def` by `make docs`.\n\n"
	    "| metric | kind | labels | what it counts |\n"
	    "| --- | --- | --- | --- |\n");
	for (int i = 0; i < METRIC_COUNT; i++) {
		if (!is_first(i))
			continue;
		buf_printf(
		    out, "| `%s` | %s | ", rows[i].name, public_kind(&rows[i]));
		put_labels(out, i);
		buf_printf(out, " | %s |\n", rows[i].help);
	}
}
