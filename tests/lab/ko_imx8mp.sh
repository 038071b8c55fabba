#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel module on the board `imx8mp-evk`, with a real Ethernet controller.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"

build_probe
boot imx8mp-evk
run_there imx8mp-evk ko_imx8mp_board.sh
