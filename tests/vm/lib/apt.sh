# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Debian packages for guests: a private apt state per architecture, in the
# cache. Mirrors and suites are the host's own; every list must be signed by
# Debian's archive key; nothing of the host's package state is touched.
# Everything here is about APT_ARCH, or else the lane's architecture. With
# APT_BACKPORTS set it knows the suite's backports, too, and their sources.

APT_MAX_AGE=720 # minutes between updates of the lists
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

apt_arch() {
	printf '%s\n' "${APT_ARCH:-$L_ARCH}"
}

apt_dir() {
	printf '%s/apt/%s%s\n' "$CACHE" "$(apt_arch)" "${APT_BACKPORTS:+-backports}"
}

# in_apt TOOL ARGUMENT...: an apt tool on the private state.
in_apt() {
	local tool=$1 arch dir

	shift
	arch=$(apt_arch)
	dir=$(apt_dir)
	LC_ALL=C "$tool" -q \
		-o APT::Architecture="$arch" -o APT::Architectures= \
		-o APT::Architectures::="$arch" \
		-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" \
		-o Dir::State::lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" -o Dir::Cache::archives="$dir/archives" \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Acquire::Languages=none -o APT::Install-Recommends=false \
		-o Debug::NoLocking=true -o APT::Sandbox::User= \
		"$@"
}

host_targets() {
	apt-get indextargets "$@" 'Created-By: Packages' 'Component: main' |
		sort -u
}

# The host's Debian suites as lines "repository suite". Told by the signed
# Release files, or, when the host has no lists, by the suite's name: the
# forced Signed-By refuses what only looks like Debian.
# shellcheck disable=SC2016 # for apt and awk
host_suites() {
	local codename found

	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	found=$(host_targets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE)' |
		awk -v c="$codename" '$1 == "Debian" && $2 ~ "^" c "(-updates|-security)?$" { print $3, $4 }')
	[[ $found ]] || found=$(host_targets --no-release-info --format '$(REPO_URI) $(RELEASE)' |
		awk -v c="$codename" '$2 ~ "^" c "(-updates|-security)?$" { print $1, $2 }')
	[[ $found ]] || die "apt knows no Debian suite '$codename' on this machine"
	sort -u <<<"$found"
}

# "deb" or "deb-src" lines for a suite's backports: only the suite itself, not
# its updates, names them.
backports_of() {
	local uri=$1 suite=$2

	[[ ${APT_BACKPORTS:-} && $suite != *-* ]] || return 0
	echo "deb [arch=$(apt_arch) signed-by=$DEBIAN_KEYRING] $uri $suite-backports main"
	echo "deb-src [signed-by=$DEBIAN_KEYRING] $uri $suite-backports main"
}

apt_write_sources() {
	local dir=$1 uri suite suites

	[[ -e $DEBIAN_KEYRING ]] || die "missing $DEBIAN_KEYRING"
	suites=$(host_suites) || exit
	while read -r uri suite; do
		echo "deb [arch=$(apt_arch) signed-by=$DEBIAN_KEYRING] $uri $suite main"
		backports_of "$uri" "$suite"
	done <<<"$suites" >"$dir/sources.list.new"
	mv "$dir/sources.list.new" "$dir/sources.list"
}

apt_update() {
	local dir log

	dir=$(apt_dir)
	older_than "$dir/updated" "$APT_MAX_AGE" || return 0
	mkdir -p "$dir"/{state,lists/partial,archives/partial,cache}
	: >"$dir/status"
	log=$dir/update.log
	apt_write_sources "$dir"
	say "fetching package lists ($(apt_arch)) ..."
	if in_apt apt-get -o APT::Update::Error-Mode=any update >"$log" 2>&1; then
		touch "$dir/updated"
	else
		apt_update_partial "$log"
	fi
}

# Some list is not to be had, or its signature or checksum is wrong. Then apt
# keeps the last good one of that suite or goes without; never a list that did
# not verify. That is said, and tried again within the hour.
apt_update_partial() {
	local log=$1

	sed -n -e 's/^[EW]: Failed to fetch/not fetched:/p' "$log" | cut -c1-160 >&2
	if [[ ! $(apt_field base-files Version) ]]; then
		tail -n 20 "$log" >&2
		die "package lists can't be fetched; see $log"
	fi
	say "going on with the package lists that verified, so perhaps not with the newest packages; see $log"
	touch -d "-$((APT_MAX_AGE - 60)) minutes" "$(apt_dir)/updated"
}

# Lists fresh enough; safe against other runs.
apt_ready() {
	older_than "$(apt_dir)/updated" "$APT_MAX_AGE" || return 0
	with_lock "$(apt_dir)/lock" apt_update
}

# apt_field PACKAGE FIELD: of the candidate version.
apt_field() {
	in_apt apt-cache show --no-all-versions "$1" |
		sed -n "s/^$2: //p" | head -n 1
}

# apt_unpack DIR PACKAGE...: download exactly these, checked by apt, unpack.
apt_unpack() {
	local dir=$1 debs deb

	shift
	debs=$(fresh_dir "$(apt_dir)/debs") || return
	(cd "$debs" && in_apt apt-get download "$@") || return
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir" || return
	done
	rm -rf "$debs"
}
