#!/bin/bash
# Records everything anew in a node of a test cluster of its own, and puts it in place: takes a quarter of an hour.
set -eu
cd "${0%/*}"
root=$(git rev-parse --show-toplevel)
cluster() { # COMMAND ARGUMENT...
  node "$root/test/cluster/src/main.ts" "$1" --name record "${@:2}"
}
trap 'cluster down' EXIT
cluster up --nodes 1 --host udev --disk 1Gi --disk 1Gi --disk 1Gi --disk 1Gi --disk 0
# The folder that the node and this machine have in common.
shared=${STOWAGE_CLUSTER_DIR:-$HOME/.local/state/stowage}/record/nodes/n1
cp -r record record.sh "$shared/"
# One by one: what runs in a node may take a quarter of an hour.
for subject in lsblk block-tools fullreport words refusals; do
  cluster exec n1 bash /run/stowage/node/record.sh /run/stowage/node/recorded /dev/ubd{b,c,d,e,f} "$subject"
done
for folder in "$shared"/recorded/*/; do
  folder=${folder%/}
  mkdir -p "${folder##*/}"
  rm -f "${folder##*/}"/*.json "${folder##*/}"/*.txt
  cp "$folder"/* "${folder##*/}/"
done
