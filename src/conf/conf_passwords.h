/*
 * conf_passwords: the passwords that stand in files of their own. They are
 * tried with the configuration and again on SIGHUP; the backend that needs one
 * reads it.
 */
#ifndef CONF_CONF_PASSWORDS_H
#define CONF_CONF_PASSWORDS_H

struct conf;
struct mistakes;

/* Read the password files, to say in m what is wrong with them. Main thread. */
void conf_passwords_try(const struct conf *c, struct mistakes *m);

#endif
