# SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")" || exit 1
. ./vmm_board.sh

start_board
modprobe tun
check_devices mmio console3
is board_is_quiet is_quiet
finish
