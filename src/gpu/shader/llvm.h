/* SPDX-License-Identifier: Apache-2.0 */
/* LLVM's C API, 14 to 22: what differs between its versions is here. */
#ifndef BH_GPU_SHADER_LLVM_H
#define BH_GPU_SHADER_LLVM_H

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <llvm/Config/llvm-config.h>

/*
 * From 18 on, a pass named by text checks that one round of it was enough, and ends the process
 * where it was not. One round is what we want.
 */
#if LLVM_VERSION_MAJOR >= 18
#define BH_LLVM_INSTCOMBINE "instcombine<no-verify-fixpoint>"
#else
#define BH_LLVM_INSTCOMBINE "instcombine"
#endif

#endif
