# tree dtbs-7 freescale/imx8qm-mek.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# profile = "raw"
# devices = ["fec1", "fec2"]
plan
device explain fec1
dt guest net -f devices
