# tree kernel freescale/imx8mp-evk.dtb
# [board]
# tree = "board.dtb"
# [vm.net]
# memory = "256M"
# devices = ["ethernet0"]
# unsafe-dma = "I accept"
plan
device explain ethernet@30be0000
dt guest net -f devices
dt guest net -f machine
dt host
dt diff net
