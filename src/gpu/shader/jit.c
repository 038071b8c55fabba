/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/jit.h"

#include "base/alloc.h"
#include "gpu/shader/effort.h"
#include "gpu/shader/emit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY "shader"

/* Beyond these the interpreter is kinder to the machine than a compiler would be. */
#define INSTS_MAX       20000
#define ARRAY_TEMPS_MAX 1024

/* Target machines that are kept for the next. */
#define IDLE_MAX 4

/*
 * What makes slots into values and removes what an emitter says twice. The rest of LLVM's passes
 * cost more time than they save on code without calls. What is wanted quickly is left as it is, but
 * for the slots of programs that loop.
 */
static const char good_passes[] =
	"always-inline,function(sroa,early-cse," BH_LLVM_INSTCOMBINE ",simplifycfg,early-cse,dce)";
static const char quick_passes[] = "function(sroa)";

struct bh_jit_code {
	LLVMOrcLLJITRef jit;
	LLVMOrcExecutorAddress address;
	bool quick; /* and could be better */
};

/* What is known of the machine we run on. */
struct host {
	char *triple, *cpu, *features;
};

/* The machine does not change, and files that tell of it may be out of reach later. */
static struct host machine_we_run_on;

/*
 * LLVM's descriptions of it, which no two threads may use at once: [0] of those who compile well,
 * [1] quickly. To make one, and what it makes of itself at its first function, takes as long as to
 * compile a short program.
 */
static struct {
	pthread_mutex_t lock;
	LLVMTargetMachineRef idle[2][IDLE_MAX];
	unsigned counts[2];
} machines = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void look_around(void)
{
	LLVMInitializeNativeTarget();
	LLVMInitializeNativeAsmPrinter();
	machine_we_run_on.triple = LLVMGetDefaultTargetTriple();
	machine_we_run_on.cpu = LLVMGetHostCPUName();
	machine_we_run_on.features = LLVMGetHostCPUFeatures();
}

static const struct host *this_host(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, look_around);
	return &machine_we_run_on;
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

static bool has_avx2(const struct host *host)
{
	return has_feature(host, "avx2");
}

static bool has_avx512(const struct host *host)
{
	return has_feature(host, "avx512f") && has_feature(host, "avx512vl") &&
	       has_feature(host, "avx512bw") && has_feature(host, "avx512dq");
}

unsigned bh_jit_widest(void)
{
	const struct host *host = this_host();
	unsigned lanes = 4;

	if (!runs_here(host))
		lanes = 0;
	else if (has_avx512(host))
		lanes = 16;
	else if (has_avx2(host))
		lanes = 8;
	return lanes;
}

/* Code that reaches its constants from where it is: short instructions that read memory. */
static LLVMTargetMachineRef make_machine_with(const struct host *host, const char *features,
					      bool quick)
{
	LLVMTargetRef target;
	char *message = NULL;

	if (LLVMGetTargetFromTriple(host->triple, &target, &message)) {
		LLVMDisposeMessage(message);
		return NULL;
	}
	return LLVMCreateTargetMachine(target, host->triple, host->cpu, features,
				       quick ? LLVMCodeGenLevelNone : LLVMCodeGenLevelDefault,
				       LLVMRelocPIC, LLVMCodeModelSmall);
}

static LLVMTargetMachineRef make_machine(const struct host *host, bool quick)
{
	return make_machine_with(host, host->features, quick);
}

static LLVMTargetMachineRef take_machine(const struct host *host, bool quick)
{
	LLVMTargetMachineRef machine = NULL;

	pthread_mutex_lock(&machines.lock);
	if (machines.counts[quick])
		machine = machines.idle[quick][--machines.counts[quick]];
	pthread_mutex_unlock(&machines.lock);
	return machine ? machine : make_machine(host, quick);
}

static void put_back(LLVMTargetMachineRef machine, bool quick)
{
	pthread_mutex_lock(&machines.lock);
	if (machines.counts[quick] < IDLE_MAX) {
		machines.idle[quick][machines.counts[quick]++] = machine;
		machine = NULL;
	}
	pthread_mutex_unlock(&machines.lock);
	if (machine)
		LLVMDisposeTargetMachine(machine);
}

