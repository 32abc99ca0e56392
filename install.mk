# make install and make uninstall. The directories are GNU's variables:
# `make install prefix=/usr sysconfdir=/etc DESTDIR=/tmp/tree`; PREFIX, as many
# type it, is the prefix as well.
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sysconfdir ?= /etc
datarootdir ?= $(prefix)/share
docdir ?= $(datarootdir)/doc/roomcast
mandir ?= $(datarootdir)/man
# Where shells look for completion.
bashdir ?= $(datarootdir)/bash-completion/completions
zshdir ?= $(datarootdir)/zsh/site-functions
# Those of systemd, for whoever starts it.
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d

MAN := $(wildcard man/*.[1-8])
DOCS := README.md CHANGELOG.md SECURITY.md LICENSE $(wildcard docs/*.md \
    docs/*.svg docs/*.png docs/img/*)
EXAMPLES := $(wildcard examples/*.* examples/*/*.*) conf/quickstart.yaml conf/jararaca.yaml
EXAMPLES += clients/roomcast.js clients/roomcast.d.ts
CONTRIB := $(wildcard contrib/prometheus/* contrib/grafana/*)
UNITS := $(wildcard systemd/*.service systemd/*.socket)
CONF := $(DESTDIR)$(sysconfdir)/roomcast/roomcast.yaml

# Units and manual pages name the installed paths.
PATHS = sed -e 's|/usr/local/bin/|$(bindir)/|' \
    -e 's|/usr/local/share/doc/roomcast/|$(docdir)/|' \
    -e 's|/etc/roomcast/|$(sysconfdir)/roomcast/|'
INSTALLED = $(addprefix $(bindir)/,$(notdir $(PROGRAMS))) \
    $(bashdir)/roomcastctl $(zshdir)/_roomcastctl \
    $(addprefix $(unitdir)/,$(notdir $(UNITS))) $(sysusersdir)/roomcast.conf \
    $(foreach page,$(MAN),$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir \
    $(page))) $(addprefix $(docdir)/,$(DOCS) $(EXAMPLES) $(CONTRIB))

# $(call put,FOLDER,FILES), with the installed paths in them. There may be none.
put = @set -e; for file in $(2); do install -d $(DESTDIR)$(1); \
    to=$(DESTDIR)$(1)/$${file\#\#*/}; $(PATHS) $$file >$$to; chmod 0644 $$to; done

.PHONY: install
install: $(PROGRAMS) ## install to DESTDIR, prefix and the rest (see install.mk)
	install -d $(DESTDIR)$(bindir) $(dir $(CONF))
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(bindir)
	test -e $(CONF) || install -m 0644 conf/roomcast.yaml $(CONF)
	install -D -m 0644 systemd/roomcast.sysusers \
	    $(DESTDIR)$(sysusersdir)/roomcast.conf
	install -D -m 0644 contrib/completion/roomcastctl.bash \
	    $(DESTDIR)$(bashdir)/roomcastctl
	install -D -m 0644 contrib/completion/_roomcastctl \
	    $(DESTDIR)$(zshdir)/_roomcastctl
	$(call put,$(unitdir),$(UNITS))
	$(call put,$(mandir)/man8,$(wildcard man/*.8))
	$(call put,$(mandir)/man5,$(wildcard man/*.5))
	$(call put,$(mandir)/man1,$(wildcard man/*.1))
	@set -e; for file in $(DOCS) $(EXAMPLES) $(CONTRIB); do \
	    install -D -m 0644 $$file $(DESTDIR)$(docdir)/$$file; done

# Folders go when nothing is left in them.
.PHONY: uninstall
uninstall: ## remove what install put there, except the configuration
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	find $(DESTDIR)$(docdir) -depth -type d -empty -delete 2>/dev/null || :
