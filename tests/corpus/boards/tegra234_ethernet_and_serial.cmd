# tree dtbs-7 nvidia/tegra234-p3737-0000+p3701-0000.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# devices = ["/bus@0/ethernet@6800000", "uarta"]
plan
device explain ethernet@6800000
dt guest net -f devices
dt guest net -f machine
