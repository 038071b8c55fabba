#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A system of VMs on the board `virt`, whose VMMs are killed at random: all recover, nothing leaks, and what `status`
# counts is what the test did. DURATION and INTERVAL in seconds (60 and 8), SEED of the choice.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/system_host.sh

cp tests/lab/system/three.toml "$work/board/bulkhead.toml"
printf 'DURATION=%s INTERVAL=%s SEED=%s\n' "${DURATION-60}" "${INTERVAL-8}" "${SEED-$$}" >"$work/board/settings"
boot virt --memory 2G --cpu max,pauth-impdef=on --cpus 2
run_there virt system_three_board.sh
