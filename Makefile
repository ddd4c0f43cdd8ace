# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build everything into build/
# make install    DESTDIR, PREFIX
# make demo       as root: two clients, one call ID, one public address
# make test       as root: every test; SECTIONS="unit replay" for some of them
# make lint fuzz bench

VERSION		= 0.1.0
PREFIX		?= /usr/local
SBINDIR		?= $(PREFIX)/sbin
BINDIR		?= $(PREFIX)/bin
MANDIR		?= $(PREFIX)/share/man
DOCDIR		?= $(PREFIX)/share/doc/pptpalg
UNITDIR		?= /lib/systemd/system
CONFDIR		?= /etc/pptpalg

CC		= gcc
CLANG		?= clang
CFLAGS		?= -O2 -g
WARN		= -Wall -Wextra -Wshadow -Wstrict-prototypes \
		  -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
		  -Wsign-compare -Wformat=2 -Wundef -Wvla -Wno-unused-parameter
ifdef CI
WARN		+= -Werror
endif
HARDEN		= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
B		= build
ifdef SANITIZE
B		= build/san
HARDEN		= -fsanitize=address,undefined -fno-sanitize-recover=all \
		  -fno-omit-frame-pointer
LDFLAGS		+= -fsanitize=address,undefined
else
LDFLAGS		+= -pie -Wl,-z,relro,-z,now
endif
ALLFLAGS	= -std=gnu11 -D_GNU_SOURCE -I. -DVERSION='"$(VERSION)"' \
		  -MMD -MP $(WARN) $(HARDEN) $(CFLAGS) $(CPPFLAGS)

# V=1 shows the commands.
Q		= $(if $(V),,@)
SAY		= $(if $(V),@:,@echo)

PROGRAMS	= pptpalgd pptpalgctl pptpalg-replay pptpalg-load

NAT_LIBS	= -levent -lnetfilter_conntrack -lnfnetlink -lnetfilter_queue \
		  -lmnl -lcap-ng -lseccomp -lsystemd -lbpf
CONF_LIBS	= -lconfuse -ljansson
ALG_LIBS	= -lnettle

