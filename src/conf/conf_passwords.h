/*
 * conf_passwords: the passwords that stand in files of their own. They are
 * read with the configuration and again on SIGHUP.
 */
#ifndef CONF_CONF_PASSWORDS_H
#define CONF_CONF_PASSWORDS_H

struct conf;
struct mistakes;

/*
 * Read the password files. 0 with *embedded, the caller's (free with
 * secret_free), or -EINVAL with what is wrong in m. Main thread.
 */
int conf_read_passwords(
    const struct conf *c, char **embedded, struct mistakes *m);

/*
 * Take a password for embedded: the one thing that changes in a conf. Main
 * thread, the only one that looks at it.
 */
void conf_use_password(struct conf *c, char **embedded);

#endif
