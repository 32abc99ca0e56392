/* samples: see samples.h. */
#include "core/samples.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

static size_t width_of(const struct samples_rows *r)
{
	return (size_t)(r->last - r->first) + 1;
}

void samples_init(struct samples *s, struct metrics *const *blocks,
    size_t block_count, const struct samples_rows *rows, size_t row_count,
    size_t max)
{
	*s = (struct samples){
		.blocks = blocks,
		.block_count = block_count,
		.rows = rows,
		.row_count = row_count,
		.max = max,
	};
	for (size_t i = 0; i < row_count; i++)
		s->width += width_of(&rows[i]);
	s->at_ms = xcalloc(max, sizeof *s->at_ms);
	s->values = xcalloc(max * s->width, sizeof *s->values);
	samples_take(s);
}

void samples_fini(struct samples *s)
{
	free(s->at_ms);
	free(s->values);
}

static uint64_t look(
    const struct samples *s, const struct samples_rows *r, enum metric id)
{
	return r->is_max ? metrics_max(s->blocks, s->block_count, id)
			 : metrics_sum(s->blocks, s->block_count, id);
}

static uint64_t *sample(const struct samples *s, uint64_t number)
{
	return &s->values[number % s->max * s->width];
}

void samples_take(struct samples *s)
{
	uint64_t *value = sample(s, s->taken);

	for (size_t i = 0; i < s->row_count; i++)
		for (enum metric id = s->rows[i].first; id <= s->rows[i].last;
		     id++)
			*value++ = look(s, &s->rows[i], id);
	s->at_ms[s->taken++ % s->max] = clock_ms();
}

uint64_t samples_oldest(const struct samples *s)
{
	return s->taken > s->max ? s->taken - s->max : 0;
}

uint64_t samples_find(const struct samples *s, int64_t age_ms)
{
	int64_t until_ms = clock_ms() - age_ms;
	uint64_t number = s->taken - 1;

	while (
	    number > samples_oldest(s) && samples_at_ms(s, number) > until_ms)
		number--;
	return number;
}

int64_t samples_at_ms(const struct samples *s, uint64_t number)
{
	return s->at_ms[number % s->max];
}

/* The rows that hold it; *column: where it stands in a sample. */
static const struct samples_rows *find_rows(
    const struct samples *s, enum metric id, size_t *column)
{
	const struct samples_rows *r = s->rows;

	for (*column = 0; id < r->first || id > r->last; r++)
		*column += width_of(r);
	*column += (size_t)(id - r->first);
	return r;
}

uint64_t samples_value(const struct samples *s, uint64_t number, enum metric id)
{
	size_t column;

	(void)find_rows(s, id, &column);
	return sample(s, number)[column];
}

uint64_t samples_now(const struct samples *s, enum metric id)
{
	size_t column;

	return look(s, find_rows(s, id, &column), id);
}
