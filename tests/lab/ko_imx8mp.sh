#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ko_imx8mp.sh BUILD: the kernel module on the board `imx8mp-evk`, with a real Ethernet controller.
cd "$(dirname "$0")/../.."
. tests/lab/ko_host.sh

run_board ko_imx8mp_board.sh imx8mp-evk
