#include "net/identity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "proto/glob.h"

/* Below this (2^53) a double that is an integer is the one that was meant. */
#define EXACT_MAX 9007199254740992.0

void identity_fini(struct identity *id)
{
	free(id->user);
	cJSON_Delete(id->claims);
	*id = (struct identity){ 0 };
}

const cJSON *identity_find(const struct identity *id, struct slice name)
{
	const cJSON *item = id->claims ? id->claims->child : NULL;

	while (item && !slice_eq(slice_str(item->string), name))
		item = item->next;
	return item;
}

static int visit_one(const cJSON *item, identity_visit_fn visit, void *arg)
{
	char digits[32];

	if (cJSON_IsString(item))
		return visit(arg, slice_str(item->valuestring));
	if (!cJSON_IsNumber(item) || fabs(item->valuedouble) >= EXACT_MAX ||
	    item->valuedouble != floor(item->valuedouble))
		return -EINVAL;
	(void)snprintf(digits, sizeof digits, "%.0f", item->valuedouble);
	return visit(arg, slice_str(digits));
}

int identity_visit(const cJSON *claim, identity_visit_fn visit, void *arg)
{
	int status = 0;

	if (!cJSON_IsArray(claim))
		return visit_one(claim, visit, arg);
	for (const cJSON *item = claim->child; item && status == 0;
	     item = item->next)
		status = visit_one(item, visit, arg);
	return status;
}

int identity_claim(const struct identity *id, struct slice name,
    identity_visit_fn visit, void *arg)
{
	const cJSON *claim = identity_find(id, name);

	return claim ? identity_visit(claim, visit, arg) : -ENOENT;
}

enum {
	GOES_ON,
	MATCHES,
	TOO_MUCH,
	PATTERN_STEPS = 16, /* what each costs besides: found, made a text */
};

struct permit {
	struct slice room;
	size_t *steps;
};

static int try_pattern(void *arg, struct slice pattern)
{
	const struct permit *p = arg;

	*p->steps -= *p->steps < PATTERN_STEPS ? *p->steps : PATTERN_STEPS;
	if (glob_matches(pattern, p->room, p->steps))
		return MATCHES;
	return *p->steps > 0 ? GOES_ON : TOO_MUCH;
}

bool identity_permits(const cJSON *claim, struct slice room, size_t *steps)
{
	struct permit p = { room, steps };

	return claim && identity_visit(claim, try_pattern, &p) == MATCHES;
}
