#include "net/auth_certificate.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf_auth.h"
#include "net/identity.h"
#include "proto/glob.h"
#include "proto/names.h"
#include "sys/tls_dates.h"
#include "sys/tls_subject.h"

/* A claim has no more texts than this; what follows is left out. */
enum { TEXTS_MAX = 64 };

/* conf_auth_may_claim knows them, too. */
static const char *const claims[TLS_SUBJECT_FIELDS] = {
	[TLS_SUBJECT_CN] = "cn",
	[TLS_SUBJECT_O] = "o",
	[TLS_SUBJECT_OU] = "ou",
	[TLS_SUBJECT_DNS] = "dns",
	[TLS_SUBJECT_EMAIL] = "email",
	[TLS_SUBJECT_URI] = "uri",
};

static const enum tls_subject_field user_fields[] = {
	[CONF_USER_CN] = TLS_SUBJECT_CN,
	[CONF_USER_DNS] = TLS_SUBJECT_DNS,
	[CONF_USER_EMAIL] = TLS_SUBJECT_EMAIL,
	[CONF_USER_URI] = TLS_SUBJECT_URI,
};

/* A certificate on its way to an identity. */
struct looking {
	struct identity *id;
	enum tls_subject_field user_field;
	size_t users; /* how many texts that field has */
	bool is_out_of_memory;
};

static cJSON *claim_of(struct looking *l, const char *name)
{
	cJSON *claim = cJSON_GetObjectItemCaseSensitive(l->id->claims, name);

	return claim ? claim : cJSON_AddArrayToObject(l->id->claims, name);
}

static void add_claim(
    struct looking *l, enum tls_subject_field field, const char *text)
{
	cJSON *claim = claim_of(l, claims[field]);

	if (claim && cJSON_GetArraySize(claim) >= TEXTS_MAX)
		return;
	if (!claim || !cJSON_AddItemToArray(claim, cJSON_CreateString(text)))
		l->is_out_of_memory = true;
}

/* What no user may be called is nobody's name, and no claim either. */
static void take(void *arg, enum tls_subject_field field, struct slice text)
{
	struct looking *l = arg;
	bool is_user = field == l->user_field;
	char *copy;

	l->users += is_user;
	if (!user_name_is_valid(text))
		return;
	copy = xstrndup(text.ptr, text.len);
	add_claim(l, field, copy);
	if (is_user && !l->id->user)
		l->id->user = copy;
	else
		free(copy);
}

/* Of several the authority cannot have meant all to be the user's name. */
static const char *fault_of(const struct looking *l)
{
	if (l->users == 0)
		return "the certificate lacks the field that names the user";
	if (l->users > 1)
		return "the certificate names several users";
	return l->id->user ? NULL : refused_text(REFUSED_CERTIFICATE_USER);
}

static bool is_permitted(const struct conf_auth *auth, const char *user)
{
	for (size_t i = 0; i < auth->users.count; i++) {
		size_t steps = GLOB_MAX * USER_NAME_MAX;

		if (glob_matches(slice_str(auth->users.items[i]),
			slice_str(user), &steps))
			return true;
	}
	return auth->users.count == 0;
}

/* TLS has looked at it once; the request may have come long after. */
static enum refused why_not(
    const struct conf_auth *auth, const struct identity *id)
{
	if (clock_wall_ms() / 1000 > id->expires_s)
		return REFUSED_EXPIRED;
	return is_permitted(auth, id->user) ? REFUSED_NOT : REFUSED_USERS;
}

struct verdict auth_certificate_check(const struct conf_auth *auth,
    const struct x509_st *certificate, struct identity *id)
{
	struct looking l = { id, user_fields[auth->user_field], 0, false };
	const char *fault;

	if (!certificate)
		return verdict_of(REFUSED_NO_CERTIFICATE);
	id->claims = cJSON_CreateObject();
	if (id->claims)
		tls_subject_visit(certificate, take, &l);
	if (!id->claims || l.is_out_of_memory)
		return verdict_of(REFUSED_MEMORY);
	id->expires_s = tls_dates_of(certificate).end_s;
	fault = fault_of(&l);
	if (fault)
		return (struct verdict){ .why = REFUSED_CERTIFICATE_USER,
			.detail = fault };
	return (struct verdict){ .why = why_not(auth, id), .user = id->user };
}
