/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/jit.h"

#include "base/alloc.h"
#include "gpu/shader/emit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY "shader"

/* Beyond these the interpreter is kinder to the machine than a compiler would be. */
#define INSTS_MAX       20000
#define ARRAY_TEMPS_MAX 1024

/*
 * What makes slots into values and removes what an emitter says twice. The rest of LLVM's passes
 * cost more time than they save on code without calls.
 */
#define PASSES \
	"always-inline,function(sroa,early-cse," BH_LLVM_INSTCOMBINE ",simplifycfg,early-cse,dce)"

struct bh_jit_code {
	LLVMOrcLLJITRef jit;
	LLVMOrcExecutorAddress address;
};

/* What is to be compiled; without a key the program alone. */
struct source {
	const struct bh_shader *shader;
	const struct bh_fused_key *key;
	unsigned lanes;
};

/* What is known of the machine we run on. */
struct host {
	char *triple, *cpu, *features;
};

/* LLVM registers its targets in a table of its own, once a process. */
static void initialize_target(void)
{
	LLVMInitializeNativeTarget();
	LLVMInitializeNativeAsmPrinter();
}

static void host_init(struct host *host)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, initialize_target);
	host->triple = LLVMGetDefaultTargetTriple();
	host->cpu = LLVMGetHostCPUName();
	host->features = LLVMGetHostCPUFeatures();
}

static void host_finish(struct host *host)
{
	LLVMDisposeMessage(host->triple);
	LLVMDisposeMessage(host->cpu);
	LLVMDisposeMessage(host->features);
}

static bool has_feature(const struct host *host, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(host->features, name); at; at = strstr(at + 1, name)) {
		if (at > host->features && at[-1] == '+' && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static bool is_x86(const struct host *host)
{
	return !strncmp(host->triple, "x86_64", 6);
}

static bool runs_here(const struct host *host)
{
	return !is_x86(host) || has_feature(host, "sse4.1");
}

static bool has_avx512(const struct host *host)
{
	return has_feature(host, "avx512f") && has_feature(host, "avx512vl") &&
	       has_feature(host, "avx512bw") && has_feature(host, "avx512dq");
}

unsigned bh_jit_widest(void)
{
	struct host host;
	unsigned lanes = 4;

	host_init(&host);
	if (!runs_here(&host))
		lanes = 0;
	else if (has_avx512(&host))
		lanes = 16;
	else if (has_feature(&host, "avx2"))
		lanes = 8;
	host_finish(&host);
	return lanes;
}

static LLVMTargetMachineRef make_machine(const struct host *host)
{
	LLVMTargetRef target;
	char *message = NULL;

	if (LLVMGetTargetFromTriple(host->triple, &target, &message)) {
		LLVMDisposeMessage(message);
		return NULL;
	}
	return LLVMCreateTargetMachine(target, host->triple, host->cpu, host->features,
				       LLVMCodeGenLevelDefault, LLVMRelocDefault,
				       LLVMCodeModelJITDefault);
}

static void report(struct bh_diags *diags, const char *what, LLVMErrorRef error)
{
	char *message = LLVMGetErrorMessage(error);
	struct bh_diag *diag = bh_error(diags, "E2191", "%s", what);

	bh_diag_cause(diag, "%s", message);
	LLVMDisposeErrorMessage(message);
}

/* The compiler may call these two; nothing else of the process is for generated code. */
static int allow_symbol(void *data, LLVMOrcSymbolStringPoolEntryRef symbol)
{
	const char *name = LLVMOrcSymbolStringPoolEntryStr(symbol);

	(void)data;
	return !strcmp(name, "memset") || !strcmp(name, "memcpy");
}

static LLVMErrorRef make_jit(const struct host *host, LLVMOrcLLJITRef *jit)
{
	LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
	LLVMOrcDefinitionGeneratorRef generator;
	LLVMErrorRef error;

	LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
		builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(make_machine(host)));
	error = LLVMOrcCreateLLJIT(jit, builder);
	if (error)
		return error;
	error = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
		&generator, LLVMOrcLLJITGetGlobalPrefix(*jit), allow_symbol, NULL);
	if (!error)
		LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(*jit), generator);
	return error;
}

static LLVMErrorRef optimize(LLVMModuleRef module, const struct host *host)
{
	LLVMTargetMachineRef machine = make_machine(host);
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(module, PASSES, machine, options);

	LLVMDisposePassBuilderOptions(options);
	LLVMDisposeTargetMachine(machine);
	return error;
}

static LLVMErrorRef fill_module(LLVMModuleRef module, const struct source *source,
				const struct host *host)
{
	struct bh_emit_target target = {source->lanes, has_avx512(host)};

	if (source->key)
		bh_emit_fused(source->shader, source->key, &target, module, ENTRY);
	else
		bh_emit_program(source->shader, &target, module, ENTRY);
	return optimize(module, host);
}

