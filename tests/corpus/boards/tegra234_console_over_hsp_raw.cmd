# tree dtbs-7 nvidia/tegra234-p3737-0000+p3701-0000.dtb
# [board]
# tree = "board.dtb"
# [vm.guest]
# profile = "raw"
# devices = ["/serial"]
plan
device explain /serial
dt guest guest -f devices
