#include "histogram.h"

/* Values below two steps' worth have a cell of their own. */
static unsigned cell_of(uint64_t value)
{
	unsigned shift;

	if (value < UINT64_C(2) * HISTOGRAM_STEPS)
		return (unsigned)value;
	shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
	return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

/* The largest value that falls into the cell. */
static uint64_t cell_top(unsigned cell)
{
	unsigned shift;

	if (cell < 2 * HISTOGRAM_STEPS)
		return cell;
	shift = cell / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(cell - shift * HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->cells[cell_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->count + 0.5);
	uint64_t seen = 0;

	if (wanted == 0)
		wanted = 1;
	for (unsigned i = 0; i < HISTOGRAM_CELLS; i++) {
		seen += h->cells[i];
		if (seen >= wanted) {
			uint64_t top = cell_top(i);

			return top < h->max ? top : h->max;
		}
	}
	return h->max;
}
