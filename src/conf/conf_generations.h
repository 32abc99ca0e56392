/*
 * conf_generations: the configuration that is in force, and those before it of
 * whose channels something may still be under way.
 */
#ifndef CONF_CONF_GENERATIONS_H
#define CONF_CONF_GENERATIONS_H

#include <stddef.h>

struct conf;

/*
 * So many changes of channels may come while something of before is under way;
 * what is still older is no longer known.
 */
enum { CONF_GENERATIONS_MAX = 5 };

struct conf_generations {
	/* References, the newest first: that in force. Those of before have
	 * other channels than the next. */
	const struct conf *of[CONF_GENERATIONS_MAX];
	size_t count; /* at least 1 */
};

struct conf_generations conf_generations_of(const struct conf *conf);
void conf_generations_fini(struct conf_generations *g);

/* This one is in force. The one before is kept where its channels differ. */
void conf_generations_use(struct conf_generations *g, const struct conf *conf);

#endif
