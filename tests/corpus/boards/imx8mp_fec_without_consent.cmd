# tree kernel freescale/imx8mp-evk.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# devices = ["fec"]
plan