/* Makes the module and gives it to the JIT, which owns it then. */
static LLVMErrorRef add_module(struct bh_jit_code *code, const struct source *source,
			       const struct host *host)
{
	LLVMContextRef context;
	LLVMOrcThreadSafeContextRef wrapper = bh_llvm_context(&context);
	LLVMModuleRef module = LLVMModuleCreateWithNameInContext(ENTRY, context);
	LLVMOrcThreadSafeModuleRef safe;
	LLVMErrorRef error;

	LLVMSetTarget(module, host->triple);
	LLVMSetDataLayout(module, LLVMOrcLLJITGetDataLayoutStr(code->jit));
	error = fill_module(module, source, host);
	safe = LLVMOrcCreateNewThreadSafeModule(module, wrapper);
	LLVMOrcDisposeThreadSafeContext(wrapper);
	if (error) {
		LLVMOrcDisposeThreadSafeModule(safe);
		return error;
	}
	error = LLVMOrcLLJITAddLLVMIRModule(code->jit, LLVMOrcLLJITGetMainJITDylib(code->jit),
					    safe);
	if (error)
		LLVMOrcDisposeThreadSafeModule(safe);
	return error;
}

static bool is_too_large(const struct bh_shader *shader)
{
	return shader->inst_count > INSTS_MAX ||
	       (shader->computed_temps && shader->temp_count > ARRAY_TEMPS_MAX);
}

static struct bh_jit_code *compile(const struct source *source, struct bh_diags *diags)
{
	struct bh_jit_code *code = bh_alloc(sizeof(*code));
	struct host host;
	LLVMErrorRef error;

	host_init(&host);
	if (!runs_here(&host)) {
		bh_error(diags, "E2190", "generated code needs a CPU with SSE4.1");
		goto fail;
	}
	if (is_too_large(source->shader)) {
		bh_error(diags, "E2191", "the shader is too large to generate code for");
		goto fail;
	}
	error = make_jit(&host, &code->jit);
	if (!error)
		error = add_module(code, source, &host);
	if (!error)
		error = LLVMOrcLLJITLookup(code->jit, &code->address, ENTRY);
	if (error) {
		report(diags, "the compiler failed", error);
		goto fail;
	}
	host_finish(&host);
	return code;
fail:
	host_finish(&host);
	bh_jit_destroy(code);
	return NULL;
}

struct bh_jit_code *bh_jit_compile(const struct bh_shader *shader, unsigned lanes,
				   struct bh_diags *diags)
{
	return compile(&(struct source){shader, NULL, lanes}, diags);
}

struct bh_jit_code *bh_jit_fuse(const struct bh_shader *shader, const struct bh_fused_key *key,
				unsigned lanes)
{
	return compile(&(struct source){shader, key, lanes}, NULL);
}

void bh_jit_destroy(struct bh_jit_code *code)
{
	if (!code)
		return;
	if (code->jit)
		LLVMConsumeError(LLVMOrcDisposeLLJIT(code->jit));
	free(code);
}

/* The module on its own: a JIT keeps no text of what it makes. */
static void list_module(LLVMModuleRef module, const struct host *host, struct bh_buf *listing)
{
	LLVMTargetMachineRef machine = make_machine(host);
	LLVMMemoryBufferRef buffer;
	char *message = NULL;

	if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMAssemblyFile, &message,
						&buffer)) {
		LLVMDisposeMessage(message);
	} else {
		bh_buf_add(listing, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
		LLVMDisposeMemoryBuffer(buffer);
	}
	LLVMDisposeTargetMachine(machine);
}

void bh_jit_list(const struct bh_shader *shader, const struct bh_fused_key *key, unsigned lanes,
		 struct bh_buf *listing)
{
	struct source source = {shader, key, lanes};
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	LLVMErrorRef error;
	struct host host;

	if (is_too_large(shader))
		return;
	host_init(&host);
	context = LLVMContextCreate();
	module = LLVMModuleCreateWithNameInContext(ENTRY, context);
	machine = make_machine(&host);
	layout = LLVMCreateTargetDataLayout(machine);
	LLVMSetTarget(module, host.triple);
	LLVMSetModuleDataLayout(module, layout);
	error = fill_module(module, &source, &host);
	if (error)
		LLVMConsumeError(error);
	else
		list_module(module, &host, listing);
	LLVMDisposeTargetData(layout);
	LLVMDisposeTargetMachine(machine);
	LLVMDisposeModule(module);
	LLVMContextDispose(context);
	host_finish(&host);
}

bh_jit_entry *bh_jit_entry_of(const struct bh_jit_code *code)
{
	return (bh_jit_entry *)(uintptr_t)code->address;
}

bh_fused_entry *bh_jit_fused_entry_of(const struct bh_jit_code *code)
{
	return (bh_fused_entry *)(uintptr_t)code->address;
}