objs		= $(patsubst %.c,$(B)/obj/%.o,$(wildcard $(1)))
ALG_OBJS	= $(call objs,alg/*.c alg/base/*.c alg/ppp/*.c)
CONF_OBJS	= $(call objs,conf/*.c)
NAT_OBJS	= $(call objs,nat/*.c)
CTL_OBJS	= $(call objs,tools/pptpalgctl.c tools/ctl_*.c)
REPLAY_OBJS	= $(call objs,tools/pptpalg-replay.c tools/replay_*.c)
LOAD_OBJS	= $(call objs,tools/pptpalg-load.c tools/load_*.c)
UNIT_TESTS	= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZERS		= $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH		= $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))

all: $(PROGRAMS:%=$(B)/%)

$(B)/pptpalgd: $(NAT_OBJS) $(B)/libconf.a $(B)/libalg.a
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(NAT_LIBS) $(CONF_LIBS) $(ALG_LIBS)
$(B)/pptpalgctl: $(CTL_OBJS) $(B)/libconf.a $(B)/libalg.a
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CONF_LIBS)
$(B)/pptpalg-replay: $(REPLAY_OBJS) $(B)/libconf.a $(B)/libalg.a
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpcap $(CONF_LIBS)
$(B)/pptpalg-load: $(LOAD_OBJS) $(B)/libconf.a $(B)/libalg.a
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -levent $(CONF_LIBS) $(ALG_LIBS)

$(B)/libalg.a: $(ALG_OBJS)
	$(SAY) "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/libconf.a: $(CONF_OBJS)
	$(SAY) "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) "  CC   $<"
	$(Q)$(CC) $(ALLFLAGS) -c -o $@ $<

# The tc programs; -g for the types of the maps, which libbpf reads.
BPF_OBJECT	= $(B)/bpf/pptpalg.bpf.o
$(BPF_OBJECT): nat/bpf/pptpalg.bpf.c $(wildcard nat/bpf/*.h)
	@mkdir -p $(@D)
	$(SAY) "  BPF  $<"
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I. \
	    -I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(B)/obj/nat/program.o: $(BPF_OBJECT)
$(B)/obj/nat/program.o: CPPFLAGS += -DPROGRAM_OBJECT='"$(BPF_OBJECT)"'

unit: $(UNIT_TESTS:%=$(B)/unit/%)
$(B)/libplay.a: $(call objs,$(addprefix tests/unit/,import_run.c play*.c rules.c \
    wire.c))
	$(SAY) "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/libplay.a $(B)/libconf.a \
    $(B)/libalg.a
	@mkdir -p $(@D)
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka \
	    $(CONF_LIBS) $(ALG_LIBS) $(UNIT_LIBS)
# Packets on their way between GRE and TUN, without either.
$(B)/unit/test_join: $(addprefix $(B)/obj/nat/,burst.o clamp.o join.o)
# Who guesses passwords.
$(B)/unit/test_throttle: $(addprefix $(B)/obj/nat/,bucket.o throttle.o)
# What the helper process does.
$(B)/unit/test_permit: $(addprefix $(B)/obj/nat/,job.o permit.o)
# The control socket with a made-up brain.
CONTROL_TESTS	= $(B)/unit/test_control $(B)/unit/test_control_load
$(CONTROL_TESTS): $(B)/obj/tests/unit/stub_daemon.o \
    $(addprefix $(B)/obj/nat/,control.o handler.o item.o report.o socket.o)
$(CONTROL_TESTS): UNIT_LIBS = -levent

# The BPF engine beside the brain.
$(B)/unit/test_bpf: $(addprefix $(B)/obj/nat/,engine.o attach.o hook.o \
    interface.o program.o slots.o)
$(B)/unit/test_bpf: UNIT_LIBS = -lbpf -lnfnetlink

bench-programs: $(BENCH:%=$(B)/bench/%)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libconf.a $(B)/libalg.a
	@mkdir -p $(@D)
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lmnl \
	    -lnetfilter_queue $(BENCH_LIBS) $(CONF_LIBS) $(ALG_LIBS)
$(B)/bench/test_run: $(addprefix $(B)/obj/nat/,engine.o attach.o hook.o \
    interface.o program.o slots.o)
$(B)/bench/test_run: BENCH_LIBS = -lbpf -lnfnetlink

# Each fuzz target with a main that runs a corpus; tests/fuzz/run puts
# libFuzzer's in its place.
FUZZ_MAIN	= $(B)/obj/tests/fuzz/corpus.o
corpus: $(FUZZERS:%=$(B)/corpus/%)
$(B)/corpus/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/unit/wire.o \
    $(FUZZ_MAIN) $(B)/libconf.a $(B)/libalg.a
	@mkdir -p $(@D)
	$(SAY) "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lpcap \
	    $(CONF_LIBS) $(ALG_LIBS)
$(B)/corpus/fuzz_pcap: $(filter-out %/pptpalg-replay.o,$(REPLAY_OBJS))

fuzz:
	tests/fuzz/run
bench:
	tests/packages build net
	-tests/packages uml
	$(MAKE) all bench-programs
	tests/bench/run
demo:
	tests/packages build net
	$(MAKE) CI=1 all
	tests/demo
test:
	tests/packages build net test
	tests/run $(SECTIONS)
lint:
	tests/packages lint
	tests/lint

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(CONFDIR) \
	    $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR)/fail2ban \
	    $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
	    $(DESTDIR)$(MANDIR)/man8
	install -m 755 $(B)/pptpalgd $(B)/pptpalgctl $(DESTDIR)$(SBINDIR)
	install -m 755 $(B)/pptpalg-replay $(B)/pptpalg-load $(DESTDIR)$(BINDIR)
	install -m 644 docs/*.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 docs/*.5 $(DESTDIR)$(MANDIR)/man5
	install -m 644 docs/*.8 $(DESTDIR)$(MANDIR)/man8
	install -m 644 README.md LICENSE docs/*.md docs/*.svg \
	    conf/dist/server.conf conf/dist/client.conf conf/dist/both.conf \
	    $(DESTDIR)$(DOCDIR)
	install -m 644 conf/dist/fail2ban/*.conf $(DESTDIR)$(DOCDIR)/fail2ban
	sed 's|@SBINDIR@|$(SBINDIR)|; s|@CONFDIR@|$(CONFDIR)|' \
	    conf/dist/pptpalgd.service > $(DESTDIR)$(UNITDIR)/pptpalgd.service
	test -e $(DESTDIR)$(CONFDIR)/pptpalg.conf || install -m 644 \
	    conf/dist/pptpalg.conf $(DESTDIR)$(CONFDIR)/pptpalg.conf

clean:
	rm -rf build

.PHONY: all unit bench-programs corpus fuzz bench demo test lint install clean
.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
