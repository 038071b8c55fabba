/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names with a vendor's prefix, and rare ones without. Each line says what a board's tree cannot:
 * that the value begins with a phandle, and what the cells behind it are.
 */
#include "dt/rules.h"

/* Phandles and nothing else. */
#define PLAIN(name, what)                                                          \
	{                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_FIXED \
	}
/* One phandle; all that follows are its arguments. */
#define REST(name, what, args_)                                                                    \
	{                                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_REST, .args = (args_) \
	}
/* A phandle and these arguments, repeated. */
#define FIXED(name, what, args_)                                                    \
	{                                                                           \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_FIXED, \
		.args = (args_)                                                     \
	}
#define LIST(name, what, cells_, names_)                                           \
	{                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_LIST, \
		.cells = (cells_), .names = (names_)                               \
	}
#define AMBIGUOUS_REST(name, what, args_)                                          \
	{                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_REST, \
		.args = (args_), .flags = BH_RULE_AMBIGUOUS                        \
	}

const struct bh_dt_rule bh_vendor_rules[] = {
	/* allwinner */
	PLAIN("allwinner,codec-analog-controls", DEVICE),
	PLAIN("allwinner,pipelines", DEVICE),
	REST("allwinner,sram", SRAM, "mode"),
	/* amlogic */
	PLAIN("amlogic,ao-secure", SYSCON),
	PLAIN("amlogic,ao-sysctrl", SYSCON),
	PLAIN("amlogic,canvas", DEVICE),
	PLAIN("amlogic,hhi-sysctrl", SYSCON),
	/* amd, apm, arm */
	PLAIN("regmap-csw", SYSCON),
	PLAIN("regmap-efuse", SYSCON),
	PLAIN("regmap-mcba", SYSCON),
	PLAIN("regmap-mcbb", SYSCON),
	PLAIN("regmap-rb", SYSCON),
	REST("arasan,soc-ctl-syscon", SYSCON, NULL),
	PLAIN("arm,cs-dev-assoc", DEVICE),
	PLAIN("arm,vexpress,config-bridge", SYSCON),
	/* brcm */
	PLAIN("brcm,firmware", FIRMWARE),
	/* freescale, nxp */
	REST("fsl,anatop", SYSCON, NULL),
	REST("fsl,blk-ctrl", SYSCON, "index"),
	PLAIN("fsl,ddrc", DEVICE),
	PLAIN("fsl,fman-ports", DEVICE),
	REST("fsl,gpr", SYSCON, "offset"),
	REST("fsl,mipi-phy-gpr", SYSCON, "offset"),
	REST("fsl,pcie-scfg", SYSCON, "index"),
	LIST("fsl,rcpm-wakeup", DEVICE, "#fsl,rcpm-wakeup-cells", NULL),
	PLAIN("fsl,scu", FIRMWARE),
	REST("fsl,stop-mode", SYSCON, "offset bit"),
	LIST("fsl,usbmisc", DEVICE, "#index-cells", NULL),
	PLAIN("fsl,usbphy", PHY),
	REST("fsl,weim-cs-gpr", SYSCON, NULL),
	PLAIN("gpr", SYSCON),
	REST("intf_mode", SYSCON, "offset"),
	PLAIN("ptimer-handle", DEVICE),
	/* hisilicon */
	PLAIN("ae-handle", DEVICE),
	REST("cpld-syscon", SYSCON, "offset"),
	PLAIN("dsaf-handle", DEVICE),
	PLAIN("eth-handle", DEVICE),
	PLAIN("hisi,rst-syscon", SYSCON),
	PLAIN("hisilicon,hi6220-clk-sram", SRAM),
	PLAIN("hisilicon,noc-syscon", SYSCON),
	PLAIN("hisilicon,pctrl-syscon", SYSCON),
	PLAIN("hisilicon,pericrg-syscon", SYSCON),
	PLAIN("hisilicon,peripheral-syscon", SYSCON),
	PLAIN("hisilicon,sas-syscon", SYSCON),
	PLAIN("hisilicon,sysctrl-syscon", SYSCON),
	PLAIN("serdes-syscon", SYSCON),
	PLAIN("subctrl-syscon", SYSCON),
	REST("subctrl-vbase", SYSCON, "offset"),
	/* marvell */
	PLAIN("marvell,system-controller", SYSCON),
	PLAIN("marvell,usb-misc-reg", SYSCON),
	/* mediatek */
	PLAIN("infracfg", SYSCON),
	PLAIN("mediatek,adsp", DEVICE),
	PLAIN("mediatek,apmixedsys", SYSCON),
	PLAIN("mediatek,audio-codec", SOUND),
	PLAIN("mediatek,auxadc", IO_CHANNEL),
	PLAIN("mediatek,cci", CPU),
	PLAIN("mediatek,ethsys", SYSCON),
	FIXED("mediatek,gce-client-reg", MAILBOX, "subsystem offset size"),
	PLAIN("mediatek,headset-codec", SOUND),
	PLAIN("mediatek,hifsys", SYSCON),
	PLAIN("mediatek,infracfg", SYSCON),
	PLAIN("mediatek,infracfg-nao", SYSCON),
	PLAIN("mediatek,larb", DEVICE),
	PLAIN("mediatek,larbs", DEVICE),
	PLAIN("mediatek,pcie-mirror", SYSCON),
	PLAIN("mediatek,pctl-regmap", SYSCON),
	PLAIN("mediatek,pericfg", SYSCON),
	PLAIN("mediatek,phy-mode", SYSCON),
	PLAIN("mediatek,pio", DEVICE),
	PLAIN("mediatek,platform", SOUND),
	PLAIN("mediatek,scp", DEVICE),
	PLAIN("mediatek,sgmiisys", SYSCON),
	PLAIN("mediatek,smi", DEVICE),
	REST("mediatek,syscon-hdmi", SYSCON, "offset"),
	REST("mediatek,syscon-type", SYSCON, "offset value"),
	REST("mediatek,syscon-wakeup", SYSCON, "offset version"),
	PLAIN("mediatek,topckgen", SYSCON),
	PLAIN("mediatek,vdecsys", SYSCON),
	PLAIN("mediatek,vpu", DEVICE),
	PLAIN("mediatek,wed", DEVICE),
	PLAIN("mediatek,wed-pcie", DEVICE),
	PLAIN("mediatek,wo-ccif", SYSCON),
	PLAIN("mediatek,wo-cpuboot", SYSCON),
	PLAIN("mediatek,wo-dlm", DEVICE),
	PLAIN("mediatek,wo-ilm", DEVICE),
	/* nvidia */
	PLAIN("nvidia,apbmisc", SYSCON),
	PLAIN("nvidia,audio-codec", SOUND),
	PLAIN("nvidia,axi2apb", SYSCON),
	REST("nvidia,bpmp", FIRMWARE, "endpoint"),
	PLAIN("nvidia,cmdqv", DEVICE),
	PLAIN("nvidia,ddc-i2c-bus", DEVICE),
	PLAIN("nvidia,dpaux", DEVICE),
	PLAIN("nvidia,external-memory-controller", DEVICE),
	PLAIN("nvidia,ganged-mode", DEVICE),
	PLAIN("nvidia,gpio-controller", DEVICE),
	PLAIN("nvidia,i2s-controller", SOUND),
	PLAIN("nvidia,memory-controller", DEVICE),
	REST("nvidia,mipi-calibrate", DEVICE, "pads"),
	PLAIN("nvidia,outputs", DEVICE),
	PLAIN("nvidia,panel", PANEL),
	PLAIN("nvidia,phy", PHY),
	REST("nvidia,pmc", SYSCON, "index"),
	PLAIN("nvidia,xusb-padctl", PHY),
	PLAIN("link2", PANEL),
	/* qualcomm */
	PLAIN("acc-syscon", SYSCON),
	PLAIN("qcom,acc", SYSCON),
	PLAIN("qcom,bcm-voters", FIRMWARE),
	REST("qcom,4ln-config-sel", SYSCON, "offset bit"),
	REST("qcom,dload-mode", SYSCON, "offset"),
	FIXED("qcom,ext-regs", SYSCON, "offset offset"),
	LIST("qcom,freq-domain", OPP, "#freq-domain-cells", NULL),
	LIST("qcom,freq-domains", OPP, "#freq-domain-cells", NULL),
	PLAIN("qcom,gmu", DEVICE),
	REST("qcom,halt-regs", SYSCON, "offset"),
	PLAIN("qcom,ice", DEVICE),
	REST("qcom,ipc", SYSCON, "offset bit"),
	REST("qcom,ipc-%", SYSCON, "offset bit"),
	PLAIN("qcom,mmio", DEVICE),
	PLAIN("qcom,pbs", DEVICE),
	REST("qcom,qaccept-regs", SYSCON, "offset"),
	PLAIN("qcom,qmp", FIRMWARE),
	PLAIN("qcom,rpm-msg-ram", SRAM),
	PLAIN("qcom,rproc", DEVICE),
	PLAIN("qcom,rx-device", SOUND),
	PLAIN("qcom,saw", DEVICE),
	PLAIN("qcom,saw-reg", DEVICE),
	LIST("qcom,smem-states", MAILBOX, "#qcom,smem-state-cells", "qcom,smem-state-names"),
	REST("qcom,spare-regs", SYSCON, "offset"),
	FIXED("qcom,stream-id-range", IOMMU, "first count"),
	REST("qcom,tcsr-reg", SYSCON, "offset"),
	PLAIN("qcom,tcsr-syscon", SYSCON),
	PLAIN("qcom,tx-device", SOUND),
	PLAIN("slim-ifc-dev", SOUND),
	/* renesas */
	PLAIN("renesas,bonding", DEVICE),
	REST("renesas,clonech", SYSCON, "offset"),
	PLAIN("renesas,cmms", DEVICE),
	PLAIN("renesas,companion", DEVICE),
	PLAIN("renesas,fcp", DEVICE),
	FIXED("renesas,icu", DEVICE, "dmac"),
	REST("renesas,ipmmu-main", IOMMU, "index"),
	PLAIN("renesas,sysc", SYSCON),
	REST("renesas,sysc-pwrrdy", SYSCON, "offset mask"),
	FIXED("renesas,vsps", DEVICE, "channel"),
	REST("renesas,tsu-trim", SYSCON, "offset"),
	PLAIN("renesas,vspx", DEVICE),
	/* richtek */
	PLAIN("richtek,usb-connector", DEVICE),
	/* rockchip */
	PLAIN("pm_qos", SYSCON),
	PLAIN("rockchip,codec", SOUND),
	PLAIN("rockchip,cpu", SOUND),
	PLAIN("rockchip,grf", SYSCON),
	PLAIN("rockchip,php-grf", SYSCON),
	PLAIN("rockchip,phy-grf", SYSCON),
	{.property = "rockchip,pins",
	 .kind = BH_REF_CONFIG,
	 .shape = BH_SHAPE_GROUPS,
	 .args = "bank pin mux &"},
	PLAIN("rockchip,pipe-grf", SYSCON),
	PLAIN("rockchip,pipe-phy-grf", SYSCON),
	PLAIN("rockchip,pmu", SYSCON),
	PLAIN("rockchip,u2phy-grf", SYSCON),
	PLAIN("rockchip,usb-grf", SYSCON),
	PLAIN("rockchip,usbdpphy-grf", SYSCON),
	PLAIN("rockchip,usbgrf", SYSCON),
	PLAIN("rockchip,vo-grf", SYSCON),
	PLAIN("rockchip,vo1-grf", SYSCON),
	PLAIN("rockchip,vop-grf", SYSCON),
	/* samsung */
	PLAIN("google,pmu-intr-gen-syscon", SYSCON),
	PLAIN("samsung,audio-codec", SOUND),
	PLAIN("samsung,cam0-sysreg", SYSCON),
	PLAIN("samsung,cam1-sysreg", SYSCON),
	PLAIN("samsung,disp-syscon", SYSCON),
	PLAIN("samsung,disp-sysreg", SYSCON),
	PLAIN("samsung,fsys-sysreg", SYSCON),
	PLAIN("samsung,i2s-controller", SOUND),
	REST("samsung,pmu-syscon", SYSCON, "offset"),
	PLAIN("samsung,pmureg-phandle", SYSCON),
	PLAIN("samsung,syscon-phandle", SYSCON),
	REST("samsung,sysreg", SYSCON, "offset"),
	PLAIN("samsung,sysreg-phandle", SYSCON),
	/* snps */
	PLAIN("snps,axi-config", CONFIG),
	PLAIN("snps,mtl-rx-config", CONFIG),
	PLAIN("snps,mtl-tx-config", CONFIG),
	/* st */
	REST("st,syscfg", SYSCON, "offset mask"),
	/* ti */
	REST("syscon-phy-power", SYSCON, "offset"),
	PLAIN("ti,am65x-oldi-io-ctrl", SYSCON),
	REST("ti,camerrx-control", SYSCON, "offset"),
	PLAIN("ti,companion-oldi", DEVICE),
	PLAIN("ti,cpb-codec", SOUND),
	PLAIN("ti,cpb-mcasp", SOUND),
	PLAIN("ti,elm-id", DEVICE),
	PLAIN("ti,iep", DEVICE),
	PLAIN("ti,ivi-codec-a", SOUND),
	PLAIN("ti,ivi-codec-b", SOUND),
	PLAIN("ti,ivi-mcasp", SOUND),
	PLAIN("ti,mii-g-rt", SYSCON),
	PLAIN("ti,mii-rt", SYSCON),
	PLAIN("ti,oldi-io-ctrl", SYSCON),
	PLAIN("ti,pa-stats", SYSCON),
	PLAIN("ti,prus", DEVICE),
	PLAIN("ti,ringacc", DEVICE),
	PLAIN("ti,sci", FIRMWARE),
	PLAIN("ti,serdes-clk", SYSCON),
	REST("ti,syscon-acspcie-proxy-ctrl", SYSCON, "mask"),
	REST("ti,syscon-efuse", SYSCON, "offset"),
	REST("ti,syscon-pcie-ctrl", SYSCON, "offset"),
	REST("ti,syscon-pcie-id", SYSCON, "offset"),
	REST("ti,syscon-pcie-mode", SYSCON, "offset"),
	REST("ti,syscon-phy-pll-refclk", SYSCON, "offset"),
	REST("ti,syscon-rgmii-delay", SYSCON, "offset"),
	PLAIN("ti,unmapped-event-sources", DMA),
	/* wolfson: GPIOs by their old names */
	LIST("wlf,ldoena", GPIO, "#gpio-cells", NULL),
	LIST("wlf,reset", GPIO, "#gpio-cells", NULL),
	/* pinctrl-single */
	LIST("pinctrl-single,gpio-range", CONFIG, "#pinctrl-single,gpio-range-cells", NULL),
	/* a convention that several vendors keep */
	AMBIGUOUS_REST("*-syscon", SYSCON, "offset"),
	AMBIGUOUS_REST("*,syscon", SYSCON, "offset"),
	AMBIGUOUS_REST("*,syscon-*", SYSCON, "offset"),
	AMBIGUOUS_REST("syscon-*", SYSCON, "offset"),
	AMBIGUOUS_REST("*-grf", SYSCON, "offset"),
};

const size_t bh_vendor_rule_count = sizeof(bh_vendor_rules) / sizeof(*bh_vendor_rules);
