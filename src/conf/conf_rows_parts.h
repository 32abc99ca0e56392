/*
 * conf_rows_parts: what the files of rows share among themselves: how a row is
 * spelt, and the rows of other files that those of the top level name.
 */
#ifndef CONF_CONF_ROWS_PARTS_H
#define CONF_CONF_ROWS_PARTS_H

#include "conf/conf_access.h"
#include "conf/schema.h"

#define KiB    ((int64_t)1 << 10)
#define MiB    ((int64_t)1 << 20)
#define GiB    ((int64_t)1 << 30)
#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Where the value of a row goes. */
#define IN(owner, member_)                  \
	.offset = offsetof(owner, member_), \
	.width = sizeof(((owner *)0)->member_)
#define IN_CONF(member_)  IN(struct conf, member_)
#define IN_REDIS(member_) IN(struct conf_redis, member_)
/* Who may open the unix socket that a map names: see conf_access.h. */
#define ACCESS_ROWS(owner, member_)                                            \
	{                                                                      \
		.key = "mode",                                                 \
		.type = SCHEMA_TEXT,                                           \
		.at_start = true,                                              \
		IN(owner, member_.mode),                                       \
		.preset = "0660",                                              \
		.check = conf_access_check_mode,                               \
		.prose = "Who may connect to a unix socket, in octal as for "  \
			 "`chmod`: `0660` is the gateway's user and the "      \
			 "`group`, `0666` everybody on the machine.",          \
	},                                                                     \
	{                                                                      \
		.key = "group", .type = SCHEMA_TEXT, .at_start = true,         \
		IN(owner, member_.group),                                      \
		.prose = "Group of a unix socket, by name or number: that of " \
			 "the proxy in front, such as `www-data`. Unless it "  \
			 "is root, the gateway's user must be in it. Not "     \
			 "set: the gateway's own.",                            \
	}
#define END                 \
	{                   \
		.key = NULL \
	}

extern const struct schema_row conf_rows_listen[];
extern const struct schema_row conf_rows_listen_tls[];
extern const struct schema_row conf_rows_auth[];
extern const struct schema_row conf_rows_route[];
extern const struct schema_row conf_rows_limits[];
extern const struct schema_row conf_rows_delivery[];
extern const struct schema_row conf_rows_redis[];
extern const struct schema_row conf_rows_sentinel[];
extern const struct schema_row conf_rows_cluster[];
extern const struct schema_row conf_rows_tls[];
extern const struct schema_row conf_rows_history[];
extern const struct schema_row conf_rows_events[];
extern const struct schema_row conf_rows_keepalive[];
extern const struct schema_row conf_rows_shutdown[];
extern const struct schema_row conf_rows_admin[];
extern const struct schema_row conf_rows_log[];

/*
 * A schema_row's check: an address to listen on; where a server is; a token of
 * HTTP.
 */
int conf_rows_check_server(const char *text, struct err *e);
int conf_rows_check_address(const char *text, struct err *e);
int conf_rows_check_token(const char *text, struct err *e);

#endif
