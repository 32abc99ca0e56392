/*
 * suggest: see suggest.h. Distance is the number of letters to add, drop,
 * change or swap with their neighbour, without regard to case (optimal string
 * alignment). A word is near when at most a third of its letters differ, one
 * or two in short words, or when it is the beginning of the other.
 */
#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"

enum { WORD_MAX = 40 };

typedef size_t grid[WORD_MAX + 1][WORD_MAX + 1];

static bool is_same(char a, char b)
{
	return ascii_to_lower(a) == ascii_to_lower(b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The cell for the first i letters of a and the first k of b, both not 0. */
static size_t cell(grid cells, const char *a, size_t i, const char *b, size_t k)
{
	size_t change = is_same(a[i - 1], b[k - 1]) ? 0 : 1;
	size_t best = cells[i - 1][k - 1] + change;

	best = least(best, cells[i - 1][k] + 1);
	best = least(best, cells[i][k - 1] + 1);
	if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
	    is_same(a[i - 2], b[k - 1]))
		best = least(best, cells[i - 2][k - 2] + 1);
	return best;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	grid cells;

	for (size_t i = 0; i <= a_len; i++)
		for (size_t k = 0; k <= b_len; k++)
			cells[i][k] = i && k ? cell(cells, a, i, b, k) : i + k;
	return cells[a_len][b_len];
}

/* Whether one begins the other: warning and warn, conn and connections. */
static bool begins_the_same(
    const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t len = least(a_len, b_len);

	return len >= 3 && ascii_eq(slice_of(a, len), slice_of(b, len));
}

struct suggest suggest_begin(struct slice word)
{
	return (struct suggest){ .word = word };
}

void suggest_offer(struct suggest *s, const char *known)
{
	size_t len = s->word.len, known_len = strlen(known);
	size_t near = known_len < 3 ? 1 : known_len < 9 ? 2 : known_len / 3;
	size_t d;

	if (len == 0 || len > WORD_MAX || known_len > WORD_MAX)
		return;
	d = distance(s->word.ptr, len, known, known_len);
	/* With as many changes as letters, any word becomes any other. */
	if ((d > near || d >= least(len, known_len)) &&
	    !begins_the_same(s->word.ptr, len, known, known_len))
		return;
	if (s->best && d >= s->distance)
		return;
	s->best = known;
	s->distance = d;
}
