# roomcast: `make help` lists the targets. One build folder for each MODE:
# release, asan (address and undefined), tsan (thread), fuzz (libFuzzer).
MODE ?= release
BUILD ?= build/$(MODE)
VERSION := 0.1.0
# Of a checkout or a tarball; who builds from neither says it: make COMMIT=...
COMMIT ?= $(shell scripts/commit)

# `make V=1` shows the commands instead of one short line for each file.
V ?= 0
Q :=
say =
ifneq ($(V),1)
Q := @
ifeq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @printf '%-4s %s\n' '$(1)' '$(2)'
endif
endif

# Looked up once, and only when something is compiled: a fresh machine has no
# pkg-config yet when `make run` starts.
PKGS := libevent hiredis yaml-0.1 libssl libcrypto libcjson zlib
PKG_CHECK = $(or $(shell pkg-config --exists $(PKGS) && echo yes),$(error \
    libraries are missing: `scripts/deps build` installs them))
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(if $$(PKG_CHECK),$$(shell \
    pkg-config --cflags $(PKGS))))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell \
    pkg-config --libs $(PKGS)) -lwslay -lpthread -lm \
    $$(if $$(HAS_MB),-lIPSec_MB))$(PKG_LIBS)
# A library that does AES-GCM quicker than libcrypto (sys/tls_aead), which Debian
# has for amd64; `make IPSEC_MB=no` goes without. Older ones than 1.3 are none.
IPSEC_MB = $(eval IPSEC_MB := $$(shell echo \
    'int main(void) { return !alloc_mb_mgr(IMB_FEATURE_SELF_TEST_PASS); }' | \
    $$(CC) $$(CFLAGS) -include intel-ipsec-mb.h -x c - -o /dev/null \
    $$(LDFLAGS) -lIPSec_MB >/dev/null 2>&1 && echo yes))$(IPSEC_MB)
HAS_MB = $(filter yes,$(IPSEC_MB))
CHECK_LIBS = $(eval CHECK_LIBS := $$(shell \
    pkg-config --cflags --libs check))$(CHECK_LIBS)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wformat=2 \
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wimplicit-fallthrough \
    -Wconversion -Wno-sign-conversion -Wnull-dereference -Wredundant-decls
