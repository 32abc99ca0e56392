/*
 * auth_certificate: what a certificate may call its user, and that hostile
 * bytes in it are nobody's name.
 */
#include <time.h>

#include <cjson/cJSON.h>
#include <openssl/x509v3.h>

#include "conf/conf_auth.h"
#include "net/auth_certificate.h"
#include "net/identity.h"
#include "unit.h"

static X509 *x;
static struct conf_auth auth;
static struct identity id;

static void set_up(void)
{
	x = X509_new();
	ck_assert(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	ck_assert(ASN1_TIME_set(X509_getm_notAfter(x), 2000000000));
	auth = (struct conf_auth){ .type = CONF_AUTH_CERTIFICATE };
	id = (struct identity){ 0 };
}

static void tear_down(void)
{
	identity_fini(&id);
	X509_free(x);
}

static void add_part(const char *field, const char *bytes, int len)
{
	ck_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), field,
	    V_ASN1_UTF8STRING, (const unsigned char *)bytes, len, -1, 0));
}

static void push_name(GENERAL_NAMES *names, int type, const char *bytes)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	ck_assert(ASN1_STRING_set(text, bytes, -1));
	GENERAL_NAME_set0_value(name, type, text);
	ck_assert(sk_GENERAL_NAME_push(names, name));
}

static void add_one_of_each(void)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	add_part("CN", "a", 1);
	add_part("O", "b", 1);
	add_part("OU", "c", 1);
	push_name(names, GEN_DNS, "a.test");
	push_name(names, GEN_EMAIL, "a@a.test");
	push_name(names, GEN_URI, "urn:a");
	ck_assert(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0));
	GENERAL_NAMES_free(names);
}

static void add_uris(size_t count)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	for (size_t i = 0; i < count; i++)
		push_name(names, GEN_URI, "urn:a");
	ck_assert(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0));
	GENERAL_NAMES_free(names);
}

static void expect(enum refused why, const char *detail)
{
	struct verdict v = auth_certificate_check(&auth, x, &id);

	ck_assert_int_eq(v.why, why);
	ck_assert_ptr_eq(
	    v.user, why == REFUSED_CERTIFICATE_USER ? NULL : id.user);
	if (detail)
		ck_assert_str_eq(v.detail, detail);
}

START_TEST(who_has_shown_none_is_asked_for_one)
{
	struct verdict v = auth_certificate_check(&auth, NULL, &id);

	ck_assert_int_eq(v.why, REFUSED_NO_CERTIFICATE);
	ck_assert_int_eq(refused_status(v.why), 401);
}
END_TEST

START_TEST(the_field_that_is_configured_names_the_user)
{
	add_part("CN", "Ann Ott", 7);
	expect(REFUSED_NOT, NULL);
	ck_assert_str_eq(id.user, "Ann Ott");
	ck_assert_int_eq(id.expires_s, 2000000000);
	identity_fini(&id);
	add_uris(1);
	auth.user_field = CONF_USER_URI;
	expect(REFUSED_NOT, NULL);
	ck_assert_str_eq(id.user, "urn:a");
}
END_TEST

START_TEST(none_and_several_are_no_user)
{
	expect(REFUSED_CERTIFICATE_USER,
	    "the certificate lacks the field that names the user");
	identity_fini(&id);
	add_part("CN", "a", 1);
	add_part("CN", "b", 1);
	expect(REFUSED_CERTIFICATE_USER, "the certificate names several users");
}
END_TEST

START_TEST(an_invalid_one_beside_a_valid_one_counts)
{
	add_part("CN", "a\0b", 3);
	add_part("CN", "a", 1);
	expect(REFUSED_CERTIFICATE_USER, "the certificate names several users");
}
END_TEST

static void expect_no_name(const char *bytes, int len)
{
	add_part("CN", bytes, len);
	expect(
	    REFUSED_CERTIFICATE_USER, "the certificate's user is not a name");
	ck_assert_ptr_null(id.user);
	ck_assert_ptr_null(identity_find(&id, slice_str("cn")));
	identity_fini(&id);
	X509_free(x);
	x = X509_new();
	ck_assert(ASN1_TIME_set(X509_getm_notAfter(x), 2000000000));
}

START_TEST(hostile_bytes_are_no_name)
{
	expect_no_name("alice\0.evil", 11);
	expect_no_name("\0", 1);
	expect_no_name("a\nb", 3);
	expect_no_name("a\xc2\x80", 3);
	expect_no_name("\xff", 1);
}
END_TEST

START_TEST(only_some_users_may)
{
	char *globs[] = { (char[]){ "b*" }, (char[]){ "a?c" } };

	auth.users.items = globs;
	auth.users.count = 2;
	add_part("CN", "abc", 3);
	expect(REFUSED_NOT, NULL);
	identity_fini(&id);
	auth.users.count = 1;
	expect(REFUSED_USERS, NULL);
	ck_assert_int_eq(refused_status(REFUSED_USERS), 403);
	ck_assert_str_eq(id.user, "abc");
}
END_TEST

START_TEST(one_that_has_expired_since_is_no_more)
{
	ck_assert(ASN1_TIME_set(X509_getm_notAfter(x), time(NULL) - 2));
	add_part("CN", "a", 1);
	expect(REFUSED_EXPIRED, NULL);
	identity_fini(&id);
	ck_assert(ASN1_TIME_set(X509_getm_notAfter(x), time(NULL) + 60));
	expect(REFUSED_NOT, NULL);
}
END_TEST

START_TEST(claims_have_all_texts_up_to_a_bound)
{
	const cJSON *claim;

	add_part("CN", "a", 1);
	add_part("OU", "one", 3);
	add_part("OU", "two", 3);
	add_uris(100);
	expect(REFUSED_NOT, NULL);
	claim = identity_find(&id, slice_str("ou"));
	ck_assert_int_eq(cJSON_GetArraySize(claim), 2);
	ck_assert_str_eq(cJSON_GetArrayItem(claim, 1)->valuestring, "two");
	claim = identity_find(&id, slice_str("uri"));
	ck_assert_int_eq(cJSON_GetArraySize(claim), 64);
	ck_assert_ptr_null(identity_find(&id, slice_str("dns")));
}
END_TEST

START_TEST(a_configuration_may_name_each_claim)
{
	const struct conf_auth other = { .type = CONF_AUTH_HTTP };
	const cJSON *claim;

	add_one_of_each();
	expect(REFUSED_NOT, NULL);
	ck_assert_int_eq(cJSON_GetArraySize(id.claims), 6);
	cJSON_ArrayForEach(claim, id.claims)
	{
		ck_assert(conf_auth_may_claim(&auth, slice_str(claim->string)));
	}
	ck_assert(!conf_auth_may_claim(&auth, slice_str("sub")));
	ck_assert(!conf_auth_may_claim(&auth, slice_str("")));
	ck_assert(conf_auth_may_claim(&other, slice_str("sub")));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "net/auth_certificate",
    who_has_shown_none_is_asked_for_one,
    the_field_that_is_configured_names_the_user, none_and_several_are_no_user,
    an_invalid_one_beside_a_valid_one_counts, hostile_bytes_are_no_name,
    only_some_users_may, one_that_has_expired_since_is_no_more,
    claims_have_all_texts_up_to_a_bound, a_configuration_may_name_each_claim)
