/* conf: who may connect: listeners, authenticators and routes together. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ip.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_notes.h"
#include "conf/conf_print.h"
#include "conf/conf_ref.h"
#include "parsed.h"
#include "proto/origin.h"
#include "unit.h"

#define ROUTE "routes: [{path: /ws, rooms: [a]}]\n"

static void check_texts(struct conf_strings s, const char *joined)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < s.count; i++)
		buf_printf(&out, "%s%s", i ? "," : "", s.items[i]);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, joined);
	buf_fini(&out);
}

/* "test" stands in the working directory, and so do the files it names. */
static void check_path(const char *path, const char *relative)
{
	char here[1024];
	size_t len;

	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	len = strlen(here);
	ck_assert_int_eq(strncmp(path, here, len), 0);
	ck_assert_int_eq(path[len], '/');
	ck_assert_str_eq(path + len + 1, relative);
}

START_TEST(a_listener_is_plain_and_trusts_nobody)
{
	struct conf *c = must_parse(ROUTE);
	const struct conf_listen *l = &c->listen.items[0];

	ck_assert_ptr_null(l->tls.certificate);
	ck_assert_ptr_null(l->tls.key);
	ck_assert(!l->proxy_protocol);
	ck_assert_uint_eq(l->trusted.count, 0);
	ck_assert_ptr_null(l->trusted_prefixes);
	conf_unref(c);
}
END_TEST

START_TEST(trusted_addresses_are_compiled_in_order)
{
	struct conf *c =
	    must_parse("listen:\n"
		       "  - address: '*:1'\n"
		       "    tls: {certificate: tests/conf/certificate,\n"
		       "      key: tests/conf/private-key}\n"
		       "    proxy_protocol: true\n"
		       "    trusted: [10.0.0.0/8, '2001:db8::1']\n" ROUTE);
	const struct conf_listen *l = &c->listen.items[0];
	struct ip ip;

	check_path(l->tls.certificate, "tests/conf/certificate");
	check_path(l->tls.key, "tests/conf/private-key");
	ck_assert(l->proxy_protocol);
	ck_assert_uint_eq(l->trusted.count, 2);
	ck_assert(ip_parse(slice_str("10.255.0.1"), &ip));
	ck_assert(prefix_holds(&l->trusted_prefixes[0], &ip));
	ck_assert(!prefix_holds(&l->trusted_prefixes[1], &ip));
	ck_assert(ip_parse(slice_str("2001:db8::1"), &ip));
	ck_assert(!prefix_holds(&l->trusted_prefixes[0], &ip));
	ck_assert(prefix_holds(&l->trusted_prefixes[1], &ip));
	conf_unref(c);
}
END_TEST

START_TEST(a_jwt_authenticator_has_its_defaults_and_nothing_of_http)
{
	struct conf *c =
	    must_parse("auth:\n"
		       "  app:\n"
		       "    type: jwt\n"
		       "    algorithms: [HS256]\n"
		       "    secret_file: tests/conf/secret\n" ROUTE);
	const struct conf_auth *a = &c->auth.items[0];

	ck_assert_uint_eq(c->auth.count, 1);
	ck_assert_str_eq(a->name, "app");
	ck_assert_int_eq(a->type, CONF_AUTH_JWT);
	check_texts(a->algorithms, "HS256");
	check_path(a->secret_file.items[0], "tests/conf/secret");
	ck_assert_uint_eq(a->public_key_file.count, 0);
	check_texts(a->token, "header.authorization,query.token");
	ck_assert_ptr_null(a->issuer);
	ck_assert_ptr_null(a->audience);
	ck_assert_int_eq(a->leeway_ms, 30000);
	ck_assert_str_eq(a->user_claim, "sub");
	ck_assert_ptr_null(a->url);
	ck_assert_int_eq(a->timeout_ms, 0);
	ck_assert_uint_eq(a->headers.count, 0);
	ck_assert_uint_eq(a->max_parallel, 0);
	conf_unref(c);
}
END_TEST

START_TEST(an_http_authenticator_has_its_defaults_and_nothing_of_jwt)
{
	struct conf *c =
	    must_parse("auth: {app: {type: http, url: 'http://h/a'}}\n" ROUTE);
	const struct conf_auth *a = &c->auth.items[0];

	ck_assert_int_eq(a->type, CONF_AUTH_HTTP);
	ck_assert_str_eq(a->url, "http://h/a");
	ck_assert_int_eq(a->timeout_ms, 2000);
	check_texts(a->headers, "cookie,authorization");
	ck_assert_uint_eq(a->max_parallel, 64);
	ck_assert_uint_eq(a->algorithms.count, 0);
	ck_assert_uint_eq(a->token.count, 0);
	ck_assert_int_eq(a->leeway_ms, 0);
	ck_assert_ptr_null(a->user_claim);
	conf_unref(c);
}
END_TEST