HARDEN := -fstack-protector-strong -fPIE
OPTIM_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-clash-protection
OPTIM_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer
OPTIM_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer
OPTIM_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(filter $(MODE),release asan tsan fuzz),)
$(error MODE is release, asan, tsan or fuzz, not "$(MODE)")
endif
ifeq ($(MODE),fuzz)
CC := clang
endif
# A thread that touches what is another's ends the process (core/worker).
CHECKED := $(if $(filter release,$(MODE)),,-DROOMCAST_CHECKED)
WERROR ?=
CFLAGS ?= -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DROOMCAST_VERSION='"$(VERSION)"' \
    $(WARNINGS) $(WERROR) $(HARDEN) $(OPTIM_$(MODE)) $(CHECKED) $(CFLAGS) -Isrc \
    $(PKG_CFLAGS) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(filter -fsanitize=%,$(OPTIM_$(MODE))) \
    $(LDFLAGS)

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libroomcast.a
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT := $(UNIT_SRC:%.c=$(BUILD)/%)
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ := $(FUZZ_SRC:%.c=$(BUILD)/%)
TOOL_SRC := $(sort $(wildcard tools/*.c))
TOOLS := $(TOOL_SRC:%.c=$(BUILD)/%)
FORMATTED = $(sort $(wildcard $(addsuffix /*.[ch],src src/* tests/unit \
    tests/unit/* tests/fuzz tools bench/*)))

# A target that prepares the machine or starts something builds in a second
# make, in parallel unless -j was given: a newcomer's first build is quick.
AGAIN = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell \
    nproc))

# What is installed.
PROGRAMS := $(BUILD)/roomcast $(BUILD)/roomcastctl

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all
all: $(PROGRAMS) ## build build/roomcast and build/roomcastctl (V=1 shows the commands)
ifeq ($(BUILD),build/release)
all: build/roomcast build/roomcastctl
build/roomcast build/roomcastctl: build/%: build/release/%
	@ln -sf release/$* $@
endif

$(BUILD)/roomcast: $(BUILD)/src/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/roomcastctl: $(BUILD)/src/roomcastctl.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(LIB): $(OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -c -o $@ $<

# Built again when the commit is another.
$(BUILD)/src/sys/build.o: CPPFLAGS += -DROOMCAST_COMMIT='"$(COMMIT)"'
$(BUILD)/src/sys/build.o: $(BUILD)/commit
$(BUILD)/commit: SAID = $(COMMIT)

# Built again when it is with the library and was without, or the other way.
$(BUILD)/src/sys/tls_aead_mb.o: CPPFLAGS += $(if $(HAS_MB),-DROOMCAST_IPSEC_MB)
$(BUILD)/src/sys/tls_aead_mb.o: $(BUILD)/ipsec_mb
$(BUILD)/ipsec_mb: SAID = $(HAS_MB)

# What was said the last time, written anew only when it is something else.
$(BUILD)/commit $(BUILD)/ipsec_mb: FORCE
	@mkdir -p $(@D)
	@echo '$(SAID)' | cmp -s - $@ || echo '$(SAID)' >$@
.PHONY: FORCE

# The status page: its parts put into one, and that as the bytes of an array.
PAGE := $(addprefix src/net/status/,status.html status.css graphs.js shown.js \
    asking.js)
$(BUILD)/src/net/status_page.o: $(BUILD)/src/net/status_page.inc
$(BUILD)/src/net/status_page.o: CPPFLAGS += -I$(BUILD)/src
$(BUILD)/src/net/status_page.inc: $(PAGE)
	@mkdir -p $(@D)
	$(call say,PAGE,$<)
	$(Q)sed -e '/^@style$$/{' -e 'r src/net/status/status.css' -e 'd' -e '}' \
	    -e '/^@script$$/{' -e 'r src/net/status/graphs.js' \
	    -e 'r src/net/status/shown.js' -e 'r src/net/status/asking.js' \
	    -e 'd' -e '}' src/net/status/status.html | \
	    od -An -v -tu1 | sed -e 's/\([0-9][0-9]*\)/\1,/g' >$@

# The scripts of presence: what several need ahead of each, and that as bytes.
PRESENCE := src/backend/presence
PRESENCE_INC := $(addprefix $(BUILD)/$(PRESENCE)/,room.inc beat.inc sweep.inc)
$(BUILD)/src/backend/redis_presence_words.o: $(PRESENCE_INC)
$(BUILD)/src/backend/redis_presence_words.o: CPPFLAGS += -I$(BUILD)/src
$(BUILD)/$(PRESENCE)/%.inc: $(PRESENCE)/tell.lua $(PRESENCE)/%.lua
	@mkdir -p $(@D)
	$(call say,LUA,$*)
	$(Q)cat $^ | od -An -v -tu1 | sed -e 's/\([0-9][0-9]*\)/\1,/g' >$@

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit $(ALL_LDFLAGS) -o $@ $< $(LIB) \
	    $(CHECK_LIBS) $(PKG_LIBS)

$(BUILD)/tests/unit/core/test_replay: \
    ALL_LDFLAGS += -Wl,--wrap=steer,--wrap=fanout
$(BUILD)/tests/unit/core/test_half_written: \
    ALL_LDFLAGS += -Wl,--wrap=try_alloc,--wrap=try_realloc
$(BUILD)/tests/unit/backend/test_redis_outage: \
    ALL_LDFLAGS += -Wl,--wrap=clock_ms,--wrap=timer_arm
$(BUILD)/tests/unit/backend/test_redis_presence_answer: \
    ALL_LDFLAGS += -Wl,--wrap=try_alloc
$(BUILD)/tests/unit/backend/test_redis_presence_talk: \
    ALL_LDFLAGS += -Wl,--wrap=redis_link_put,--wrap=redis_link_flush

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) \
	    $(PKG_LIBS)

$(BUILD)/tools/%: tools/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TOOL,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

-include bench/bench.mk
-include $(OBJ:.o=.d) $(BUILD)/src/main.d $(BUILD)/src/roomcastctl.d \
    $(UNIT:=.d) $(FUZZ:=.d) $(TOOLS:=.d)

# What a compiler should see: bench/bench.mk adds its programs.
.PHONY: everything
everything: all $(UNIT) $(TOOLS)

.PHONY: run
run: ## install what is missing, build, start the quickstart gateway (PORT=8080)
	@scripts/deps build python3
	@scripts/quickstart $(if $(PORT),--port='$(PORT)') --check-ports
	@$(AGAIN) all
	@exec scripts/quickstart $(if $(PORT),--port='$(PORT)')

.PHONY: demo
demo: ## install what is missing, build, start a chat to play with (PORT=8000)
	@scripts/deps build python3 python3-redis redis-server
	@scripts/demo $(if $(PORT),--port='$(PORT)') --check-ports
	@$(AGAIN) all
	@exec scripts/demo $(if $(PORT),--port='$(PORT)')

.PHONY: demo-resume
demo-resume: ## kill a gateway and its Redis under a page that counts
	@scripts/deps build python3 redis-server
	@$(AGAIN) all
	@exec scripts/demo-resume

# `make test MODE=asan` and MODE=tsan run the same under the sanitizers.
.PHONY: test test-long unit integration
test: ## install what is missing, build, run the tests of MODE
	@scripts/deps test
	@$(AGAIN) all test-programs
	@scripts/run-tests $(BUILD) unit integration

test-long: ## the same for the tests that are too long for `make test`
	@scripts/deps test
	@$(AGAIN) all $(BUILD)/bench/load
	@scripts/run-tests $(BUILD) long

unit: test-programs ## build and run the unit tests of MODE
	@scripts/run-tests $(BUILD) unit

integration: all $(BUILD)/bench/load ## build and run the integration tests of MODE
	@scripts/run-tests $(BUILD) integration

.PHONY: test-programs
test-programs: $(UNIT) $(BUILD)/bench/load

.PHONY: fuzz fuzz-programs
fuzz: ## build all fuzz targets and run each for a short while on its seeds
	@$(AGAIN) MODE=fuzz fuzz-programs
	@scripts/run-fuzz build/fuzz

fuzz-programs: $(FUZZ)

.PHONY: campaign-memory
campaign-memory: all ## fail every allocation in turn, not a sample (hours)
	ROOMCAST_SCARCE_STEP=1 /usr/bin/python3 -m pytest -q -m long \
	    -p no:cacheprovider tests/integration/test_scarce_memory.py \
	    tests/integration/test_scarce_history.py

.PHONY: campaign campaign-short
MINUTES ?= 2
campaign: all ## is a message ever lost untold, when all is killed? MINUTES=2 a mode
	/usr/bin/python3 tests/campaign --minutes $(MINUTES) $(MODES)

campaign-short: all
	/usr/bin/python3 tests/campaign --in-all 2 $(MODES)

.PHONY: check check-format check-layers check-docs
check: check-format check-layers check-docs ## format, layers, docs current

check-format:
	clang-format --dry-run -Werror $(FORMATTED)

check-layers:
	scripts/check-layers

check-docs: $(TOOLS)
	scripts/reference check $(BUILD)
	scripts/schema-types check
	/usr/bin/python3 bench/plot.py --check
	/usr/bin/python3 bench/table.py --check
	/usr/bin/python3 bench/failover_table.py --check
	/usr/bin/python3 bench/scaling.py --check

.PHONY: docs
docs: $(TOOLS) ## write docs/configuration.md, docs/metrics.md, roomcast.yaml(5)
	scripts/reference write $(BUILD)
	scripts/schema-types write

.PHONY: screenshots
screenshots: all ## pictures of the demo and the status page (MINUTES=10)
	scripts/demo-picture
	scripts/screenshots --minutes $(MINUTES)

.PHONY: format
format: ## reformat the C sources
	clang-format -i $(FORMATTED)

.PHONY: tidy
tidy: ## run clang-tidy over the daemon's sources
	clang-tidy --quiet $(SRC) src/main.c src/roomcastctl.c -- $(filter-out -M%,$(ALL_CFLAGS))

include install.mk

.PHONY: dist deb try-deb try-demo
dist: all ## the tarball of this commit, an SBOM, checksums: build/release/dist
	@scripts/dist $(BUILD)

deb: dist ## the Debian package of this commit: build/release/deb
	@scripts/deb $(BUILD)

try-deb: deb ## install, upgrade and purge it on a fresh Debian under systemd (root)
	@scripts/deps test
	@scripts/deps only debootstrap
	@scripts/run-tests $(BUILD) machine

try-demo: ## clone, `make demo` and `make run` on a fresh Debian (root)
	@scripts/deps test
	@scripts/deps only debootstrap git
	@scripts/run-tests $(BUILD) fresh

.PHONY: image
image: ## build and start the container image with buildah, as root
	@scripts/image

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	    sed -E 's/:.*## /\t/' | expand -t 20
