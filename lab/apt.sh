# SPDX-License-Identifier: Apache-2.0
# Debian packages without touching the machine's own package state: a private apt for each set of suites, with
# the machine's mirror and proxies, and signatures checked with Debian's own keys. Sourced by fetch.sh.

debian_keys() {
	for keys in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
		[ ! -f "$keys" ] || {
			echo "$keys"
			return
		}
	done
	die "Debian's keys are missing" "apt-get install debian-archive-keyring"
}

# The mirror from which this machine takes its own release.
debian_mirror() {
	if [ -n "${BULKHEAD_MIRROR-}" ]; then
		echo "$BULKHEAD_MIRROR"
		return
	fi
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -v name="$codename" '$2 == "main" && ($1 == name || $1 == "stable") { print $3; exit }')
	[ -n "$mirror" ] || die "apt on this machine names no Debian mirror" \
		"set BULKHEAD_MIRROR to the address of one"
	echo "$mirror"
}

# apt_begin ARCH SUITE...: later calls take packages of these suites, for this architecture.
apt_begin() {
	apt_arch=$1
	shift
	apt_dir=$cache/apt/$(echo "$apt_arch $*" | tr ' ' '_')
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial" "$apt_dir/etc"
	: >"$apt_dir/status"
	keys=$(debian_keys)
	mirror=$(debian_mirror)
	for suite; do
		echo "deb [signed-by=$keys] $mirror $suite main"
	done >"$apt_dir/etc/sources.list.new"
	if cmp -s "$apt_dir/etc/sources.list.new" "$apt_dir/etc/sources.list" &&
		[ -n "$(find "$apt_dir/fresh" -mmin -60 2>/dev/null)" ]; then
		return
	fi
	mv "$apt_dir/etc/sources.list.new" "$apt_dir/etc/sources.list"
	rm -f "$apt_dir/fresh"
	private_apt get update -qq -o APT::Update::Error-Mode=any || die "the package lists of $* could not be fetched" \
		"is the network up, and does the mirror of this machine's apt carry these suites? then run it again"
	: >"$apt_dir/fresh"
}

# private_apt get|cache ARGS
private_apt() {
	command=apt-$1
	shift
	"$command" -o Dir::Etc::sourcelist="$apt_dir/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::Etc::trustedparts=/dev/null -o Dir::Etc::trusted=/dev/null \
		-o Dir::State="$apt_dir" -o Dir::State::lists="$apt_dir/lists" \
		-o Dir::State::status="$apt_dir/status" -o Dir::State::extended_states="$apt_dir/extended" \
		-o Dir::Cache="$apt_dir" -o Dir::Cache::archives="$apt_dir/archives" \
		-o APT::Architecture="$apt_arch" -o APT::Architectures::="$apt_arch" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Debug::NoLocking=1 \
		-o APT::Get::List-Cleanup=0 -o Acquire::Retries=3 "$@"
}

# depends_on PACKAGE PATTERN: the name of the first dependency that matches; how a "latest" package names the real one.
depends_on() {
	private_apt cache depends --no-recommends --no-suggests "$1" |
		sed -n 's/^ *Depends: //p' | grep -m 1 "$2" ||
		die "$1 depends on nothing like $2" "is the mirror complete? apt-get update, and run it again"
}

# unpack FOLDER PACKAGE...: these packages alone.
unpack() {
	into=$1
	shift
	mkdir -p "$into" debs
	(cd debs && private_apt get download -qq "$@") || die "could not fetch $*" \
		"is the network up? then run it again"
	unpack_debs "$into"
}

# unpack_with_dependencies FOLDER SUITE PACKAGE...: with all that they need, newest from SUITE.
unpack_with_dependencies() {
	into=$1 newest=$2
	shift 2
	mkdir -p "$into" debs/partial
	private_apt get install -qq -y --download-only --no-install-recommends -t "$newest" \
		-o Dir::Cache::archives="$PWD/debs" "$@" || die "could not fetch $*" \
		"is the network up? then run it again"
	unpack_debs "$into"
}

unpack_debs() {
	for deb in debs/*.deb; do
		dpkg-deb -x "$deb" "$1"
	done
	rm -rf debs
}

native_arch() {
	dpkg --print-architecture
}
