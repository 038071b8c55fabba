/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/sandbox/rules.h"

#include <assert.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>

#if defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#error "system calls of this architecture are not known"
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))

static bool applies(const struct bh_rule *rule, unsigned has)
{
	return !rule->needs || rule->needs & has;
}

struct printer {
	struct sock_filter *program;
	size_t count;
};

static void put(struct printer *to, struct sock_filter instruction)
{
	assert(to->count < BH_FILTER_MAX);
	to->program[to->count++] = instruction;
}

static void put_return(struct printer *to, uint32_t action)
{
	put(to, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The next instruction only when the accumulator has the value; else `otherwise` are left out. */
static void put_if(struct printer *to, uint32_t value, uint8_t otherwise)
{
	put(to, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise));
}

/* The accumulator holds the call's number before and after. */
static void put_rule(struct printer *to, const struct bh_rule *rule)
{
	if (rule->argument < 0) {
		put_if(to, (uint32_t)rule->call, 1);
		put_return(to, SECCOMP_RET_ALLOW);
		return;
	}
	put_if(to, (uint32_t)rule->call, 5);
	put(to, (struct sock_filter)LOAD(args[rule->argument]));
	put(to, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule->mask));
	put_if(to, rule->value, 1);
	put_return(to, SECCOMP_RET_ALLOW);
	put(to, (struct sock_filter)LOAD(nr));
}

size_t bh_filter_print(const struct bh_rules *rules, unsigned has, size_t without,
		       struct sock_filter program[BH_FILTER_MAX])
{
	struct printer to = {.program = program};

	/* Numbers mean other calls on another architecture, such as a 32-bit one. */
	put(&to, (struct sock_filter)LOAD(arch));
	put(&to, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	put_return(&to, SECCOMP_RET_KILL_PROCESS);
	put(&to, (struct sock_filter)LOAD(nr));
	for (size_t i = 0; i < rules->count; i++) {
		if (i != without && applies(&rules->rules[i], has))
			put_rule(&to, &rules->rules[i]);
	}
	put_return(&to, SECCOMP_RET_TRAP);
	return to.count;
}

size_t bh_rules_count(const struct bh_rules *rules, unsigned has)
{
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++)
		count += applies(&rules->rules[i], has);
	return count;
}
