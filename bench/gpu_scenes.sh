#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu_scenes.sh: the scenes of the GPU's benches, a line each: NAME and what glmark2 calls it.
cat <<'END'
clear clear
build build:use-vbo=true
texture texture:texture-filter=linear
shading shading:shading=phong
bump bump:bump-render=normals
effect2d effect2d:kernel=1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;
pulsar pulsar:quads=5:texture=false:light=false
desktop desktop:effect=shadow:windows=4
buffer buffer:columns=200:interleave=false:update-dispersion=0.9:update-fraction=0.5:update-method=map
ideas ideas:speed=duration
jellyfish jellyfish
terrain terrain
shadow shadow
refract refract
END