START_TEST(what_is_written_for_an_authenticator_lands_there)
{
	struct conf *c = must_parse(
	    "auth:\n"
	    "  t: {public_key_file: tests/conf/public-key, type: jwt,\n"
	    "    secret_file: [tests/conf/secret-next, tests/conf/secret],\n"
	    "    algorithms: [EdDSA, HS512], token: [cookie.t], leeway: 0,\n"
	    "    issuer: i, audience: a, user_claim: uid}\n"
	    "  h: {type: http, url: 'http://h:1/', timeout: 100ms,\n"
	    "    headers: [X-Tenant, COOKIE], max_parallel: 7}\n" ROUTE);
	const struct conf_auth *t = &c->auth.items[0];
	const struct conf_auth *h = &c->auth.items[1];

	check_texts(t->algorithms, "EdDSA,HS512");
	check_path(t->secret_file.items[0], "tests/conf/secret-next");
	check_path(t->secret_file.items[1], "tests/conf/secret");
	check_path(t->public_key_file.items[0], "tests/conf/public-key");
	check_texts(t->token, "cookie.t");
	ck_assert_str_eq(t->issuer, "i");
	ck_assert_str_eq(t->audience, "a");
	ck_assert_int_eq(t->leeway_ms, 0);
	ck_assert_str_eq(t->user_claim, "uid");
	ck_assert_int_eq(h->timeout_ms, 100);
	check_texts(h->headers, "x-tenant,cookie");
	ck_assert_uint_eq(h->max_parallel, 7);
	conf_unref(c);
}
END_TEST

START_TEST(a_route_finds_its_authenticator_above_and_below_it)
{
	struct conf *c = must_parse(
	    "routes:\n"
	    "  - {path: /a, rooms: ['{user}'], auth: two, permit: claim.r}\n"
	    "  - {path: /b, rooms: [a]}\n"
	    "auth:\n"
	    "  one: {type: http, url: 'http://h/'}\n"
	    "  two: {type: http, url: 'http://h/'}\n");
	const struct conf_route *r = c->routes.items;

	ck_assert_ptr_eq(r[0].authenticator, &c->auth.items[1]);
	ck_assert_str_eq(r[0].permit, "claim.r");
	ck_assert_int_eq(r[0].templates[0].parts[0].source, TEMPLATE_USER);
	ck_assert_str_eq(r[1].auth, "none");
	ck_assert_ptr_null(r[1].authenticator);
	ck_assert_ptr_null(r[1].permit);
	ck_assert_ptr_null(r[1].origin_patterns);
	conf_unref(c);
}
END_TEST

START_TEST(origins_are_compiled_and_null_needs_no_quotes)
{
	struct conf *c =
	    must_parse("routes:\n"
		       "  - {path: /a, rooms: [a],\n"
		       "    origins: ['https://*.A.example', null]}\n");
	const struct conf_route *r = &c->routes.items[0];

	check_texts(r->origins, "https://*.A.example,null");
	ck_assert_str_eq(r->origin_patterns[0].site.host, "a.example");
	ck_assert(r->origin_patterns[0].is_wildcard);
	ck_assert(r->origin_patterns[1].site.is_null);
	conf_unref(c);
}
END_TEST

START_TEST(open_routes_are_noted)
{
	struct conf *c = must_parse(
	    "auth: {app: {type: http, url: 'http://h/'}}\n"
	    "routes:\n"
	    "  - {path: '/a/{x}', rooms: [a]}\n"
	    "  - {path: /b, rooms: [a], auth: app}\n"
	    "  - {path: /c, rooms: [a], origins: ['https://a.example']}\n"
	    "  - {path: /d, rooms: [a], auth: none, origins: []}\n");
	struct buf out = { 0 };

	conf_notes(c, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data,
	    "test:3:5: routes[0]: /a/{x} has auth none and has no origins: a "
	    "browser from any site may connect\n"
	    "test:4:5: routes[1]: /b goes by a cookie and has no origins: a "
	    "browser from any site may connect\n"
	    "test:6:49: routes[3].origins: /d has auth none and has no "
	    "origins: a browser from any site may connect\n");
	buf_fini(&out);
	conf_unref(c);
}
END_TEST

START_TEST(a_dump_names_key_files_only)
{
	struct conf *c = must_parse(
	    "auth: {t: {type: jwt, algorithms: [HS256],\n"
	    "  secret_file: tests/conf/secret}}\n"
	    "listen: [{address: '*:1', tls: {key: tests/conf/private-key,\n"
	    "  certificate: tests/conf/certificate}}]\n" ROUTE);
	struct buf out = { 0 };

	conf_dump(c, &out);
	buf_putn(&out, "", 1);
	ck_assert_ptr_null(strstr(out.data, "hunter2"));
	ck_assert_ptr_nonnull(strstr(out.data, "/tests/conf/secret\"]"));
	ck_assert_ptr_nonnull(strstr(out.data, "/tests/conf/private-key\"\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "# public_key_file: not set"));
	buf_fini(&out);
	conf_unref(c);
}
END_TEST

UNIT_MAIN("conf/conf_rows_clients", a_listener_is_plain_and_trusts_nobody,
    trusted_addresses_are_compiled_in_order,
    a_jwt_authenticator_has_its_defaults_and_nothing_of_http,
    an_http_authenticator_has_its_defaults_and_nothing_of_jwt,
    what_is_written_for_an_authenticator_lands_there,
    a_route_finds_its_authenticator_above_and_below_it,
    origins_are_compiled_and_null_needs_no_quotes, open_routes_are_noted,
    a_dump_names_key_files_only)
