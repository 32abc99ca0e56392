/*
 * spell: trouble that comes and goes, as descriptors that run out while
 * clients come and leave, is one spell with two lines in the log, and not two
 * lines each time.
 */
#ifndef BASE_SPELL_H
#define BASE_SPELL_H

#include <stdbool.h>
#include <stdint.h>

enum { SPELL_CALM_MS = 1000 };

/* Zero-initialised: no trouble. */
struct spell {
	int64_t last_ms;
	bool is_on;
};

/* Trouble, at now_ms of a clock that never jumps. Whether a spell begins. */
static inline bool spell_hit(struct spell *s, int64_t now_ms)
{
	bool is_new = !s->is_on;

	s->is_on = true;
	s->last_ms = now_ms;
	return is_new;
}

/* Whether the spell is over: calm for SPELL_CALM_MS. True once a spell. */
static inline bool spell_ends(struct spell *s, int64_t now_ms)
{
	if (!s->is_on || now_ms - s->last_ms < SPELL_CALM_MS)
		return false;
	s->is_on = false;
	return true;
}

#endif