/* The compiler may call these; nothing else of the process is for generated code. Old processors
 * have no instruction for fmaf. */
static int allow_symbol(void *data, LLVMOrcSymbolStringPoolEntryRef symbol)
{
	const char *name = LLVMOrcSymbolStringPoolEntryStr(symbol);

	(void)data;
	return !strcmp(name, "memset") || !strcmp(name, "memcpy") || !strcmp(name, "fmaf");
}

/* It links objects and compiles nothing: to read a list of features would be most of its work. */
static LLVMErrorRef make_jit(const struct host *host, LLVMOrcLLJITRef *jit)
{
	LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
	LLVMOrcDefinitionGeneratorRef generator;
	LLVMErrorRef error;

	LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
		builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(
				 make_machine_with(host, "", false)));
	error = LLVMOrcCreateLLJIT(jit, builder);
	if (error)
		return error;
	error = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
		&generator, LLVMOrcLLJITGetGlobalPrefix(*jit), allow_symbol, NULL);
	if (!error)
		LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(*jit), generator);
	return error;
}

static LLVMErrorRef optimize(LLVMModuleRef module, LLVMTargetMachineRef machine, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(module, passes, machine, options);

	LLVMDisposePassBuilderOptions(options);
	return error;
}

static LLVMErrorRef make_object(LLVMModuleRef module, const struct host *host, const char *passes,
				bool quick, LLVMMemoryBufferRef *object)
{
	LLVMTargetMachineRef machine = take_machine(host, quick);
	LLVMErrorRef error = NULL;
	char *message = NULL;

	if (passes)
		error = optimize(module, machine, passes);
	if (!error && LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message,
							  object)) {
		error = LLVMCreateStringError(message);
		LLVMDisposeMessage(message);
	}
	put_back(machine, quick);
	return error;
}

/* The name of what the compiler will make: see code_cache.h. `how`: its passes. */
static void make_key(const uint8_t digest[BH_SHA256_SIZE], const char *how,
		     uint8_t key[BH_SHA256_SIZE])
{
	struct bh_sha256 sha;

	bh_sha256_init(&sha);
	bh_sha256_add(&sha, how, strlen(how) + 1);
	bh_sha256_add(&sha, digest, BH_SHA256_SIZE);
	bh_sha256_finish(&sha, key);
}

static void digest_module(LLVMModuleRef module, const struct host *host,
			  uint8_t digest[BH_SHA256_SIZE])
{
	LLVMMemoryBufferRef code = LLVMWriteBitcodeToMemoryBuffer(module);
	const char *texts[] = {LLVM_VERSION_STRING, host->triple, host->cpu, host->features};
	struct bh_sha256 sha;

	bh_sha256_init(&sha);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		bh_sha256_add(&sha, texts[i], strlen(texts[i]) + 1);
	bh_sha256_add(&sha, LLVMGetBufferStart(code), LLVMGetBufferSize(code));
	bh_sha256_finish(&sha, digest);
	LLVMDisposeMemoryBuffer(code);
}

static bool find_cached(struct bh_code_cache *cache, const uint8_t digest[BH_SHA256_SIZE],
			const char *how, LLVMMemoryBufferRef *object)
{
	uint8_t key[BH_SHA256_SIZE];
	struct bh_buf data;
	bool found;

	make_key(digest, how, key);
	bh_buf_init(&data);
	found = bh_code_cache_find(cache, key, &data);
	if (found)
		*object = LLVMCreateMemoryBufferWithMemoryRangeCopy(data.data, data.length, ENTRY);
	bh_buf_finish(&data);
	return found;
}

static void add_to_cache(struct bh_code_cache *cache, const uint8_t digest[BH_SHA256_SIZE],
			 const char *how, LLVMMemoryBufferRef object)
{
	uint8_t key[BH_SHA256_SIZE];

	make_key(digest, how, key);
	bh_code_cache_add(cache, key, LLVMGetBufferStart(object), LLVMGetBufferSize(object));
}

