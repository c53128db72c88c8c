#!/bin/sh
# Installs what the test cluster needs from Debian, if it is missing: test/cluster/setup.sh
# Go and Node.js with npm do not come from Debian 12 in versions that are new enough; for these it
# only says what is missing.
set -eu

fail() {
  echo "setup: $1" >&2
  exit 1
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
  fail "the test cluster runs on Linux x86_64 only, and this is $(uname -s) $(uname -m)"
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
  fail "there is no apt-get here: use Debian 12, or install the packages listed in $0 by hand"
[ -c /dev/net/tun ] || fail "/dev/net/tun is missing: nodes need it for their network (modprobe tun)"

packages="
  user-mode-linux lvm2 udev fdisk thin-provisioning-tools kmod runc busybox-static iproute2 nftables
  containernetworking-plugins e2fsprogs xfsprogs btrfs-progs buildah mmdebstrap debian-archive-keyring
  openssl patchelf perl gcc libc6-dev ca-certificates"
missing=
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done

if [ -n "$missing" ]; then
  sudo=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing, and installing them takes root or sudo:$missing"
    sudo=sudo
  fi
  echo "setup: installing$missing"
  $sudo apt-get update -qq || fail "apt-get update failed: see above"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    fail "apt-get could not install$missing: see above"
fi

command -v go >/dev/null || fail "there is no go in the PATH: install Go 1.26 or later"
version=$(go env GOVERSION)
minor=${version#go1.}
minor=${minor%%[!0-9]*}
[ "${version#go1.}" != "$version" ] && [ "${minor:-0}" -ge 26 ] ||
  fail "go is $version, and Kubernetes 1.36 takes Go 1.26 or later"
command -v npm >/dev/null ||
  fail "there is no npm in the PATH: install any Node.js from 20 on; npm then brings the Node.js that runs Stowage"
[ "$(id -u)" = 0 ] ||
  echo "setup: note that bringing a cluster up takes root: it makes network namespaces"
echo "setup: everything that the test cluster needs is there"
