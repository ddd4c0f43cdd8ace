# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build everything into build/
# make install    DESTDIR, PREFIX
# make demo       as root: two clients, one call ID, one public address
# make test       as root: every test; SECTIONS="unit replay" for some of them
# make deb        Debian packages, into build/deb
# make lint fuzz bench

VERSION		= 0.1.0
PREFIX		?= /usr/local
SBINDIR		?= $(PREFIX)/sbin
BINDIR		?= $(PREFIX)/bin
MANDIR		?= $(PREFIX)/share/man
DOCDIR		?= $(PREFIX)/share/doc/pptpalg
UNITDIR		?= /lib/systemd/system
CONFDIR		?= /etc/pptpalg
COMPLETIONDIR	?= $(PREFIX)/share/bash-completion/completions
ZSHDIR		?= $(PREFIX)/share/zsh/site-functions

CC		= gcc
CLANG		?= clang
# With sanitizers the compiler's time is most of a test's.  Lines are enough for
# a backtrace of what tests have built.
CFLAGS		?= $(if $(SANITIZE),-O1,-O2) -g$(if $(CI)$(SANITIZE),1)
WARN		= -Wall -Wextra -Wshadow -Wstrict-prototypes \
		  -Wmissing-prototypes -Wpointer-arith -Wsign-compare \
		  -Wformat=2 -Wundef -Wvla -Wno-unused-parameter
# clang finds casts within the macros of the kernel's headers, too.
WARN		+= $(if $(findstring clang,$(CC)),,-Wcast-qual)
ifdef CI
WARN		+= -Werror
endif
# A packager's own choice comes with CPPFLAGS or CFLAGS.
FORTIFY		= $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),, \
		  -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN		= -fstack-protector-strong $(FORTIFY) -fPIE
B		= build
ifdef SANITIZE
B		= build/san
HARDEN		= -fsanitize=address,undefined -fno-sanitize-recover=all \
		  -fno-omit-frame-pointer
# At each end of a program all static data is looked through for leaks, which of
# two shared libraries of sanitizers is twice 5 MiB; clang's is not shared.
LDFLAGS		+= -fsanitize=address,undefined $(if $(findstring clang,$(CC)),, \
		  -static-libasan -static-libubsan)
else
LDFLAGS		+= -pie -Wl,-z,relro,-z,now
endif
ALLFLAGS	= -std=gnu11 -D_GNU_SOURCE -I. -DVERSION='"$(VERSION)"' \
		  -MMD -MP $(WARN) $(HARDEN) $(CFLAGS) $(CPPFLAGS)

# V=1 shows the commands.
Q		= $(if $(V),,@)
# No program is started for it.
say		= $(if $(V),,$(info $(1)))

PROGRAMS	= pptpalgd pptpalgctl pptpalg-replay pptpalg-load

# Every object's folder is there before it; and what depends on a folder says so.
.SECONDEXPANSION:
%/:
	$(Q)mkdir -p $@

# One static library a folder, in the order in which they may use each other
# (tests/lint holds it): what is linked takes out of them what it needs.
ALG		= alg alg/translate alg/record alg/explain alg/endpoint \
		  alg/radius alg/ppp \
		  alg/pptp alg/base
NAT		= nat nat/http nat/endpoint nat/radius nat/control nat/bpf \
		  nat/netfilter nat/cluster nat/journal nat/privsep nat/net \
		  nat/host nat/base
TOOLS		= tools/ctl tools/rules tools/import tools/replay tools/load
FOLDERS		= $(ALG) conf $(NAT) $(TOOLS)
NOT_IN_LIBS	= %.bpf.c nat/main.c $(addprefix tools/, \
		  ctl/pptpalgctl.c replay/pptpalg-replay.c load/pptpalg-load.c)
SYSTEM		= -Wl,--as-needed -levent -lnetfilter_conntrack -lnfnetlink \
		  -lnetfilter_queue -lmnl -lcap-ng -lseccomp -lbpf \
		  -lpcap -lconfuse -ljansson -lnettle -lhiredis

lib		= $(B)/lib/$(subst /,_,$(1)).a
libs		= $(foreach folder,$(1),$(call lib,$(folder)))
objs		= $(addprefix $(B)/obj/,$(addsuffix .o,$(basename \
		  $(wildcard $(1)))))
ALG_LIBS	= $(call libs,$(ALG))
CONF_LIBS	= $(call libs,conf) $(ALG_LIBS)
NAT_LIBS	= $(call libs,$(NAT)) $(CONF_LIBS)
UNIT_TESTS	:= $(patsubst tests/unit/%.c,%,$(shell find tests/unit -name 'test_*.c'))
FUZZERS		= $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH		= $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))