static bool loops(const struct bh_shader *shader)
{
	for (size_t i = 0; i < shader->inst_count; i++) {
		if (shader->insts[i].op == BH_OP_BGNLOOP)
			return true;
	}
	return false;
}

/* A program as LLVM has it, with the digest of all that it is made from. */
struct form {
	LLVMContextRef context;
	LLVMModuleRef module;
	bool quick, loops;
	bool differs;                   /* from the other form: good from quick */
	uint8_t digest[BH_SHA256_SIZE]; /* where there is a cache */
};

static void emit(LLVMModuleRef module, const struct bh_jit_source *source, const struct host *host,
		 bool quick)
{
	struct bh_emit_target target = {source->lanes, has_avx2(host), has_avx512(host), quick};

	LLVMSetTarget(module, host->triple);
	if (source->key)
		bh_emit_fused(source->shader, source->key, &target, module, ENTRY);
	else
		bh_emit_program(source->shader, &target, module, ENTRY);
}

static void form_init(struct form *form, const struct bh_jit_code *code,
		      const struct bh_jit_source *source, const struct host *host, bool quick)
{
	form->quick = quick;
	form->loops = loops(source->shader);
	form->differs = bh_emit_quick_differs(source->shader, source->key);
	form->context = LLVMContextCreate();
	form->module = LLVMModuleCreateWithNameInContext(ENTRY, form->context);
	LLVMSetDataLayout(form->module, LLVMOrcLLJITGetDataLayoutStr(code->jit));
	emit(form->module, source, host, quick);
	if (source->cache)
		digest_module(form->module, host, form->digest);
}

static void form_finish(struct form *form)
{
	LLVMDisposeModule(form->module);
	LLVMContextDispose(form->context);
}

static unsigned count_instructions(LLVMModuleRef module)
{
	unsigned count = 0;

	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f);

		for (; block; block = LLVMGetNextBasicBlock(block)) {
			LLVMValueRef at = LLVMGetFirstInstruction(block);

			for (; at; at = LLVMGetNextInstruction(at))
				count++;
		}
	}
	return count;
}

/* Takes the good form's object in the place of what the quick form's is, if there is one. */
static bool find_better(const struct bh_jit_code *code, const struct bh_jit_source *source,
			const struct host *host, LLVMMemoryBufferRef *object)
{
	LLVMMemoryBufferRef better;
	struct form form;
	bool found;

	form_init(&form, code, source, host, false);
	found = find_cached(source->cache, form.digest, good_passes, &better);
	form_finish(&form);
	if (found) {
		LLVMDisposeMemoryBuffer(*object);
		*object = better;
	}
	return found;
}

/*
 * From the cache. What is better than asked for is welcome. Where the good form is another than the
 * quick one it is looked for when the quick one is known: what is made well was made quickly first.
 */
static bool find_object(struct bh_jit_code *code, const struct bh_jit_source *source,
			const struct host *host, const struct form *form,
			LLVMMemoryBufferRef *object)
{
	if (!source->cache)
		return false;
	if (find_cached(source->cache, form->digest, good_passes, object)) {
		code->quick = false;
		return true;
	}
	if (!form->quick || !find_cached(source->cache, form->digest, quick_passes, object))
		return false;
	if (form->differs && find_better(code, source, host, object))
		code->quick = false;
	return true;
}

/* From the cache, or from the compiler to the cache. */
static LLVMErrorRef get_object(struct bh_jit_code *code, const struct bh_jit_source *source,
			       const struct host *host, LLVMMemoryBufferRef *object)
{
	LLVMErrorRef error = NULL;
	const char *passes;
	struct form form;
	bool large, found;

	form_init(&form, code, source, host, source->quick);
	large = count_instructions(form.module) > BH_EFFORT_GOOD_MAX;
	form.quick |= large;
	code->quick = source->quick && !large;
	found = find_object(code, source, host, &form, object);
	if (source->was_read)
		source->was_read(source->data);
	if (!found) {
		passes = form.quick ? quick_passes : good_passes;
		error = make_object(form.module, host, form.quick && !form.loops ? NULL : passes,
				    form.quick, object);
		if (!error && source->cache)
			add_to_cache(source->cache, form.digest, passes, *object);
	}
	form_finish(&form);
	return error;
}

