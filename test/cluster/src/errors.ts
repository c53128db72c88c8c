/** What went wrong, for tests that expect a failure; the message carries the remedy. */
export type ClusterErrorCode =
  | "address_plan_full"
  | "already_running"
  | "binaries_build_failed"
  | "command_failed"
  | "disk_busy"
  | "disk_spec_invalid"
  | "disk_unknown"
  | "exec_failed"
  | "gateway_failed"
  | "host_kind_invalid"
  | "host_unsuitable"
  | "image_build_failed"
  | "name_invalid"
  | "namespace_in_use"
  | "node_unknown"
  | "not_running"
  | "process_died"
  | "scheduler_configuration_invalid"
  | "state_unreadable"
  | "timed_out";

/** Every failure of the test cluster: what is wrong, where, and what to do about it. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
