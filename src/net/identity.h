/*
 * identity: who an authenticator says a client is. A token's claims, or the
 * hook's answer; room templates and permits read both alike.
 */
#ifndef NET_IDENTITY_H
#define NET_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct cJSON;

/* Zero-initialised: nobody in particular. */
struct identity {
	char *user;           /* owned; NULL: none */
	struct cJSON *claims; /* owned; an object, or NULL */
	int64_t expires_s;    /* seconds since 1970; 0: never */
};

void identity_fini(struct identity *id);

/* The claim of this name, or NULL. It is the identity's. */
const struct cJSON *identity_find(const struct identity *id, struct slice name);

/*
 * Call visit with each text of a claim: a string, an integer in decimal, or
 * those that an array holds. Stops when visit does not return 0, and returns
 * what it returned. -EINVAL when it is, or holds, something else.
 */
typedef int (*identity_visit_fn)(void *arg, struct slice text);
int identity_visit(const struct cJSON *claim, identity_visit_fn visit,
    void *arg) __attribute__((warn_unused_result));

/* The same by the claim's name. -ENOENT when there is no such claim. */
int identity_claim(const struct identity *id, struct slice name,
    identity_visit_fn visit, void *arg) __attribute__((warn_unused_result));

/*
 * Whether one of a claim's texts is a glob pattern that the room matches.
 * *steps is what all questions of one request may cost together (proto/glob):
 * when it has come down to 0 nothing is permitted any more. claim may be NULL.
 */
enum { IDENTITY_PERMIT_STEPS = 1 << 21 }; /* some 10 ms */
bool identity_permits(
    const struct cJSON *claim, struct slice room, size_t *steps);

#endif