/* Makes the object and gives it to the JIT, which owns it then. */
static LLVMErrorRef add_object(struct bh_jit_code *code, const struct bh_jit_source *source,
			       const struct host *host)
{
	LLVMMemoryBufferRef object;
	LLVMErrorRef error = get_object(code, source, host, &object);

	if (error)
		return error;
	return LLVMOrcLLJITAddObjectFile(code->jit, LLVMOrcLLJITGetMainJITDylib(code->jit), object);
}

static bool is_too_large(const struct bh_shader *shader)
{
	return shader->inst_count > INSTS_MAX ||
	       (shader->computed_temps && shader->temp_count > ARRAY_TEMPS_MAX) ||
	       bh_shader_effort(shader, BH_LANES_MAX) > BH_EFFORT_QUICK_MAX;
}

bool bh_jit_check(const struct bh_shader *shader, struct bh_diags *diags)
{
	if (!runs_here(this_host()))
		bh_error(diags, "E2190", "generated code needs a CPU with SSE4.1");
	else if (is_too_large(shader))
		bh_error(diags, "E2191", "the shader is too large to generate code for");
	else
		return true;
	return false;
}

unsigned bh_jit_effort(const struct bh_jit_source *source)
{
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef module = LLVMModuleCreateWithNameInContext(ENTRY, context);
	unsigned effort;

	emit(module, source, this_host(), source->quick);
	effort = count_instructions(module);
	LLVMDisposeModule(module);
	LLVMContextDispose(context);
	return effort;
}

struct bh_jit_code *bh_jit_compile(const struct bh_jit_source *source)
{
	struct bh_jit_code *code = bh_alloc(sizeof(*code));
	const struct host *host = this_host();
	LLVMErrorRef error = make_jit(host, &code->jit);

	if (!error)
		error = add_object(code, source, host);
	if (!error)
		error = LLVMOrcLLJITLookup(code->jit, &code->address, ENTRY);
	if (!error)
		return code;
	LLVMConsumeError(error);
	bh_jit_destroy(code);
	return NULL;
}

bool bh_jit_is_quick(const struct bh_jit_code *code)
{
	return code->quick;
}

/* The module on its own: a JIT keeps no text of what it makes. */
void bh_jit_list(const struct bh_shader *shader, const struct bh_fused_key *key, unsigned lanes,
		 struct bh_buf *listing)
{
	struct bh_jit_source source = {.shader = shader, .key = key, .lanes = lanes};
	const struct host *host = this_host();
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef module = LLVMModuleCreateWithNameInContext(ENTRY, context);
	LLVMTargetMachineRef machine = take_machine(host, false);
	LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
	LLVMMemoryBufferRef buffer;
	char *message = NULL;
	LLVMErrorRef error = NULL;

	LLVMSetModuleDataLayout(module, layout);
	if (!is_too_large(shader)) {
		emit(module, &source, host, false);
		error = optimize(module, machine, good_passes);
		if (error) {
			LLVMConsumeError(error);
		} else if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMAssemblyFile,
							       &message, &buffer)) {
			LLVMDisposeMessage(message);
		} else {
			bh_buf_add(listing, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
			LLVMDisposeMemoryBuffer(buffer);
		}
	}
	LLVMDisposeTargetData(layout);
	put_back(machine, false);
	LLVMDisposeModule(module);
	LLVMContextDispose(context);
}

void bh_jit_destroy(struct bh_jit_code *code)
{
	if (!code)
		return;
	if (code->jit)
		LLVMConsumeError(LLVMOrcDisposeLLJIT(code->jit));
	free(code);
}

bh_jit_entry *bh_jit_entry_of(const struct bh_jit_code *code)
{
	return (bh_jit_entry *)(uintptr_t)code->address;
}

bh_fused_entry *bh_jit_fused_entry_of(const struct bh_jit_code *code)
{
	return (bh_fused_entry *)(uintptr_t)code->address;
}