all: $(PROGRAMS:%=$(B)/%)

# Folders use each other's names both ways within a half: so, a group.
define link
	$(call say,  LINK $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
	    $(filter %.a,$^) -Wl,--end-group $(SYSTEM) $(1)
endef

$(PROGRAMS:%=$(B)/%): | $(B)/
$(B)/pptpalgd: $(B)/obj/nat/main.o $(NAT_LIBS)
	$(call link)
$(B)/pptpalgctl: $(B)/obj/tools/ctl/pptpalgctl.o \
    $(call libs,tools/ctl tools/rules tools/import nat/host) $(CONF_LIBS)
	$(call link)
$(B)/pptpalg-replay: $(B)/obj/tools/replay/pptpalg-replay.o \
    $(call libs,tools/replay) $(CONF_LIBS)
	$(call link)
$(B)/pptpalg-load: $(B)/obj/tools/load/pptpalg-load.o \
    $(call libs,tools/load nat/base) $(CONF_LIBS)
	$(call link)

# A folder of these is compiled at once: the compiler starts once, and reads its
# headers once, instead of thirty times.  Not nat/net, where a test makes up one
# function that others call.
AT_ONCE		= $(ALG) conf $(filter-out nat/net,$(NAT))
define newline


endef
files		= $(filter-out $(NOT_IN_LIBS),$(wildcard $(1)/*.c))
objects		= $(call objs,$(1)/*.S) $(if $(filter $(1),$(AT_ONCE)), \
		  $(B)/obj/$(1)/folder.o,$(call objs,$(call files,$(1))))
define library
$(call lib,$(1)): $(call objects,$(1)) | $(B)/lib/
	$$(call say,  AR   $$@)
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach folder,$(FOLDERS),$(eval $(call library,$(folder))))
$(B)/obj/%/folder.c: $$(call files,$$*) | $$(@D)/
	$(file >$@,$(foreach file,$^,#include "$(file)"$(newline)))
$(B)/obj/%/folder.o: $(B)/obj/%/folder.c
	$(call say,  CC   $*/*.c)
	$(Q)$(CC) $(ALLFLAGS) -c -o $@ $<

$(B)/obj/%.o: %.c | $$(@D)/
	$(call say,  CC   $<)
	$(Q)$(CC) $(ALLFLAGS) -c -o $@ $<

# The tc programs; -g for the types of the maps, which libbpf reads.
BPF_OBJECT	= $(B)/bpf/pptpalg.bpf.o
$(BPF_OBJECT): nat/bpf/pptpalg.bpf.c $(wildcard nat/bpf/*.h) | $(B)/bpf/
	$(call say,  BPF  $<)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I. \
	    -I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(B)/obj/nat/bpf/program_object.o: nat/bpf/program_object.S $(BPF_OBJECT) | $$(@D)/
	$(call say,  AS   $<)
	$(Q)$(CC) $(CFLAGS) -DPROGRAM_OBJECT='"$(BPF_OBJECT)"' -c -o $@ $<

# The status page, as it is.
$(B)/obj/nat/http/page.o: nat/http/page.S nat/http/page.html | $$(@D)/
	$(call say,  AS   $<)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# What the compiler makes of a test itself is not tested.
TEST_FLAGS	= -O0 -U_FORTIFY_SOURCE

# One program a folder: it links what it tests, and what the tests share.
unit_program	= $(addprefix $(B)/tests/,$(subst /,_,$(1)))
UNIT_FOLDERS	= $(sort $(patsubst %/,%,$(dir $(UNIT_TESTS))))
unit: $(call unit_program,$(UNIT_FOLDERS))
$(B)/lib/tests.a: $(filter-out %/stub_daemon.o,$(call objs,$(filter-out \
    $(UNIT_TESTS:%=tests/unit/%.c),$(shell find tests/unit -name '*.c')))) \
    | $(B)/lib/
	$(call say,  AR   $@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(UNIT_TESTS:%=$(B)/obj/tests/unit/%.o): ALLFLAGS += $(TEST_FLAGS) \
    -D'main(none)=main_$(*F)(none); int main_$(*F)(none)'
define unit
$(call unit_program,$(1)): $(call objs,tests/unit/$(1)/test_*.c) \
    $(B)/lib/tests.a | $(B)/tests/
	$$(call link,-rdynamic -lcmocka)
endef
$(foreach folder,$(UNIT_FOLDERS),$(eval $(call unit,$(folder))))
$(call unit_program,$(UNIT_FOLDERS)): $(CONF_LIBS)
$(foreach folder,bpf control net privsep base,$(eval $(call unit_program, \
    nat/$(folder)): $(call libs,nat/$(folder) nat/net nat/base)))
$(call unit_program,tools/import): $(call libs,tools/import)
# Of these, no other file has unit tests.
$(call unit_program,nat/endpoint): $(B)/obj/nat/endpoint/login_throttle.o \
    $(call libs,nat/base)
$(call unit_program,tools/ctl): $(B)/obj/tools/ctl/members.o
# The control socket with a made-up translator, which comes before the real one.
$(call unit_program,nat/control): $(B)/obj/tests/unit/nat/control/stub_daemon.o
$(call unit_program,nat/control): LDFLAGS += -Wl,-z,muldefs

bench-programs: $(BENCH:%=$(B)/bench/%)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(NAT_LIBS) | $(B)/bench/
	$(call link)

# All fuzz targets in a program that runs their corpora: its first argument
# names the target, which is LLVMFuzzerTestOneInput to libFuzzer alone.
FUZZ_OBJS	= $(FUZZERS:%=$(B)/obj/tests/fuzz/%.o)
FUZZ_LIBS	= $(call libs,tools/replay tools/import) $(CONF_LIBS)
corpus: $(B)/tests/corpus
$(B)/tests/corpus: $(FUZZ_OBJS) $(B)/obj/tests/fuzz/corpus.o \
    $(B)/obj/tests/unit/wire.o $(FUZZ_LIBS)
	$(call link,-rdynamic)
ifdef LIBFUZZER
$(B)/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/unit/wire.o $(FUZZ_LIBS)
	$(call link)
else
$(FUZZ_OBJS): ALLFLAGS += $(TEST_FLAGS) -DLLVMFuzzerTestOneInput=main_$(*F)
endif

fuzz:
	tests/fuzz/run $(SECONDS)
bench:
	tests/packages build net bench
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
deb:
	tests/packages build deb
	conf/dist/deb/build
lint:
	tests/packages lint
	tests/lint

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(CONFDIR) \
	    $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR)/fail2ban \
	    $(DESTDIR)$(DOCDIR)/prometheus $(DESTDIR)$(COMPLETIONDIR) \
	    $(DESTDIR)$(ZSHDIR) \
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
	install -d $(DESTDIR)$(DOCDIR)/pair
	install -m 644 conf/dist/pair/* $(DESTDIR)$(DOCDIR)/pair
	install -m 644 conf/dist/fail2ban/*.conf $(DESTDIR)$(DOCDIR)/fail2ban
	install -m 644 conf/dist/prometheus/* $(DESTDIR)$(DOCDIR)/prometheus
	install -m 644 conf/dist/apparmor/* $(DESTDIR)$(DOCDIR)
	install -m 644 conf/dist/completion/pptpalgctl.bash \
	    $(DESTDIR)$(COMPLETIONDIR)/pptpalgctl
	sed 's|@COMPLETIONDIR@|$(COMPLETIONDIR)|' \
	    conf/dist/completion/pptpalgctl.zsh > $(DESTDIR)$(ZSHDIR)/_pptpalgctl
	for unit in pptpalgd pptpalg-rules pptpalg-hook; do \
	    sed 's|@SBINDIR@|$(SBINDIR)|; s|@CONFDIR@|$(CONFDIR)|' \
	    conf/dist/$$unit.service > $(DESTDIR)$(UNITDIR)/$$unit.service || \
	    exit; done
	test -e $(DESTDIR)$(CONFDIR)/pptpalg.conf || install -m 644 \
	    conf/dist/pptpalg.conf $(DESTDIR)$(CONFDIR)/pptpalg.conf

# How each file is compiled, for clangd and its like.
compile_commands.json:
	$(Q)$(MAKE) -Bns V=1 all unit corpus bench-programs $(foreach folder, \
	    $(AT_ONCE),$(call objs,$(call files,$(folder)))) | awk \
	    '/ -c -o / && !/folder\.c$$/ { file = $$NF; gsub(/[\\"]/, "\\\\&"); \
	    printf "%s{\"directory\": \"$(CURDIR)\", \"file\": \"%s\", " \
	    "\"command\": \"%s\"}", start, file, $$0; start = ",\n" } \
	    BEGIN { start = "[" } END { print "]" }' > $@

clean:
	rm -rf build compile_commands.json

.PHONY: compile_commands.json all unit bench-programs corpus fuzz bench demo test deb lint install clean
# Made on the way, and kept; not .SECONDARY, by which a missing object of an older
# tree would pass for one that is up to date.
.PRECIOUS: %/ $(B)/obj/%/folder.c
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
