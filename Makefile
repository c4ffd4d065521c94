# Lockstep. `make help` lists the targets; each installs what it lacks, says so, and is safe to repeat.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test build drivers third-party bench lint readme clean setup

LOCKSTEP := .build/release/lockstep
SWIFT_FOLDERS := $(wildcard Package.swift Sources Tests Benchmarks FuzzTesting)

help:
	@echo "make demo         run the KB 199311 drivers and a third-party driver on every NT release"
	@echo "make test         run every test (fetches third-party drivers: some tests run them)"
	@echo "make build        build the program: $(LOCKSTEP)"
	@echo "make drivers      build the test drivers: .build/test-drivers/NAME-ARCH.sys"
	@echo "make third-party  fetch real drivers from Debian's and PyPI's packages: .deps/drivers/"
	@echo "make bench        run the benchmarks"
	@echo "make lint         check the sources' format and the house rules"
	@echo "make readme       write the tables of the README and of Documentation/Checking.md anew"
	@echo "make clean        remove what was built (.deps/ stays)"

setup:
	@Tools/setup

build: setup
	swift build -c release --static-swift-stdlib --product lockstep </dev/null

drivers: setup
	Tools/build-drivers
	Tools/check-corpus

third-party:
	@Tools/setup --third-party
	Tools/fetch-drivers

# Exit status 1 says that the releases part, which is what the KB 199311 drivers are for.
demo: build drivers
	@Tools/setup --third-party
	Tools/fetch-drivers WinRing0
	@status=0; \
	$(LOCKSTEP) run .build/test-drivers/kb199311-*.sys $$(Tools/fetch-drivers --list WinRing0) --on all \
	  </dev/null || status=$$?; \
	if [ $$status -ne 1 ]; then echo "demo: exit status $$status, where 1 (findings) was expected" >&2; exit 1; fi

test: drivers third-party lint
	swift test </dev/null

bench: build drivers
	swift run -c release --package-path Benchmarks </dev/null

lint:
	@find $(SWIFT_FOLDERS) -name .build -prune -o -name '*.swift' -print0 | xargs -0 swift format lint --strict
	@if grep -rnE '\brelease *(<|>|==|!=)=? *\.[a-z]' Sources --include='*.swift' --exclude-dir=NTReleases; then \
	  echo "lint: releases are compared in NTReleases and in tests only; ask a Behaviour instead" >&2; exit 1; fi

readme: build third-party
	LOCKSTEP_WRITE_README=1 swift test --filter "READMETests|CheckingDocumentTests" </dev/null
	Tools/write-driver-table $(LOCKSTEP)

clean:
	rm -rf .build Benchmarks/.build FuzzTesting/.build
