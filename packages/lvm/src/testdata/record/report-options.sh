# What the agent asks LVM for, and how. Sourced after recording.sh.
fields() { printf -- '--configreport=%s\n--options=%s\n' "$1" "$2"; }
mapfile -t options <<END
--reportformat=json
--units=b
--nosuffix
--all
$(fields vg vg_name,vg_uuid,vg_size,vg_extent_size,vg_extent_count,vg_free_count,vg_attr,vg_missing_pv_count,vg_tags,vg_mda_free,vg_systemid,vg_lock_type,vg_seqno)
$(fields pv pv_name,pv_uuid,pv_size,dev_size,pv_major,pv_minor,pv_attr,pv_missing,pv_duplicate,pv_pe_count,pv_pe_alloc_count,pe_start,pv_tags)
$(fields lv lv_name,lv_path,lv_uuid,lv_size,lv_attr,lv_tags,lv_layout,lv_role,origin,pool_lv,lv_kernel_major,lv_kernel_minor,lv_active,lv_device_open,lv_skip_activation,copy_percent,move_pv)
$(fields pvseg pvseg_size)
$(fields seg lv_name,seg_pe_ranges)
END
pinned='--config=report{binary_values_as_numeric=0 compact_output=0 compact_output_cols="" list_item_separator="," mark_hidden_devices=1 prefixes=0 quoted=1 headings=1 buffered=1 aligned=1} log{prefix="" command_names=0 report_command_log=0}'

# Each changes what LVM prints, or might.
host_settings=(
  report/binary_values_as_numeric=1
  'report/list_item_separator=";"'
  report/compact_output=1
  'report/compact_output_cols="lv_tags,pv_tags,vg_tags,move_pv"'
  report/mark_hidden_devices=0
  report/prefixes=1
  report/buffered=0
  'log/prefix="LVM: "'
  log/command_names=1
  log/report_command_log=1
)
# Each changes nothing here, alone.
idle_settings=(report/quoted=0 report/headings=0 report/aligned=0 report/columns_as_rows=1 'report/separator=";"'
  'report/output_format="basic"' log/indent=0 log/silent=1 'global/units="m"')

# on_host NAME SETTING...: what follows runs with these in the host's lvm.conf.
on_host() {
  export LVM_SYSTEM_DIR=/run/recording/$1
  shift
  rm -rf "$LVM_SYSTEM_DIR"
  mkdir -p "$LVM_SYSTEM_DIR/devices"
  # LVM complains of what is there twice.
  [[ $* = *use_devicesfile* ]] || set -- "$@" devices/use_devicesfile=0
  printf '%s\n' activation/udev_sync=1 activation/udev_rules=1 "$@" >"$LVM_SYSTEM_DIR/lvm.conf"
}
on_usual_host() { unset LVM_SYSTEM_DIR; }

# shared_group TYPE DISK: a group `shared` as of lvmlockd(8), which takes a lock manager to be made; so
# its metadata is edited.
shared_group() {
  vgcreate -q shared "$2"
  lvcreate -q --yes --extents 2 --name data shared
  vgchange -q -an shared
  vgcfgbackup -q --file "$scratch/shared" shared
  sed -i "s|^\(\s*\)format = \"lvm2\".*|&\nlock_type = \"$1\"\nlock_args = \"1.0.0:lvmlock\"|" "$scratch/shared"
  vgcfgrestore -q --force --yes --file "$scratch/shared" shared
}
