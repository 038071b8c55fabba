# A thin front: meson.build does the work. `make help` lists what there is.
# Generated files stay in build/ (optimised) and build-check/ (sanitizers and fuzzers).

BUILD ?= build
MESON_ARGS ?=

.PHONY: all setup demo test long conformance bench fuzz lint format coverage install clean distclean help

all: $(BUILD)/build.ninja ## build everything into build/
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/setup.sh
	@meson setup $(BUILD) --buildtype=release $(MESON_ARGS)

setup: ## install the Debian packages that are missing (lists them first)
	@tools/setup.sh

demo: ## build, boot an emulated board and show what bulkhead does on it
	@tools/demo.sh

test: ## build and run all tests; ends with "N passed, N failed, N skipped"
	@tools/test.sh

long: ## run the tests that take minutes to half an hour each: soaks, many cycles
	@tools/test.sh long

conformance: all ## the virtual GPU and its peer through piglit, side by side (an hour)
	@tests/gpu/conformance.sh $(BUILD)/src/gpu/server/bulkhead-gpu

bench: ## measure: ratios and counts beside a peer in the same run
	@tools/bench.sh

fuzz: ## fuzz every parser for a minute each (FUZZ_SECONDS=60)
	@tools/fuzz.sh

lint: ## clang-format, clang-tidy, cppcheck
	@tools/lint.sh

format: ## rewrite the sources as clang-format wants them
	@git ls-files '*.c' '*.h' | xargs clang-format -i

coverage: ## line coverage of the unit tests
	@tools/coverage.sh

install: all ## install what was built (DESTDIR is honoured)
	@meson install -C $(BUILD)

clean: ## remove what was built
	rm -rf $(BUILD) build-check build-coverage build-arm64

distclean: clean ## also remove the cache of fetched packages and boards
	@tools/cache.sh remove

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
