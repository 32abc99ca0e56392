/*
 * embedded_settings: what a publisher says about itself and its connection.
 * Rows of the table of commands; see embedded_call.h.
 */
#ifndef BACKEND_EMBEDDED_SETTINGS_H
#define BACKEND_EMBEDDED_SETTINGS_H

#include "backend/embedded_call.h"

enum embedded_outcome embedded_settings_run_auth(struct call *c);
enum embedded_outcome embedded_settings_run_hello(struct call *c);
enum embedded_outcome embedded_settings_run_reset(struct call *c);
enum embedded_outcome embedded_settings_run_select(struct call *c);

/* CLIENT and its subcommands: their names and words are checked first. */
bool embedded_settings_check_client(struct call *c);
enum embedded_outcome embedded_settings_run_client(struct call *c);

#endif
