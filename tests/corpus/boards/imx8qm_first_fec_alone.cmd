# tree dtbs-7 freescale/imx8qm-mek.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# devices = ["fec1"]
plan
device explain fec1
