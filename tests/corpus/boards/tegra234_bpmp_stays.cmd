# tree dtbs-7 nvidia/tegra234-p3737-0000+p3701-0000.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# devices = ["/bpmp"]
plan
