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

static const cJSON *find(const struct identity *id, struct slice name)
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

int identity_claim(const struct identity *id, struct slice name,
    identity_visit_fn visit, void *arg)
{
	const cJSON *claim = find(id, name);
	int status = 0;

	if (!claim)
		return -ENOENT;
	if (!cJSON_IsArray(claim))
		return visit_one(claim, visit, arg);
	for (const cJSON *item = claim->child; item && status == 0;
	     item = item->next)
		status = visit_one(item, visit, arg);
	return status;
}

enum { MATCHES = 1 };

static int try_pattern(void *arg, struct slice pattern)
{
	const struct slice *room = arg;

	return glob_matches(pattern, *room) ? MATCHES : 0;
}

bool identity_permits(
    const struct identity *id, struct slice claim, struct slice room)
{
	return identity_claim(id, claim, try_pattern, &room) == MATCHES;
}
